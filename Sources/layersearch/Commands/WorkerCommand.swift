import ArgumentParser
import ContentExchange
import Files
import Foundation
import ImageData
import Keys
import Messaging
import Processes
import SearchProtocol
import Services
import Terminal
import TextInput

struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Trains candidates for a coordinator, one engine process per slot.",
    discussion: Examples.folded(
      """
      Waits for the coordinator, without a time limit, and reconnects if the coordinator restarts. Exits with 0 when \
      the study is done. On Ctrl-C or SIGTERM, it finishes the trainings that end within --grace, hands back the \
      others, and exits with 0; on a second signal, it exits at once. If a worker is killed, other workers do its \
      jobs.

      Examples:
        layersearch worker --connect tcp://127.0.0.1:5555 --slots 8
        layersearch worker --connect tcp://coordinator-host:5555 --keys worker-1
      """))

  @Option(help: ArgumentHelp("The coordinator's endpoint, such as tcp://127.0.0.1:5555.", valueName: "endpoint"))
  var connect: String

  @Option(
    help: ArgumentHelp(
      "This worker's folder of keys, made by keygen; needed if the coordinator has --keys.", valueName: "dir"))
  var keys: String?

  @Option(
    help: ArgumentHelp(
      "Number of simultaneous trainings (default: one per core that this process may use).", valueName: "n"),
    transform: Number.whole(FieldLimits.slots))
  var slots: Int?

  @Option(
    help: ArgumentHelp(
      """
      The data set's folder or file, tried before the coordinator's own path and \(DataPlaces.standardCIFAR10) or \
      \(DataPlaces.standardCIFAR100). A data set that is in none of these places is fetched from the coordinator.
      """,
      valueName: "dir|file"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      """
      Folder for data sets and weights that were fetched (default: ~/.cache/layersearch/data; XDG_CACHE_HOME replaces \
      ~/.cache).
      """,
      valueName: "dir"))
  var dataCache: String?

  @Option(
    help: ArgumentHelp(
      "Gigabytes that --data-cache may take up; the least recently used contents are removed first.", valueName: "n"),
    reading: Number.decimal(0.001...1_000_000))
  var dataCacheGigabytes: Double = Double(ContentStore.standardCacheBytes) / 1e9

  @Option(
    help: ArgumentHelp(
      """
      Folder for states from which trainings continue (default: ~/.cache/layersearch/states; XDG_CACHE_HOME replaces \
      ~/.cache).
      """, valueName: "dir"))
  var stateCache: String?

  @OptionGroup var stateLimit: StateLimitOptions

  @Flag(help: "Wait for the next study when one is done.")
  var stay = false

  @Option(
    help: ArgumentHelp(
      """
      Folder for results that are not acknowledged yet (default: ~/.cache/layersearch/spool; XDG_CACHE_HOME replaces \
      ~/.cache).
      """,
      valueName: "dir"))
  var spool: String?

  @Option(
    help: ArgumentHelp(
      """
      Time to leave after a request to stop: trainings that end within it are finished, the others are handed back at \
      once.
      """,
      valueName: "time"), reading: TimeSpan.init(option:))
  var grace: TimeSpan = TimeSpan(seconds: 10)

  @OptionGroup var limits: JobLimitOptions

  /// For `run` and `final`, so that the worker does not outlive them.
  @Flag(help: ArgumentHelp("Exit when standard input ends.", visibility: .hidden))
  var leaveWithInput = false

  @Flag(
    help: """
      Train nothing: check whether the coordinator answers a worker on this machine, print one line, and exit with 0 \
      or 1.
      """)
  var probe = false

  @Option(
    help: ArgumentHelp(
      "With --probe: keep asking for this time if the coordinator does not answer.", valueName: "time"),
    transform: TimeSpan.init(option:))
  var wait: TimeSpan?

  @OptionGroup var verbosity: VerbosityOptions

  func validate() throws {
    do { try Endpoint.check(connect, isBound: false) } catch { throw ValidationError("--connect \(error)") }
    if wait != nil, !probe { throw ValidationError("--wait requires --probe; without --probe, a worker always waits") }
  }

  func run() throws {
    if probe { return try tryConnection() }
    let identity = WorkerIdentity()
    let processors = UsableProcessors.current
    let log = verbosity.logger("worker", isRelayed: leaveWithInput)
    if slots == nil, processors.reason != nil { log.info("\(processors.text)") }
    if let warning = limits.limits.shortage(slots: slots ?? processors.count, available: MemoryShortage.limit) {
      log.warning("\(warning)")
    }
    let options = WorkerService.Options(
      endpoint: connect, security: try keys.map(KeyFolder.workerSecurity) ?? .plaintext,
      slots: slots ?? processors.count, dataFolder: data,
      dataCache: ContentStore(
        folder: dataCache.map(FilePath.expandingTilde) ?? ContentStore.standardCacheFolder,
        limit: Int(dataCacheGigabytes * 1e9)
      ),
      states: StateCache(
        folder: stateCache.map(FilePath.expandingTilde) ?? StateCache.standardFolder, limit: stateLimit.bytes),
      spoolFolder: spool.map(FilePath.expandingTilde) ?? Spool.standardFolder, stays: stay,
      limits: limits.limits, graceSeconds: grace.seconds, sharesLog: leaveWithInput, engine: EngineCommand.program,
      describe: ProcessExit.describe)
    let service = try WorkerService(
      options: options, identity: identity, kernelVariants: try options.engine.kernelVariants(),
      log: log)
    let (stop, end) = (service.stop, service.end)
    let signals = Signals { _, _ in stop() }
    if leaveWithInput {
      Thread.detachNewThread {
        LineReader(descriptor: STDIN_FILENO).forEach { _ in }
        // The parent has ended, and with it the coordinator that could take jobs back: leave at once.
        end()
      }
    }
    try withExtendedLifetime(signals) { try service.run() }
  }

  private func tryConnection() throws {
    let client = try DemandClient(
      endpoint: connect, security: try keys.map(KeyFolder.workerSecurity) ?? .plaintext)
    defer { client.close() }
    // As the first process of a container, this process has no default action for the signals.
    let signals = Signals { signal, _ in _exit(128 + signal) }
    defer { withExtendedLifetime(signals) {} }
    let demand: Demand
    do { demand = try client.ask(tryingFor: wait?.seconds ?? 0) } catch { throw Failure.failed("\(error)") }
    StandardOutput.writeLine("\(connect) answers: study \(demand.studyName), \(demand.text)")
  }
}
