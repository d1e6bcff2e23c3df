import ArgumentParser
import Configuration
import Files
import Processes
import ReadableText
import Replay
import SearchCore
import SearchProtocol
import Studies
import Terminal

extension ReplayDurations: ExpressibleByArgument {}

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Repeats searches on recorded trainings many times, and judges the candidates that they name.",
    discussion: Examples.folded(
      """
      The table is what `export --format trials` writes: one row per training. Each replay serves a part of each \
      candidate's trainings to the searches, which the real strategies and the real coordinator carry out on a clock \
      that jumps from event to event; the other trainings judge the candidates that a search names at 80 levels of \
      cost. Nothing is trained.

      A sequence is a list of trainings made elsewhere, one candidate per line; a repeated line is the candidate's \
      next training. A folder contains one sequence for each replay, in the order of the files' names.

      Rungs of strategy.halving that end with an epoch of a training are read from its curve. Rungs that are separate \
      trainings, from a trained network, have tables of their own: --rung 0=converted.csv.

      Examples:
        layersearch replay table.csv --config table.yaml --jobs 16,26,64,128
        layersearch replay table.csv --config table.yaml --strategies random,surrogate --jobs 64 --raw
        layersearch replay table.csv --config table.yaml --jobs 64 --slots 8 --durations lognormal --json
        layersearch replay table.csv --config table.yaml --write-served served --replays 20
        layersearch replay table.csv --config table.yaml --jobs 64 --sequence trials --output replays
        layersearch replay tuned.csv --config halved.yaml --jobs 64 --rung 0=converted.csv
      """))

  @Argument(help: ArgumentHelp("Trainings, as `export --format trials` writes them.", valueName: "table"))
  var table: String

  @Option(help: ArgumentHelp("The configuration that the trainings were made with.", valueName: "file"))
  var config: String

  @Option(
    help: ArgumentHelp(
      "Strategies to try (default: random,sensitivity,nsga2,factorial,surrogate; none with --sequence).",
      valueName: "names"),
    transform: Lists.strategies)
  var strategies: [StrategyName]?

  @Option(
    help: ArgumentHelp("Numbers of trainings at which to measure; each is a separate budget.", valueName: "numbers"),
    transform: Lists.jobs)
  var jobs: [Int]?

  @Option(
    help: ArgumentHelp("Number of replays, each with other trainings served (default: 20).", valueName: "n"),
    transform: Number.whole(1...10_000))
  var replays = 20

  @Option(
    help: ArgumentHelp("Number of trainings that every candidate gets at first (default: 1).", valueName: "n"),
    transform: Number.whole(TrainingLimits.seeds))
  var seeds = 1

  @Flag(help: "Name candidates by the means of their own trainings instead of by estimates.")
  var raw = false

  @Option(
    help: ArgumentHelp(
      "Judge the sequence in this file, or those in a folder with one file per replay; may be given several times.",
      valueName: "path"))
  var sequence: [String] = []

  @Option(
    help: ArgumentHelp(
      "Table of a rung that is a separate training, by the rung's share of the epochs; may be given several times.",
      valueName: "share=file"),
    transform: RungTable.init)
  var rung: [RungTable] = []

  @Option(
    help: ArgumentHelp(
      "Number of each candidate's trainings that judge (default: a third, rounded up).", valueName: "n"),
    transform: Number.whole(1...1_000_000))
  var judging: Int?

  @Option(
    help: ArgumentHelp("Number of simultaneous trainings (default: 8).", valueName: "n"),
    transform: Number.whole(FieldLimits.slots))
  var slots = 8

  @Option(help: "Durations of trainings.")
  var durations = ReplayDurations.recorded

  @Option(
    help: ArgumentHelp(
      "Seed of all random draws; the same seed gives the same output (default: 1).", valueName: "number"),
    transform: Number.whole(0...UInt64(1 << 53 - 1)))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("Number of simultaneous replays (default: one per processor).", valueName: "n"),
    transform: Number.whole(1...1024))
  var threads: Int?

  @Option(help: ArgumentHelp("Also write tables and pictures to this folder.", valueName: "dir"))
  var output: String?

  @Option(
    help: ArgumentHelp("Only write the trainings that each replay serves to this folder.", valueName: "dir"))
  var writeServed: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if writeServed == nil, jobs == nil {
      throw ValidationError("--jobs is missing; give numbers of trainings to measure at, such as --jobs 16,26,64,128")
    }
    let isToJudge =
      strategies != nil || !sequence.isEmpty || output != nil || json || raw || jobs != nil || !rung.isEmpty
    if writeServed != nil, isToJudge {
      throw ValidationError(
        "--write-served only writes the served trainings; leave out --strategies, --sequence, --jobs, --rung, "
          + "--output, --raw and --json")
    }
  }

  func run() async throws {
    // No training starts from the checkpoint here, so it does not matter which one it was.
    let configuration = try StudyDefinition(file: config, readsStart: false).configuration
    let space = configuration.space
    let table = try TrainingTable(path: table, space: space)
    var settings = Replay.Settings(jobs: jobs ?? [], replays: replays)
    settings.judging = judging
    settings.seed = seed
    if let writeServed {
      return try writeServedTables(of: Replay(table, configuration, settings), space, to: writeServed)
    }
    settings.strategies = strategies ?? (sequence.isEmpty ? Lists.compared : [])
    settings.trainingsOfCandidate = seeds
    settings.naming = raw ? .rawMeans : .estimates
    settings.slots = slots
    settings.durations = durations
    for entry in rung { settings.rungTables[entry.share] = try entry.table(configuration, among: rung) }
    for path in sequence {
      let set = try SequenceSet(path: path, space: space, replays: replays)
      guard !(settings.strategies.map(\.rawValue) + settings.sequences.map(\.name)).contains(set.name) else {
        throw Failure.usage("--sequence \(path): '\(set.name)' is already the name of another search; rename it")
      }
      settings.sequences.append(set)
    }
    if let output { try makeFolder(output, option: "--output") }
    let report = try await report(Replay(table, configuration, settings))
    if let output { for file in report.files { try write(file.text, to: output, file.name) } }
    if json {
      try JSONOutput.print(report)
    } else {
      for line in report.lines { StandardOutput.writeLine(line) }
    }
  }

  /// Runs the replays and shows their progress.
  private func report(_ replay: Replay) async throws -> ReplayReport {
    let error = StandardError.shared
    var shown = MonotonicClock.now
    let report = try await replay.report(threads: threads ?? UsableProcessors.current.count) { done in
      let text = "\(done) of \(NumberText.plural(replays, "replay")) done"
      if error.isTerminal {
        error.show(status: text)
      } else if MonotonicClock.now - shown > 10 {
        shown = MonotonicClock.now
        error.writeLine(text)
      }
    }
    error.end()
    return report
  }

  private func writeServedTables(of replay: Replay, _ space: SearchSpace, to folder: String) throws {
    try makeFolder(folder, option: "--write-served")
    let width = "\(replays - 1)".count
    for number in 0..<replays {
      let digits = String(repeating: "0", count: width - "\(number)".count) + "\(number)"
      try write(replay.draw(number).servedCSV(space), to: folder, "replay-\(digits).csv")
    }
  }

  private func makeFolder(_ path: String, option: String) throws {
    do { try Folder.make(path) } catch {
      throw Failure.usage("\(option) \(path): the folder cannot be created: \(error.reason); choose another place")
    }
  }

  private func write(_ text: String, to folder: String, _ name: String) throws {
    let file = try OutputFile(FilePath.join(folder, name))
    try file.write(text.utf8)
    StandardError.shared.writeLine("wrote \(file.path)")
  }
}

extension Replay {
  fileprivate init(_ table: TrainingTable, _ configuration: StudyConfiguration, _ settings: Settings) {
    self.init(
      table, space: configuration.space, strategy: configuration.strategy, kind: configuration.template.kind,
      settings: settings)
  }
}

/// The table of a rung, given as `share=file`.
struct RungTable {
  let share: Double
  private let file: String

  @Sendable
  init(_ text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let share = Double(parts[0]), (0..<1).contains(share) else {
      throw ValidationError(
        "'\(text)' is invalid; expected a share of the epochs below 1 and a table, such as 0=converted.csv")
    }
    self.share = share
    file = String(parts[1])
  }

  /// Reads the table. Throws `Failure` if the configuration has no such rung, and `ReplayError`.
  func table(_ configuration: StudyConfiguration, among all: [RungTable]) throws -> TrainingTable {
    guard let halving = configuration.strategy.halving else {
      throw Failure.usage(
        "--rung \(NumberText.shortest(share))=\(file): the configuration has no rungs; add strategy.halving to it")
    }
    guard halving.rungs.contains(share), all.count(where: { $0.share == share }) == 1 else {
      throw Failure.usage(
        "--rung \(NumberText.shortest(share))=\(file): strategy.halving has the rungs "
          + halving.rungs.map(NumberText.shortest).joined(separator: ", ") + "; give each of them at most once")
    }
    return try TrainingTable(path: file, space: configuration.space)
  }
}

/// Lists in options, separated by commas.
private enum Lists {
  static let compared: [StrategyName] = [.random, .sensitivity, .nsga2, .factorial, .surrogate]

  @Sendable
  static func strategies(_ text: String) throws -> [StrategyName] {
    let known = StrategyName.allCases.map(\.rawValue)
    var strategies: [StrategyName] = []
    for name in entries(text) {
      guard let strategy = StrategyName(rawValue: name) else {
        let hint =
          nearest(to: name, in: known).map { "did you mean '\($0)'? The strategies are" } ?? "the strategies are"
        throw ValidationError("there is no strategy '\(name)'; \(hint): \(known.joined(separator: ", "))")
      }
      guard !strategies.contains(strategy) else { throw ValidationError("'\(name)' is named twice; name it once") }
      strategies.append(strategy)
    }
    return strategies
  }

  @Sendable
  static func jobs(_ text: String) throws -> [Int] {
    let allowed = 1...1_000_000
    let numbers = try entries(text).map { entry in
      guard let number = Int(entry), allowed.contains(number) else {
        throw ValidationError(
          "'\(entry)' must be a whole number from \(allowed.lowerBound) to \(allowed.upperBound), with commas between "
            + "several numbers")
      }
      return number
    }
    return Set(numbers).sorted()
  }

  private static func entries(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map { entry in
      entry.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
  }
}
