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
    abstract: "Plays a coordinator that leads one worker through every message and fault.",
    discussion: Examples.folded(
      """
      For those who write workers (docs/foreign-workers.md). It listens, as a coordinator does: start the worker \
      against its address, one, of any number of slots. A line for each thing that the worker does right or wrong, \
      one or two minutes in all; exit code 0 where all was right. Each run has the worker fetch 184 MB that it has not \
      had before. What ends a worker is tried in a run of its own: --ending refusal, version (a welcome in one that it \
      does not speak), stop (the coordinator stops while it trains), data (the set is not given) and content (what is \
      given is another one).

      Examples:
        layersearch conformance --bind tcp://127.0.0.1:5599
        layersearch conformance --bind 'tcp://*:5599' --keys keys/coordinator --json
      """))

  @Option(help: ArgumentHelp("Where to listen; port 0 picks a free one.", valueName: "endpoint"))
  var bind: String = "tcp://127.0.0.1:5555"

  @OptionGroup var security: CoordinatorKeyOptions

  @Option(help: ArgumentHelp("Try one thing that ends a worker, and nothing else.", valueName: "what"))
  var ending: ConformanceEnding?

  @Flag(help: "The same as --ending refusal.")
  var refuse = false

  @Option(
    help: ArgumentHelp("What the worker's start, and a short training, may take.", valueName: "time"),
    reading: TimeSpan.init(option:))
  var patience: TimeSpan = TimeSpan(seconds: 120)

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if refuse, let ending, ending != .refusal {
      throw ValidationError("--refuse is --ending refusal, and this is --ending \(ending.rawValue); leave one out")
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
