import ArgumentParser
import Files
import Keys
import Messaging
import Terminal

struct KeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Makes keys for a coordinator and its workers.",
    discussion: Examples.folded(
      """
      Makes a subfolder for the coordinator, with the list of keys that it admits, and one for each worker: copy that \
      one, and nothing else, to the worker's machine. To add workers, run it again: existing keys stay as they are.

      Examples:
        layersearch keygen keys --workers 2
        layersearch keygen keys --worker node7
        layersearch coordinator STUDY.yaml --bind 'tcp://*:5555' --keys keys/coordinator
        layersearch worker --connect tcp://10.0.0.1:5555 --keys worker-1
      """))

  @Argument(help: ArgumentHelp("The folder for the keys.", valueName: "dir"))
  var directory: String

  @Option(
    help: ArgumentHelp("Make keys for this many workers, named worker-1, worker-2 …", valueName: "n"),
    transform: Number.whole(1...10_000))
  var workers: Int?

  @Option(
    name: .customLong("worker"), parsing: .singleValue,
    help: ArgumentHelp("Make keys for a worker of this name; may be given several times.", valueName: "name"))
  var names: [String] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if directory.isEmpty { throw ValidationError("the folder's name is empty; name a folder for the keys") }
    for name in names {
      guard AuthorizedKeys.isLegalName(name), name != KeyRing.coordinator else {
        throw ValidationError(
          "--worker \(name): not a valid name; expected letters, digits, '.', '_', '-' and '@', at most "
            + "\(AuthorizedKeys.longestName), not beginning with '.' or '-', and not '\(KeyRing.coordinator)'")
      }
    }
    if let twice = Dictionary(grouping: names, by: \.self).first(where: { $1.count > 1 })?.key {
      throw ValidationError("--worker \(twice) is given twice")
    }
  }

  func run() throws {
    let ring = try KeyRing(extending: FilePath.expandingTilde(directory), names: names, count: workers ?? 0)
    if json { return try JSONOutput.print(ring) }
    StandardOutput.writeLine(
      "\(ring.coordinatorFolder)  \(ring.isNew ? "made" : "was there")  \(ring.coordinatorKey.hexadecimal)")
    for worker in ring.workers { StandardOutput.writeLine("\(worker.folder)  made  \(worker.key.hexadecimal)") }
    if ring.workers.isEmpty, !ring.isNew {
      StandardOutput.writeLine("nothing to make; --workers or --worker adds workers")
    }
  }
}
