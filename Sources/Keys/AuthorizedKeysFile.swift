import Files
import Foundation
import Messaging
import Processes
import ShellCommands
import TextInput

/// The file of the keys that a coordinator admits. It is read again when it changes.
package struct AuthorizedKeysFile {
  package static let standardName = "authorized-keys"

  package let path: String
  package private(set) var keys: AuthorizedKeys
  private var seen: Version
  /// The error that was reported last, so that it is reported once.
  private var toldProblem: String?

  /// The metadata of a file, to detect that it has changed.
  private struct Version: Equatable {
    var inode: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int
    /// Whether the file was so recent when it was read that a later change may have the same time.
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

  package init(path: String) throws(KeyError) {
    self.path = path
    (keys, seen) = try Self.read(path)
  }

  package enum Change {
    case none
    case keys(AuthorizedKeys)
    /// The file cannot be used as it is; the keys that were read last stay in force.
    case problem(String)
  }

  /// Checks whether the file has changed, which is cheap if it has not.
  package mutating func poll() -> Change {
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

  private static func read(_ path: String) throws(KeyError) -> (AuthorizedKeys, Version) {
    let input = try contents(path)
    do { return (try AuthorizedKeys(text: input.text, file: path), Version(input.status)) } catch {
      throw .failed(error.description)
    }
  }

  private static func contents(_ path: String) throws(KeyError) -> TextInput {
    let input: TextInput
    do { input = try TextInput(path: path, mostBytes: AuthorizedKeys.mostBytes, from: .regularFile) } catch {
      switch error.kind {
      case .unopened:
        throw .failed("\(path): cannot be read: \(error.reason); layersearch keygen makes a list of authorized keys")
      case .folder, .noFile: throw .failed("\(path): this is not a file; name a list of authorized keys")
      case .tooLong: throw .failed("\(path): this is too long for a list of authorized keys")
      case .noText:
        let line = error.line.map { ":\($0)" } ?? ""
        throw .failed("\(path)\(line): \(error.reason); expected keys and names in plain letters")
      case .unreadable: throw .failed("\(path): cannot be read: \(error.reason)")
      }
    }
    let status = input.status
    guard status.st_mode & 0o022 == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
      throw .failed(
        "\(path): others can change this list (its mode is 0\(String(status.st_mode & 0o777, radix: 8)), its owner is "
          + "\(status.st_uid)); it must belong to this user or root: \(ShellCommand.line(["chmod", "644", path]))")
    }
    return input
  }

  // MARK: Writing

  package static func create(_ path: String) throws(KeyError) {
    try write(header, to: path)
  }

  /// Adds keys as the last lines. The file is replaced as a whole, so that no coordinator reads half a line.
  package static func add(_ keys: [(key: PublicKey, name: String)], to path: String) throws(KeyError) {
    var text = try contents(path).text
    if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
    for (key, name) in keys { text += AuthorizedKeys.line(key, name: name) }
    // A text that could not be read again must not replace one that can.
    do { _ = try AuthorizedKeys(text: text, file: path) } catch { throw .failed(error.description) }
    try write(text, to: path)
  }

  private static func write(_ text: String, to path: String) throws(KeyError) {
    do { try OutputFile(path).write(Array(text.utf8)) } catch { throw .failed("\(error)") }
    chmod(path, 0o644)
  }

  private static let header = """
    # Keys of the workers that this coordinator accepts: one public key and name per line. The coordinator notices
    # changes of this file; a worker whose line is removed is shut out.

    """
}
