import ArgumentParser
import Launching
import Messaging
import SearchProtocol
import TextInput

/// The options for every kind of place.
struct LaunchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The coordinator's endpoint as the workers reach it, such as tcp://10.0.0.1:5555.", valueName: "endpoint"))
  var connect: String

  @Option(
    help: ArgumentHelp(
      "The workers' folder of keys, made by keygen; needed if the coordinator has --keys.", valueName: "dir"))
  var keys: String?

  @Option(
    help: ArgumentHelp("Number of workers: N, or from MIN to MAX, as the study needs them.", valueName: "min:max"),
    transform: Number.value(WorkerRange.allowed) { WorkerRange($0) })
  var workers: WorkerRange

  @Option(
    help: ArgumentHelp(
      "Name of the launch (default: from its place and the coordinator's address).", valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp(
      "Number of simultaneous trainings of a worker (default: one per core that it may use).", valueName: "n"),
    transform: Number.whole(FieldLimits.slots))
  var slots: Int?

  @Option(help: ArgumentHelp("Path of the layersearch binary on the workers' machines.", valueName: "path"))
  var binary: String?

  @Option(
    help: ArgumentHelp(
      "The coordinator's endpoint as this launcher reaches it, if it is not --connect.",
      valueName: "endpoint"))
  var ask: String?

  @Option(
    help: ArgumentHelp(
      "Stop surplus workers that are idle after this time, busy ones after five times as long.", valueName: "time"),
    reading: TimeSpan.init(option:))
  var coolDown: TimeSpan = TimeSpan(seconds: 60)

  @Flag(help: "Continue in the background.")
  var detach = false

  @Flag(
    help: """
      Request as many workers as the study can use now, and exit; the workers continue. Without --slots, and before a \
      worker has reported its number of slots, that is the MIN of --workers, at least one.
      """)
  var once = false

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("After --: more options for the workers.", valueName: "worker-option")
  )
  var workerOptions: [String] = []

  func validate() throws {
    for (option, endpoint) in [("--connect", connect), ("--ask", ask)] {
      guard let endpoint else { continue }
      do { try Endpoint.check(endpoint, isBound: false) } catch { throw ValidationError("\(option) \(error)") }
    }
    if let name, !LaunchFolder.isLegal(name) {
      throw ValidationError(
        "--name \(name): not a valid name; expected letters, digits, '.', '_' and '-', at most 60, the first a letter "
          + "or digit")
    }
    for option in ["--connect", "--keys", "--slots", "--probe"] {
      if workerOptions.contains(where: { $0 == option || $0.hasPrefix(option + "=") }) {
        throw ValidationError("\(option) after --: the launch itself needs this option; put it before --")
      }
    }
    if detach, once { throw ValidationError("--detach and --once exclude each other") }
  }
}
