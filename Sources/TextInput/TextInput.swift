import Files

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A text from the user: a configuration, a key, a list of keys. It is read as a whole from a file, a pipe or a device,
/// however slowly and in whatever pieces it arrives.
package struct TextInput {
  /// The text without a byte order mark; line ends are unchanged.
  package let text: String
  /// The system's status of the opened file, such as its owner and time.
  package let status: stat

  /// The kinds of files that may be read.
  package enum Source: Sendable {
    /// Any kind, including pipes and devices; `-` is standard input.
    case any
    /// Regular files only, for texts that are read again later or whose owner and mode matter.
    case regularFile
  }

  /// Reads the text. Waits for the writer of a pipe as long as it takes. Throws if there are more than `mostBytes`
  /// bytes, or if the path is a folder.
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
    // Opening must neither block, whatever the path is, nor make a terminal the controlling terminal of this process.
    var descriptor = isStandardInput ? dup(STDIN_FILENO) : Self.open(path)
    if descriptor < 0, let number = descriptorNumber(path), [EACCES, ENXIO].contains(errno) {
      // A socket, or a file of another user: the descriptor is open already.
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
      // In UTF-16, every second byte of ASCII letters is 0, and none of the others.
      var zeros = [0, 0]
      for (index, byte) in bytes.enumerated() where byte == 0 { zeros[index % 2] += 1 }
      let (most, fewest) = (max(zeros[0], zeros[1]), min(zeros[0], zeros[1]))
      let isWide = most >= bytes.count / 3 && fewest <= most / 10
      throw TextInputError(
        .noText(isWide ? "the text is UTF-16; save the file as UTF-8" : "there is a NUL byte; this is not a text file"),
        line: isWide ? nil : 1 + bytes[..<place].count(where: { $0 == 10 }))
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TextInputError(.noText("the text is not UTF-8; save the file as UTF-8"), line: brokenLine(bytes))
    }
    return text
  }

  /// Returns the first line that is not UTF-8.
  private static func brokenLine(_ bytes: ArraySlice<UInt8>) -> Int {
    for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated()
    where String(validating: line, as: UTF8.self) == nil { return index + 1 }
    return 1
  }
}

/// Why a text cannot be read. The caller knows what the text was for, and adds that to the message.
package struct TextInputError: Error, Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// The path cannot be opened; with the system's error number.
    case unopened(Int32)
    case unreadable(Int32)
    case folder
    /// A pipe, a device or a socket where a regular file is required.
    case noFile
    case tooLong
    /// The bytes are not UTF-8 text; with a description of the problem and a remedy.
    case noText(String)
  }

  package var kind: Kind
  /// The line, starting at 1; `nil` if the problem is not in a line.
  package var line: Int?

  init(_ kind: Kind, line: Int? = nil) {
    self.kind = kind
    self.line = line
  }

  /// The system's reason, or what is wrong with the text.
  package var reason: String {
    switch kind {
    case .unopened(let number), .unreadable(let number): "\(SystemError(number))"
    case .folder: "it is a folder"
    case .noFile: "it is not a regular file"
    case .tooLong: "it is too long"
    case .noText(let problem): problem
    }
  }
}
