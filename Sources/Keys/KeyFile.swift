import Files
import Foundation
import Messaging
import Processes
import ShellCommands
import TextInput

/// Files with one key each. Secret keys are read and written with the care that ssh takes of its own.
package enum KeyFile {
  static let secretName = "secret-key"
  static let publicName = "public-key"
  static let coordinatorName = "coordinator-key"

  /// A key has 64 digits; a longer file is something else.
  private static let mostBytes = 4096

  /// - Throws: also if others than its owner and root may read the file.
  static func readSecret(_ path: String) throws(KeyError) -> SecretKey {
    let text = try read(path, isSecret: true)
    guard let key = SecretKey(hexadecimal: content(of: text)) else { throw notAKey(path) }
    return key
  }

  package static func readPublic(_ path: String) throws(KeyError) -> PublicKey {
    guard let key = PublicKey(hexadecimal: content(of: try read(path, isSecret: false))) else { throw notAKey(path) }
    return key
  }

  /// Writes a file that only its owner may read. Never overwrites an existing file.
  package static func write(secret key: SecretKey, of name: String, to path: String) throws(KeyError) {
    try create(
      path,
      "# The secret LayerSearch key of \(name). Anyone who has it can act as \(name).\n\(key.hexadecimalForItsFile)\n",
      mode: 0o600)
  }

  package static func write(public key: PublicKey, of name: String, to path: String) throws(KeyError) {
    try create(path, "# The public LayerSearch key of \(name).\n\(key.hexadecimal)\n", mode: 0o644)
  }

  /// Returns the only line that is neither empty nor a comment; an empty text if there is not exactly one.
  private static func content(of text: String) -> String {
    let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty && !$0.hasPrefix("#") }
    return lines.count == 1 ? lines[0] : ""
  }

  private static func notAKey(_ path: String) -> KeyError {
    .failed("\(path): this is not a key; expected a line of 64 hexadecimal digits, as layersearch keygen writes it")
  }

  private static func read(_ path: String, isSecret: Bool) throws(KeyError) -> String {
    let input: TextInput
    do { input = try TextInput(path: path, mostBytes: mostBytes, from: .regularFile) } catch {
      switch error.kind {
      case .unopened: throw .failed("\(path): cannot be read: \(error.reason); make keys with layersearch keygen")
      case .folder, .noFile: throw .failed("\(path): this is not a file; name a folder that layersearch keygen made")
      case .tooLong: throw notAKey(path)
      case .unreadable, .noText: throw .failed("\(path): cannot be read: \(error.reason)")
      }
    }
    // The file that was opened, whatever is at the path by now.
    if isSecret { try requirePrivacy(of: path, input.status) }
    return input.text
  }

  private static func requirePrivacy(of path: String, _ status: stat) throws(KeyError) {
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw .failed("\(path): this secret key belongs to another user; give this user a key of its own")
    }
    let credentials = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
    guard isPrivate(path, mode: status.st_mode, owner: status.st_uid, credentials: credentials) else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw .failed(
        "\(path): other users can read this secret key (its mode is 0\(mode)); make it private with "
          + "\(ShellCommand.line(["chmod", "600", path])), and if "
          + "another user may have read it, make a new one with layersearch keygen")
    }
  }

  /// - Parameter credentials: the folder in which systemd keeps this process's credentials, or a pod its Secrets. In
  ///   both, files belong to root and are readable by the group, because of an access list for the service's user or as
  ///   the pod's own group, and the folder is closed to all others.
  package static func isPrivate(_ path: String, mode: mode_t, owner: uid_t, credentials: String?) -> Bool {
    if mode & 0o077 == 0 { return true }
    guard let credentials, credentials.hasPrefix("/"), owner == 0, mode & 0o037 == 0 else { return false }
    return path.hasPrefix(credentials + "/") && !path.split(separator: "/").contains("..")
  }

  private static func create(_ path: String, _ text: String, mode: mode_t) throws(KeyError) {
    do { try RegularFile.create(path, Array(text.utf8), mode: mode) } catch {
      switch error {
      case .unmade(let reason): throw .failed("\(path): cannot be created: \(reason); keys are never overwritten")
      case .unwritable(let reason):
        throw .failed("\(path): cannot be written: \(reason); free space or choose another place")
      }
    }
  }
}
