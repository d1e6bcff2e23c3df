import ArgumentParser
import Conformance
import Messaging
import Terminal
import TextInput

extension ConformanceEnding: ExpressibleByArgument {}

/// Checks a worker that is not part of this program.
struct ConformanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Checks a worker: plays a coordinator that leads it through every message and fault.",
    discussion: Examples.folded(
      """
      For authors of workers (docs/foreign-workers.md). Listens as a coordinator does: start one worker, with any \
      number of slots, against its address. Prints a line for each thing that the worker does right or wrong, and \
      takes one or two minutes; the exit code is 0 if everything was right. Each run has the worker fetch 184 MB that \
      it has not had before. Faults that end a worker have runs of their own: --ending refusal, version (a welcome in \
      a protocol version that the worker does not speak), stop (the coordinator stops while the worker trains), data \
      (the data set is refused) and content (another content is sent as the data set).

      Examples:
        layersearch conformance --bind tcp://127.0.0.1:5599
        layersearch conformance --bind 'tcp://*:5599' --keys keys/coordinator --json
      """))

  @Option(help: ArgumentHelp("Endpoint to listen on; port 0 picks a free port.", valueName: "endpoint"))
  var bind: String = "tcp://127.0.0.1:5555"

  @OptionGroup var security: CoordinatorKeyOptions

  @Option(help: ArgumentHelp("Try only this fault, which ends the worker.", valueName: "what"))
  var ending: ConformanceEnding?

  @Flag(help: "The same as --ending refusal.")
  var refuse = false

  @Option(
    help: ArgumentHelp("Longest time to wait for the worker's start, and for a short training.", valueName: "time"),
    reading: TimeSpan.init(option:))
  var patience: TimeSpan = TimeSpan(seconds: 120)

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if refuse, let ending, ending != .refusal {
      throw ValidationError("--refuse means --ending refusal, but --ending \(ending.rawValue) is given; leave one out")
    }
    do { try Endpoint.check(bind, isBound: true) } catch { throw ValidationError("--bind \(error)") }
    try security.check(bind)
  }

  func run() throws {
    var options = ConformanceRun.Options()
    (options.ending, options.patienceSeconds) = (refuse ? .refusal : ending, patience.seconds)
    let printsLines = !json
    let run = try ConformanceRun(endpoint: bind, keys: try security.load(), options: options) { check in
      if printsLines { StandardOutput.writeLine(check.line) }
    }
    if printsLines { StandardOutput.writeLine("listening on \(run.endpoint)") }
    try StandardOutput.check()
    let report = try run.run()
    if json { try JSONOutput.print(report) } else if report.passed { StandardOutput.writeLine(report.summary) }
    guard report.passed else { throw Failure.failed(report.summary) }
  }
}
