import ArgumentParser
import Files
import Foundation
import Processes
import SearchProtocol
import Simulation
import Terminal

extension DurationDistribution: ExpressibleByArgument {}

struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Measures the coordinator with simulated workers, which train nothing.",
    discussion: Examples.folded(
      """
      Starts a real coordinator with a study of its own and connects the workers to it over real sockets; every result \
      is on disk before it is acknowledged. With --virtual, there are neither sockets nor disk: the same decisions are \
      made on a clock that jumps from event to event, for any number of workers.

      Prints how many jobs were done per second, how long a free slot waited for its next job, and the processor time \
      and memory of the coordinator.

      Examples:
        layersearch simulate --workers 32 --slots 32 --jobs 100000
        layersearch simulate --workers 1000 --jobs 20000 --distribution exponential --mean 0.5
        layersearch simulate --workers 5000 --jobs 20000 --distribution lognormal --mean 10 --restart-after 5
        layersearch simulate --virtual --workers 100000 --jobs 200000 --distribution exponential --mean 60
        layersearch simulate --virtual --workers 12 --jobs 100 --distribution cost --mean 60 --speeds 1,1,0.25
      """))

  @Option(help: "Simulated workers.", reading: Number.whole(1...1_000_000))
  var workers = 100

  @Option(help: "Slots of each worker.", reading: Number.whole(FieldLimits.slots))
  var slots = 1

  @Option(help: "Jobs of the study.", reading: Number.whole(1...1_000_000))
  var jobs = 10_000

  @Option(help: "Distribution of the durations of trainings.")
  var distribution = DurationDistribution.constant

  @Option(
    help: ArgumentHelp("Mean duration of a training.", valueName: "seconds"), reading: Number.decimal(0...86_400))
  var mean = 0.0

  @Option(
    help: ArgumentHelp("Share of the attempts that fail, from 0 to 1.", valueName: "fraction"),
    reading: Number.decimal(0...1))
  var failureRate = 0.0

  @Flag(name: .customLong("virtual"), help: "Use a virtual clock, without sockets and disk.")
  var isVirtual = false

  @Option(
    help: ArgumentHelp(
      "With --virtual: relative speeds of the workers, such as 1,1,0.25; the list is repeated for further workers.",
      valueName: "numbers"), transform: Self.speeds)
  var speeds: [Double] = []

  @Flag(help: "With --virtual: hand out the last jobs in order, not to the workers that finish them first.")
  var inOrder = false

  @OptionGroup var speculation: SpeculationOptions

  @Option(
    help: ArgumentHelp(
      "Kill the coordinator this many seconds after all workers have connected, and start it again.",
      valueName: "seconds"),
    transform: Number.decimal(0...86_400))
  var restartAfter: Double?

  @Option(
    help: ArgumentHelp("Keep the study in this new folder (default: a temporary one).", valueName: "dir"),
    transform: FilePath.expandingTilde)
  var study: String?

  @Option(
    help: ArgumentHelp("Threads for the workers.", valueName: "n"), reading: Number.whole(1...64))
  var threads = 1

  @OptionGroup var lease: LeaseOptions

  @OptionGroup var http: HTTPOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  private static let mostSlots = 10_000_000

  func validate() throws {
    if threads > workers {
      throw ValidationError("--threads \(threads) must be at most the number of workers, which is \(workers)")
    }
    if isVirtual {
      if http.http != nil { throw ValidationError("--virtual has no coordinator to serve a page; leave out --http") }
      if study != nil { throw ValidationError("--virtual keeps no study; leave out --study") }
      if restartAfter != nil {
        throw ValidationError("--virtual has no coordinator to kill; leave out --restart-after")
      }
      if lease.arguments != (try LeaseOptions.parse([])).arguments {
        throw ValidationError("--virtual never loses workers; leave out --stalled-after and options like it")
      }
      guard workers * slots <= Self.mostSlots else {
        throw ValidationError(
          "--workers \(workers) with --slots \(slots) exceed the limit of \(Self.mostSlots) slots in total")
      }
      // Trainings that take no time would all end at one moment of the virtual clock.
      if mean == 0 { throw ValidationError("--virtual needs trainings that take time; give --mean 60, for example") }
    } else if !speeds.isEmpty || inOrder || speculation.speculate {
      throw ValidationError("--speeds, --in-order and --speculate require --virtual")
    } else if workers > 20_000 {
      throw ValidationError(
        "--workers \(workers) exceeds the limit of a coordinator (20000); --virtual has no such limit")
    }
  }

  /// Reads numbers separated by commas.
  private static func speeds(_ text: String) throws -> [Double] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map {
      try Number.decimal(0.001...1000)(String($0))
    }
  }

  /// The coordinator of the simulated workers, as a separate process.
  private var coordinator: SimulatedCoordinator {
    return SimulatedCoordinator { configuration, study, endpoint in
      ["coordinator", configuration, "--study", study, "--bind", endpoint ?? "tcp://127.0.0.1:0", "--quiet"]
        + (endpoint == nil ? [] : ["--resume"]) + lease.arguments + http.arguments + ["--leave-with-input"]
    } onLogLine: { line in
      StandardError.shared.writeLogLine("coordinator: \(line)")
    }
  }

  func run() throws {
    let engine = SimulatedEngine(distribution: distribution, meanDuration: mean, failureRate: failureRate)
    var shown = 0.0
    let onProgress = { (done: Int, welcomed: Int) in
      let now = MonotonicClock.now
      guard now - shown >= 2 else { return }
      shown = now
      StandardError.shared.writeLine("\(welcomed) of \(workers) workers connected, \(done) of \(jobs) jobs done")
    }
    let report: SimulationReport
    if isVirtual {
      report = try VirtualSimulation(
        workers: workers, slots: slots, jobs: jobs, engine: engine, speeds: speeds, forecastsEnds: !inOrder,
        speculates: speculation.speculate
      ).run(onProgress: onProgress)
    } else {
      report = try SocketSimulation(
        workers: workers, slots: slots, threads: threads, jobs: jobs, engine: engine, folder: study,
        restartAfter: restartAfter,
        coordinator: coordinator
      ).run(onProgress: onProgress)
    }
    if json {
      try JSONOutput.print(report)
    } else {
      for line in report.lines { StandardOutput.writeLine(line) }
    }
  }
}
