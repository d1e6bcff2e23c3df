#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension StudyConfiguration {
  /// A configuration has some dozens of lines; what is longer is another file.
  static let mostBytes = 1 << 20

  /// Reads and checks a file. Throws where it cannot be read, is longer than 1 MiB, or is not a legal configuration.
  public static func load(path: String) throws(ConfigurationError) -> StudyConfiguration {
    let text = try read(path)
    return try parse(text: text, fileName: path)
  }

  private static func read(_ path: String) throws(ConfigurationError) -> String {
    func failure(_ number: CInt) -> ConfigurationError {
      switch number {
      case ENOENT, ENOTDIR: return ConfigurationError(file: path, "there is no such configuration file; check the path")
      case EISDIR: return ConfigurationError(file: path, "this is a folder; name a configuration file")
      default:
        return ConfigurationError(file: path, "the configuration cannot be read: \(String(cString: strerror(number)))")
      }
    }
    // Not blocking, so that a pipe without a writer is an empty file instead of a wait without end.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      #if canImport(Glibc)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
      #else
        let count = Darwin.read(descriptor, &buffer, buffer.count)
      #endif
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(errno) }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= mostBytes else {
        throw ConfigurationError(file: path, "the file is longer than 1 MiB; a configuration has some dozens of lines")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError(file: path, line: brokenLine(bytes), "the text is not UTF-8; save the file as UTF-8")
    }
    return text
  }

  /// The line in which the text stops being UTF-8.
  private static func brokenLine(_ bytes: [UInt8]) -> Int {
    for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated()
    where String(validating: line, as: UTF8.self) == nil { return index + 1 }
    return 1
  }
}
