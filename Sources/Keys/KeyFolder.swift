import Files
import Foundation
import ImageData
import Messaging

/// The identity of a process: a folder with its key pair.
///
/// | folder | files |
/// |---|---|
/// | the coordinator's | `secret-key`, `public-key`, `authorized-keys` |
/// | a worker's | `secret-key`, `public-key`, `coordinator-key` (the coordinator's public one) |
package enum KeyFolder {
  package static func ownKeys(in folder: String) throws(KeyError) -> KeyPair {
    let secret = try KeyFile.readSecret("\(folder)/\(KeyFile.secretName)")
    do { return try KeyPair(secretKey: secret) } catch { throw .failed("\(folder): \(error)") }
  }

  /// Returns the security options with which a worker connects.
  package static func workerSecurity(_ folder: String) throws(KeyError) -> SocketSecurity {
    let folder = FilePath.expandingTilde(folder)
    if let advice = adviceForWorker(folder) { throw .failed("\(folder): \(advice)") }
    let server = try KeyFile.readPublic("\(folder)/\(KeyFile.coordinatorName)")
    return .client(try ownKeys(in: folder), server: server)
  }

  /// Returns what to name instead of a folder that is not a worker's; `nil` if it may be one.
  private static func adviceForWorker(_ folder: String) -> String? {
    func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }
    if isThere("\(folder)/\(KeyFile.coordinatorName)") { return nil }
    if isThere("\(folder)/\(AuthorizedKeysFile.standardName)") {
      return "these are the coordinator's own keys; name the worker's folder, which layersearch keygen made beside it"
    }
    return Folder.names(in: folder).first { isThere("\(folder)/\($0)/\(KeyFile.coordinatorName)") }
      .map { "this folder holds the keys of several workers; name one worker's folder, such as \(folder)/\($0)" }
  }

  // MARK: Creation

  package static func makeCoordinator(_ folder: String) throws(KeyError) {
    let keys = try newPair()
    try makePrivateFolder(folder)
    // The list first, the secret last: a folder whose creation was interrupted is recognized as incomplete.
    try AuthorizedKeysFile.create("\(folder)/\(AuthorizedKeysFile.standardName)")
    try KeyFile.write(public: keys.publicKey, of: "the coordinator", to: "\(folder)/\(KeyFile.publicName)")
    try KeyFile.write(secret: keys.secretKey, of: "the coordinator", to: "\(folder)/\(KeyFile.secretName)")
  }

  /// Creates a worker's folder. Returns the public key, which must then be authorized.
  package static func makeWorker(_ name: String, _ folder: String, coordinator: PublicKey) throws(KeyError) -> PublicKey
  {
    let keys = try newPair()
    try makePrivateFolder(folder)
    try KeyFile.write(public: coordinator, of: "the coordinator", to: "\(folder)/\(KeyFile.coordinatorName)")
    try KeyFile.write(public: keys.publicKey, of: name, to: "\(folder)/\(KeyFile.publicName)")
    try KeyFile.write(secret: keys.secretKey, of: name, to: "\(folder)/\(KeyFile.secretName)")
    return keys.publicKey
  }

  private static func newPair() throws(KeyError) -> KeyPair {
    do { return try KeyPair.random() } catch { throw .failed("\(error)") }
  }

  /// Creates the folder that contains those of keys. Another call may do so at the same time. Returns whether this one
  /// did.
  package static func makeRoot(_ path: String) throws(KeyError) -> Bool {
    let number = makeFolder(path)
    guard number == 0 || number == EEXIST else { throw cannotBeMade(path, number) }
    return number == 0
  }

  private static func makePrivateFolder(_ path: String) throws(KeyError) {
    let number = makeFolder(path)
    guard number == 0 else { throw cannotBeMade(path, number) }
  }

  /// Creates a folder that only its owner may access. Returns the error number, 0 if there is none.
  private static func makeFolder(_ path: String) -> CInt {
    mkdir(path, 0o700) == 0 && chmod(path, 0o700) == 0 ? 0 : errno
  }

  private static func cannotBeMade(_ path: String, _ number: CInt) -> KeyError {
    .failed("\(path): this folder cannot be created: \(SystemError(number)); keys are never overwritten")
  }
}
