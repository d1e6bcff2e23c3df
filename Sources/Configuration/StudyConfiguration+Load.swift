import TextInput

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension StudyConfiguration {
  /// A configuration has some dozens of lines; what is longer is another file.
  static let mostBytes = 1 << 20

  /// Reads and checks a file; `-` is standard input. Throws where it cannot be read, is longer than 1 MiB, or is not a legal
  /// configuration.
  public static func load(path: String) throws(ConfigurationError) -> StudyConfiguration {
    let input: TextInput
    do { input = try TextInput(path: path, mostBytes: mostBytes) } catch {
      throw ConfigurationError(file: path, line: error.line, problem(error))
    }
    return try parse(text: input.text, fileName: path)
  }

  private static func problem(_ error: TextInputError) -> String {
    switch error.kind {
    case .unopened(ENOENT), .unopened(ENOTDIR): "there is no such configuration file; check the path"
    case .folder: "this is a folder; name a configuration file"
    case .tooLong: "the file is longer than 1 MiB; a configuration has some dozens of lines"
    case .noText(let problem): problem
    case .unopened, .unreadable, .noFile: "the configuration cannot be read: \(error.reason)"
    }
  }
}
