import Files

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A text that people give: a configuration, a key, a list of keys. Read as a whole from a file, a pipe or a device,
/// however slowly and in whatever pieces it comes.
package struct TextInput {
  /// Without a byte order mark; line ends are as they were.
  package let text: String
  /// What the system says of that which was opened: whose it is, and its time.
  package let status: stat

  /// Which things may be read.
  package enum Source: Sendable {
    /// Pipes and devices too; `-` is standard input.
    case any
    /// What is to be read again later, or whose owner and mode matter.
    case regularFile
  }

  /// Waits for the writer of a pipe as long as it takes. Reads no more than `mostBytes`, and no folder.
  package init(path: String, mostBytes: Int, from source: Source = .any) throws(TextInputError) {
    let descriptor = try Self.open(path, isStandardInput: source == .any && path == "-")
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw TextInputError(.unreadable(errno)) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw TextInputError(.folder)
    default: if source == .regularFile { throw TextInputError(.noFile) }
    }
    self.status = status
    text = try Self.text(of: Self.bytes(of: descriptor, mostBytes: mostBytes))
  }

  private static func open(_ path: String, isStandardInput: Bool) throws(TextInputError) -> Int32 {
    // Whatever is opened must not hold up the opening itself, and becomes no process's terminal.
    var descriptor = isStandardInput ? dup(STDIN_FILENO) : Self.open(path)
    if descriptor < 0, let number = descriptorNumber(path), [EACCES, ENXIO].contains(errno) {
      // A socket, or another user's: it is open already.
      descriptor = dup(number)
    }
    guard descriptor >= 0 else { throw TextInputError(.unopened(errno)) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  private static func open(_ path: String) -> Int32 {
    #if canImport(Glibc)
      Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    #elseif canImport(Musl)
      Musl.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    #else
      Darwin.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    #endif
  }

  private static func descriptorNumber(_ path: String) -> Int32? {
    if path == "/dev/stdin" { return STDIN_FILENO }
    for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
      return Int32(path.dropFirst(folder.count))
    }
    return nil
  }

  private static func bytes(of descriptor: Int32, mostBytes: Int) throws(TextInputError) -> [UInt8] {
    do { return try Descriptor.readToEnd(from: descriptor, mostBytes: mostBytes) } catch {
      switch error {
      case .unopened(let reason), .unreadable(let reason): throw TextInputError(.unreadable(reason.number))
      case .folder: throw TextInputError(.folder)
      case .notRegular: throw TextInputError(.noFile)
      case .tooLong: throw TextInputError(.tooLong)
      }
    }
  }

  // MARK: From bytes to a text

  static func text(of bytes: [UInt8]) throws(TextInputError) -> String {
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
      throw TextInputError(.noText("the text is UTF-16; save the file as UTF-8"))
    }
    let bytes = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes[3...] : bytes[...]
    if let place = bytes.firstIndex(of: 0) {
      // Every other byte of plain letters in UTF-16, and none between them.
      var zeros = [0, 0]
      for (index, byte) in bytes.enumerated() where byte == 0 { zeros[index % 2] += 1 }
      let (most, fewest) = (max(zeros[0], zeros[1]), min(zeros[0], zeros[1]))
      let isWide = most >= bytes.count / 3 && fewest <= most / 10
      throw TextInputError(
        .noText(isWide ? "the text is UTF-16; save the file as UTF-8" : "there is a NUL byte; this is no text"),
        line: isWide ? nil : 1 + bytes[..<place].count(where: { $0 == 10 }))
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TextInputError(.noText("the text is not UTF-8; save the file as UTF-8"), line: brokenLine(bytes))
    }
    return text
  }

  /// The line in which the text stops being UTF-8.
  private static func brokenLine(_ bytes: ArraySlice<UInt8>) -> Int {
    for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated()
    where String(validating: line, as: UTF8.self) == nil { return index + 1 }
    return 1
  }
}

/// Why a text cannot be read. Who asked for it knows what it should have been, and says so.
package struct TextInputError: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// With the system's error number.
    case unopened(Int32)
    case unreadable(Int32)
    case folder
    /// A pipe, a device or a socket where only a file will do.
    case noFile
    case tooLong
    /// Other bytes than those of a UTF-8 text; with what is wrong and what to do, in words.
    case noText(String)
  }

  package var kind: Kind
  /// 1, 2, …; nil where it is not about a line.
  package var line: Int?

  init(_ kind: Kind, line: Int? = nil) {
    self.kind = kind
    self.line = line
  }

  /// What the system said, or what is wrong with the text.
  package var reason: String {
    switch kind {
    case .unopened(let number), .unreadable(let number): "\(SystemError(number))"
    case .folder: "it is a folder"
    case .noFile: "it is no file"
    case .tooLong: "it is too long"
    case .noText(let problem): problem
    }
  }
}
