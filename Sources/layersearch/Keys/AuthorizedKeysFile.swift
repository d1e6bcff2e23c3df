import Foundation
import Messaging

/// The file of the keys that a coordinator lets in, read again when it changes.
struct AuthorizedKeysFile {
  static let standardName = "authorized-keys"

  let path: String
  private(set) var keys: AuthorizedKeys
  private var seen: Version
  /// The error that was told last, so that it is told once.
  private var toldProblem: String?

  /// What the system says of a file, to see whether it is another one now.
  private struct Version: Equatable {
    var inode: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int
    /// It was so young when it was read that a later change may bear the same time.
    var isYoung: Bool

    init(_ status: stat) {
      inode = UInt64(status.st_ino)
      size = Int64(status.st_size)
      seconds = status.st_mtim.tv_sec
      nanoseconds = status.st_mtim.tv_nsec
      isYoung = abs(Date().timeIntervalSince1970 - Double(seconds)) < 3
    }

    func isSameFile(as other: Version) -> Bool {
      inode == other.inode && size == other.size && seconds == other.seconds && nanoseconds == other.nanoseconds
    }
  }

  init(path: String) throws(Failure) {
    self.path = path
    (keys, seen) = try Self.read(path)
  }

  enum Change {
    case none
    case keys(AuthorizedKeys)
    /// The file cannot be used as it is: what was read last stays in force.
    case problem(String)
  }

  /// Looks whether the file has changed: cheap where it has not.
  mutating func look() -> Change {
    var status = stat()
    if stat(path, &status) == 0, !seen.isYoung, Version(status).isSameFile(as: seen) {
      return toldProblem == nil ? .none : backToNormal()
    }
    do {
      let (read, version) = try Self.read(path)
      seen = version
      toldProblem = nil
      guard read != keys else { return .none }
      keys = read
      return .keys(read)
    } catch {
      guard toldProblem != error.description else { return .none }
      toldProblem = error.description
      return .problem(error.description)
    }
  }

  private mutating func backToNormal() -> Change {
    toldProblem = nil
    return .none
  }

  private static func read(_ path: String) throws(Failure) -> (AuthorizedKeys, Version) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw .failed(
        "\(path): cannot be read: \(String(cString: strerror(errno))); layersearch keygen makes a list of authorized keys"
      )
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .failed("\(path): this is no file; name a list of authorized keys")
    }
    guard status.st_mode & 0o022 == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
      throw .failed(
        "\(path): others may change who is let in (its mode is 0\(String(status.st_mode & 0o777, radix: 8)), its owner "
          + "\(status.st_uid)); it must belong to this user or root: chmod 644 \(path)")
    }
    guard status.st_size <= AuthorizedKeys.mostBytes else {
      throw .failed("\(path): this is longer than any list of authorized keys")
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= AuthorizedKeys.mostBytes {
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .failed("\(path): cannot be read: \(String(cString: strerror(errno)))") }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .failed("\(path): the text is not UTF-8; it has keys and names of plain letters")
    }
    do { return (try AuthorizedKeys(text: text, file: path), Version(status)) } catch {
      throw .failed(error.description)
    }
  }

  // MARK: Writing

  static func create(_ path: String) throws(Failure) {
    try AtomicFile.write(Array(header.utf8), to: path)
    chmod(path, 0o644)
  }

  /// Adds a key as the last line. The file is replaced as a whole, so that no coordinator reads half of a line.
  static func add(_ key: PublicKey, name: String, to path: String) throws(Failure) {
    var text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? header
    if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
    text += AuthorizedKeys.line(key, name: name)
    try AtomicFile.write(Array(text.utf8), to: path)
    chmod(path, 0o644)
  }

  private static let header = """
    # Keys of the workers that this coordinator lets in: a public key and a name a line. The coordinator sees changes by
    # itself; a worker whose line is taken away is shut out.

    """
}
