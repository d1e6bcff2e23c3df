import ArgumentParser
import ImageData
import Processes
import ReadableText
import SearchCore
import SearchProtocol
import ShellCommands
import Studies
import StudyStore
import Terminal

struct FinalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "final",
    abstract: "Trains what a study has found in full, and scores it once on the test images.",
    discussion: Examples.folded(
      """
      Trains the dense network, all layers at each rank, points of the estimated frontier, evenly over its costs, and \
      its knee under the same seeds, which no decision has seen; with --candidate, the dense network and the named \
      candidates. They start as the study's trainings do. The networks stay in the study's folder, in contents; export \
      --final writes their scores. Run again, the command keeps finished trainings. With --add-only, the jobs wait for \
      the study's coordinator and its workers. No coordinator of the study may be running meanwhile. Full trainings \
      take long: before the first one begins, the command prints how many there are and about how long they take.

      Examples:
        layersearch final studies/cifar10-resnet20 --epochs 60 --seeds 3
        layersearch final studies/cifar10-resnet20 --candidate 'estimated knee' --candidate 'all layers at 50 %'
      """))

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Option(
    help:
      "Maximum number of points of the estimated frontier, besides its knee (default: \(FinalCommand.defaultPoints)).",
    transform: Number.whole(1...100))
  var points: Int?

  @Option(
    help: ArgumentHelp(
      """
      Train this candidate instead of the frontier's points and all layers at each rank; may be given several times: \
      \(CandidateNames.kinds).
      """, valueName: "text"))
  var candidate: [String] = []

  @Option(
    help: "Passes over the training images (default: \(FinalCommand.defaultEpochs)).",
    transform: Number.whole(TrainingLimits.epochs))
  var epochs: Int = FinalCommand.defaultEpochs

  @Option(
    help: "Peak learning rate of the schedule (default: the study's).",
    transform: Number.decimal(TrainingLimits.learningRate))
  var learningRate: Double?

  @Option(
    help: "Trainings of each candidate, under different seeds (default: \(FinalCommand.defaultSeeds)).",
    transform: Number.whole(1...100))
  var seeds: Int = FinalCommand.defaultSeeds

  @Option(
    help: ArgumentHelp(
      "Number of training images (default: all; with shapes10, as many as in the study's trainings).",
      valueName: "n"), transform: Number.whole(TrainingLimits.images))
  var trainImages: Int?

  @Flag(help: "Only add the trainings to the study's jobs; continue with: layersearch coordinator CONFIG --resume.")
  var addOnly = false

  @Option(
    help: ArgumentHelp(
      "Number of simultaneous trainings (default: one per core that this process may use).", valueName: "n"),
    transform: Number.whole(FieldLimits.slots))
  var slots: Int?

  @Flag(help: "Print the results as one JSON object.")
  var json = false

  @OptionGroup var limits: JobLimitOptions

  @OptionGroup var contents: ContentOptions

  @OptionGroup var states: StateLimitOptions

  @OptionGroup var verbosity: VerbosityOptions

  private static let defaultPoints = 6
  private static let defaultEpochs = 60
  private static let defaultSeeds = 3

  /// The command line of this process, for the user to repeat.
  private static var again: String { ShellCommand.line(["layersearch"] + CommandLine.arguments.dropFirst()) }

  func validate() throws {
    guard points == nil || candidate.isEmpty else {
      throw ValidationError("--points: --candidate already names everything to train; leave one of them out")
    }
  }

  func run() throws {
    let opened = try OpenStudy(resuming: study)
    if !addOnly {
      try opened.definition.recipe.kernels?.requireNative(otherwise: "give --add-only, then start a coordinator")
    }
    let plan = FinalPlan(
      choice: candidate.isEmpty ? .points(points ?? FinalCommand.defaultPoints) : .named(candidate), epochs: epochs,
      seeds: seeds, learningRate: learningRate, trainImages: trainImages)
    let works = try plan.works(of: opened)
    let added = try opened.store.addFinalTrainings(works)
    if added > 0 {
      let (trainings, were) = (NumberText.plural(added, "final training"), added == 1 ? "was" : "were")
      StandardError.shared.writeLine("\(trainings) \(were) added to study \(study)")
    }
    if addOnly { return }
    let failures = try FailureOptions.parse([])
    if try !opened.store.isFinished {
      let outlook = try FinalOutlook(
        of: works, in: opened.store, definition: opened.definition, slots: slots ?? UsableProcessors.current.count)
      for line in outlook.lines { StandardError.shared.writeLine("final: \(line)") }
      let outcome = try LocalRun(
        study: opened, name: "final", slots: slots, limits: limits, failures: failures, contents: contents,
        states: states, verbosity: verbosity
      ).run()
      switch outcome {
      case .studyFinished: break
      case .stopped: throw Failure.failed("stopped before all trainings were done; continue with: \(Self.again)")
      case .gaveUp(let reason, let isSetAside):
        let retry = ShellCommand.line(["layersearch", "control", study, "retry"])
        throw Failure.failed(
          "\(reason)\(isSetAside ? "; for each: \(retry) JOB; then" : "; the command"): \(Self.again)")
      }
    }
    let results = try FinalResults(store: opened.store)
    if json { return try JSONOutput.print(results) }
    for line in results.lines(width: StandardOutput.width) { StandardOutput.writeLine(line) }
  }
}
