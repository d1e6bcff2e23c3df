import ArgumentParser
import Launching
import Messaging
import SearchProtocol
import TextInput

/// The options for every kind of place.
struct LaunchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the coordinator listens, as the workers see it, such as tcp://10.0.0.1:5555.", valueName: "endpoint"))
  var connect: String

  @Option(
    help: ArgumentHelp(
      "The workers' folder of keys, made by keygen; for a coordinator that has --keys.", valueName: "dir"))
  var keys: String?

  @Option(
    help: ArgumentHelp("How many workers: so many, or from MIN to MAX, as the study needs them.", valueName: "min:max"),
    transform: Number.value(WorkerRange.allowed) { WorkerRange($0) })
  var workers: WorkerRange

  @Option(
    help: ArgumentHelp(
      "What the launch is called (default: after its place and the coordinator's address).", valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp("Trainings at the same time in a worker (default: one a core it may use).", valueName: "n"),
    transform: Number.whole(FieldLimits.slots))
  var slots: Int?

  @Option(help: ArgumentHelp("The layersearch binary, where workers run.", valueName: "path"))
  var binary: String?

  @Option(
    help: ArgumentHelp(
      "Where this launcher reaches the coordinator, where that is another address than --connect.",
      valueName: "endpoint"))
  var ask: String?

  @Option(
    help: ArgumentHelp("A worker is let go after there were too many for so long.", valueName: "time"),
    reading: TimeSpan.init(option:))
  var coolDown: TimeSpan = TimeSpan(seconds: 60)

  @Flag(help: "Go on in the background.")
  var detach = false

  @Flag(
    help: """
      Ask for what the study can use now, and end; the workers go on. Without --slots, and while no worker has told \
      how many it has, that is the least number of --workers.
      """)
  var once = false

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("Behind --: more options for the workers.", valueName: "worker-option")
  )
  var workerOptions: [String] = []

  func validate() throws {
    for (option, endpoint) in [("--connect", connect), ("--ask", ask)] {
      guard let endpoint else { continue }
      do { try Endpoint.check(endpoint, isBound: false) } catch { throw ValidationError("\(option) \(error)") }
    }
    if let name, !LaunchFolder.isLegal(name) {
      throw ValidationError(
        "--name \(name): letters, digits, '.', '_' and '-', at most 60, the first a letter or digit")
    }
    for option in ["--connect", "--keys", "--slots", "--probe"] {
      if workerOptions.contains(where: { $0 == option || $0.hasPrefix(option + "=") }) {
        throw ValidationError("\(option) behind --: the launch itself has to know it, so it stands before --")
      }
    }
    if detach, once { throw ValidationError("--detach and --once exclude each other") }
  }
}
