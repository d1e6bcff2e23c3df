import ArgumentParser
import Files
import Foundation
import ImageData
import Keys
import Messaging

struct KeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Makes keys for a coordinator and its workers.",
    discussion: Examples.folded(
      """
      The folder gets a subfolder for the coordinator, with the list of the keys that it lets in, and one for each worker: \
      copy that to the worker's machine, and nothing else. Run it again for more workers: keys that exist stay as they are.

      Examples:
        layersearch keygen keys --workers 2
        layersearch keygen keys --worker node7
        layersearch coordinator STUDY.yaml --bind 'tcp://*:5555' --keys keys/coordinator
        layersearch worker --connect tcp://10.0.0.1:5555 --keys worker-1
      """))

  @Argument(help: ArgumentHelp("The folder for the keys.", valueName: "dir"))
  var directory: String

  @Option(
    help: ArgumentHelp("So many workers, named worker-1, worker-2 …", valueName: "n"),
    transform: Number.whole(1...10_000))
  var workers: Int?

  @Option(
    name: .customLong("worker"), parsing: .singleValue,
    help: ArgumentHelp("A worker of this name; may be given several times.", valueName: "name"))
  var names: [String] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  private static let coordinator = "coordinator"

  func validate() throws {
    if directory.isEmpty { throw ValidationError("the folder's name is empty; name a folder for the keys") }
    for name in names {
      guard AuthorizedKeys.isLegalName(name), name != Self.coordinator else {
        throw ValidationError(
          "--worker \(name): this is no name for a worker: letters, digits, '.', '_', '-' and '@', at most "
            + "\(AuthorizedKeys.longestName), the first no '.' or '-', and not '\(Self.coordinator)'")
      }
    }
    if let twice = Dictionary(grouping: names, by: \.self).first(where: { $1.count > 1 })?.key {
      throw ValidationError("--worker \(twice) is given twice")
    }
  }

  struct Output: Encodable {
    struct Worker: Encodable {
      var name: String
      var folder: String
      var publicKey: String
    }

    var coordinatorFolder: String
    var coordinatorKey: String
    var authorizedKeys: String
    var workers: [Worker]
  }

  func run() throws {
    let root = FilePath.expandingTilde(directory)
    let coordinator = "\(root)/\(Self.coordinator)"
    let isNew = !isThere(coordinator)
    var made: [String] = []
    let output: Output
    do { output = try makeAll(root, coordinator, made: &made) } catch {
      // All or nothing: what a command that failed has left would stand in the way of the next one.
      for folder in made.reversed() { try? FileManager.default.removeItem(atPath: folder) }
      throw error
    }
    if json { return try JSONOutput.print(output) }
    StandardOutput.writeLine("\(coordinator)  \(isNew ? "made" : "was there")  \(output.coordinatorKey)")
    for worker in output.workers { StandardOutput.writeLine("\(worker.folder)  made  \(worker.publicKey)") }
    if output.workers.isEmpty, !isNew {
      StandardOutput.writeLine("nothing to make; --workers or --worker adds workers")
    }
  }

  /// - Parameter made: the folders that are of this call, for the case that it fails.
  private func makeAll(_ root: String, _ coordinator: String, made: inout [String]) throws -> Output {
    if !isThere(root) {
      made.append(root)
      try KeyFolder.makePrivateFolder(root)
    }
    let lock = try lock(root)
    defer { close(lock) }
    let names = try newNames(in: root)
    if !isThere(coordinator) {
      made.append(coordinator)
      try KeyFolder.makeCoordinator(coordinator)
    }
    let coordinatorKey = try KeyFolder.ownKeys(in: coordinator).publicKey
    let list = "\(coordinator)/\(AuthorizedKeysFile.standardName)"
    // Now rather than after keys were made that cannot be added.
    _ = try AuthorizedKeysFile(path: list)

    var keys: [(key: PublicKey, name: String)] = []
    for name in names {
      let folder = "\(root)/\(name)"
      if !isThere(folder) { made.append(folder) }
      keys.append((try KeyFolder.makeWorker(name, folder, coordinator: coordinatorKey), name))
    }
    if !keys.isEmpty { try AuthorizedKeysFile.add(keys, to: list) }
    return Output(
      coordinatorFolder: coordinator, coordinatorKey: coordinatorKey.hexadecimal, authorizedKeys: list,
      workers: keys.map { .init(name: $0.name, folder: "\(root)/\($0.name)", publicKey: $0.key.hexadecimal) })
  }

  /// `--workers 3` means three in all: those that are there stay.
  private func newNames(in root: String) throws(Failure) -> [String] {
    if let taken = names.first(where: { isThere("\(root)/\($0)") }) {
      throw .failed(
        "\(root)/\(taken): there are keys of that name already, and keys are never written over; choose another name, or "
          + "move that folder away and take its line out of the authorized keys")
    }
    return names
      + (1...max(1, workers ?? 1)).map { "worker-\($0)" }.filter {
        workers != nil && !names.contains($0) && !isThere("\(root)/\($0)")
      }
  }

  /// Two that add workers at the same time would each lose the other's line.
  private func lock(_ root: String) throws(Failure) -> Int32 {
    let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
      throw .failed("\(root): cannot be used: \(SystemError.last); name a folder of this user")
    }
    return descriptor
  }

  private func isThere(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}
