import ArgumentParser
import Foundation
import ImageData
import Messaging

struct KeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Makes keys for a coordinator and its workers.",
    discussion: """
      The folder gets a subfolder for the coordinator, with the list of the keys that it lets in, and one for each worker: \
      copy that to the worker's machine, and nothing else. Run it again for more workers: keys that exist stay as they are.

      Examples:
        layersearch keygen keys --workers 2
        layersearch keygen keys --worker node7
        layersearch coordinator STUDY.yaml --bind 'tcp://*:5555' --keys keys/coordinator
        layersearch worker --connect tcp://10.0.0.1:5555 --keys worker-1
      """)

  @Argument(help: ArgumentHelp("The folder for the keys.", valueName: "dir"))
  var directory: String

  @Option(help: ArgumentHelp("So many workers, named worker-1, worker-2 …", valueName: "n"))
  var workers: Int?

  @Option(
    name: .customLong("worker"), parsing: .singleValue,
    help: ArgumentHelp("A worker of this name; may be given several times.", valueName: "name"))
  var names: [String] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  private static let coordinator = "coordinator"

  func validate() throws {
    if let workers, !(1...10_000).contains(workers) {
      throw ValidationError("--workers \(workers) must be from 1 to 10000")
    }
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
    let root = expandingTilde(directory)
    let coordinator = "\(root)/\(Self.coordinator)"
    if !isThere(root) { try KeyFolder.makePrivateFolder(root) }
    let lock = try lock(root)
    defer { close(lock) }
    let isNew = !isThere(coordinator)
    if isNew { try KeyFolder.makeCoordinator(coordinator) }
    let coordinatorKey = try KeyFolder.ownKeys(in: coordinator).publicKey
    let list = "\(coordinator)/\(AuthorizedKeysFile.standardName)"
    // Now rather than after keys were made that cannot be added.
    _ = try AuthorizedKeysFile(path: list)

    var made: [Output.Worker] = []
    for name in try newNames(in: root) {
      let folder = "\(root)/\(name)"
      let key = try KeyFolder.makeWorker(name, folder, coordinator: coordinatorKey)
      try AuthorizedKeysFile.add(key, name: name, to: list)
      made.append(.init(name: name, folder: folder, publicKey: key.hexadecimal))
    }
    let output = Output(
      coordinatorFolder: coordinator, coordinatorKey: coordinatorKey.hexadecimal, authorizedKeys: list, workers: made)
    if json { return try JSONOutput.print(output) }
    StandardOutput.writeLine("\(coordinator)  \(isNew ? "made" : "was there")  \(output.coordinatorKey)")
    for worker in made { StandardOutput.writeLine("\(worker.folder)  made  \(worker.publicKey)") }
    if made.isEmpty, !isNew { StandardOutput.writeLine("nothing to make; --workers or --worker adds workers") }
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
      throw .failed("\(root): cannot be used: \(String(cString: strerror(errno))); name a folder of this user")
    }
    return descriptor
  }

  private func isThere(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }
}
