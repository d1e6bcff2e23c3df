import Files
import Foundation
import Messaging

/// A folder with the keys of a coordinator and of its workers, one subfolder each, as keygen creates it.
package struct KeyRing: Encodable {
  package struct Worker: Hashable, Sendable, Encodable {
    package var name: String
    package var folder: String
    package var key: PublicKey

    private enum CodingKeys: String, CodingKey { case name, folder, publicKey }

    package func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(name, forKey: .name)
      try values.encode(folder, forKey: .folder)
      try values.encode(key.hexadecimal, forKey: .publicKey)
    }
  }

  package let coordinatorFolder: String
  package let coordinatorKey: PublicKey
  /// Whether the coordinator's folder did not exist before.
  package let isNew: Bool
  /// The path of the list of authorized keys.
  package let authorizedKeys: String
  /// The workers whose keys were created.
  package let workers: [Worker]

  package static let coordinator = "coordinator"

  /// Creates what is missing of the coordinator's keys, and keys of workers, which are added to the coordinator's list.
  /// All or nothing: if the call fails, what it has created is removed, since that would prevent the next call.
  /// - Parameters:
  ///   - names: the names of new workers.
  ///   - count: the number of workers `worker-1`, `worker-2` …; those that exist are kept.
  package init(extending root: String, names: [String], count: Int) throws(KeyError) {
    var made: [String] = []
    do throws(KeyError) { self = try KeyRing(root, names, count, made: &made) } catch {
      for folder in made.reversed() { try? FileManager.default.removeItem(atPath: folder) }
      throw error
    }
  }

  /// - Parameter made: the folders that this call has created, which are removed if it fails.
  private init(_ root: String, _ names: [String], _ count: Int, made: inout [String]) throws(KeyError) {
    if try KeyFolder.makeRoot(root) { made.append(root) }
    // Two calls that add workers at the same time would each lose the other's lines.
    let lock: FileLock
    do { lock = try FileLock.folder(root) } catch {
      throw .failed("\(root): cannot be used: \(error.reason); name a folder of this user")
    }
    defer { withExtendedLifetime(lock) {} }
    if let taken = names.first(where: { Self.isThere("\(root)/\($0)") }) {
      throw .failed(
        "\(root)/\(taken): keys of that name exist already, and keys are never overwritten; choose another name, or "
          + "move that folder away and remove its line from the authorized keys")
    }
    let numbered = (0..<count).map { "worker-\($0 + 1)" }
    let names = names + numbered.filter { !names.contains($0) && !Self.isThere("\(root)/\($0)") }
    coordinatorFolder = "\(root)/\(Self.coordinator)"
    isNew = !Self.isThere(coordinatorFolder)
    if isNew {
      made.append(coordinatorFolder)
      try KeyFolder.makeCoordinator(coordinatorFolder)
    }
    coordinatorKey = try KeyFolder.ownKeys(in: coordinatorFolder).publicKey
    authorizedKeys = "\(coordinatorFolder)/\(AuthorizedKeysFile.standardName)"
    // Checked before keys are created that could not be added.
    _ = try AuthorizedKeysFile(path: authorizedKeys)

    var workers: [Worker] = []
    for name in names {
      let folder = "\(root)/\(name)"
      made.append(folder)
      let key = try KeyFolder.makeWorker(name, folder, coordinator: coordinatorKey)
      workers.append(Worker(name: name, folder: folder, key: key))
    }
    if !workers.isEmpty { try AuthorizedKeysFile.add(workers.map { ($0.key, $0.name) }, to: authorizedKeys) }
    self.workers = workers
  }

  private enum CodingKeys: String, CodingKey { case coordinatorFolder, coordinatorKey, authorizedKeys, workers }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(coordinatorFolder, forKey: .coordinatorFolder)
    try values.encode(coordinatorKey.hexadecimal, forKey: .coordinatorKey)
    try values.encode(authorizedKeys, forKey: .authorizedKeys)
    try values.encode(workers, forKey: .workers)
  }

  private static func isThere(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}
