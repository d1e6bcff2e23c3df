import ArgumentParser
import SearchCore
import Studies
import StudyStore
import Terminal

struct SolveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve",
    abstract: "Finds a study's best candidates under other constraints, by estimates, without training.",
    discussion: Examples.folded(
      """
      Reads the record, also while the study runs, and also finds candidates that were never trained, which are marked \
      as such. A bound from 0 to 1 is a share of the dense network's cost, a larger one a count. The most accurate \
      candidates come first or, if only --min-accuracy is given, the smallest.

      Examples:
        layersearch solve studies/cifar10-resnet20 --max-parameters 0.4
        layersearch solve studies/cifar10-resnet20 --max-multiply-adds 20000000 --json
        layersearch solve studies/cifar10-resnet20 --min-accuracy 0.43 --count 3
      """))

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Option(
    help: ArgumentHelp("Maximum number of parameters: a share of the dense network's, or a count.", valueName: "bound"),
    transform: Self.bound)
  var maxParameters: CostBound?

  @Option(
    help: ArgumentHelp(
      "Maximum number of multiply-adds: a share of the dense network's, or a count.", valueName: "bound"),
    transform: Self.bound)
  var maxMultiplyAdds: CostBound?

  @Option(
    help: ArgumentHelp("Maximum time on the study's device, as a share of the dense network's.", valueName: "share"),
    transform: { text in
      do { return try DeviceTimeBound(text) } catch { throw ValidationError("\(error)") }
    })
  var maxDeviceTime: DeviceTimeBound?

  @Option(
    help: ArgumentHelp("Minimum estimated accuracy, from 0 to 1.", valueName: "fraction"),
    transform: { text in
      do { return try AccuracyFloor.read(text) } catch { throw ValidationError("\(error)") }
    })
  var minAccuracy: Double?

  @Option(help: "Maximum number of candidates (default: 5).", transform: Number.whole(1...10_000))
  var count: Int = 5

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let store = try StudyReading.open(study)
    let solution = try StudySolution(
      store: store, maxParameters: maxParameters, maxMultiplyAdds: maxMultiplyAdds, maxDeviceTime: maxDeviceTime,
      minAccuracy: minAccuracy, count: count)
    if let warning = solution.warning { StandardError.shared.writeLine("warning: \(warning)") }
    if json { return try JSONOutput.print(solution) }
    for line in solution.lines(width: StandardOutput.width) { StandardOutput.writeLine(line) }
  }

  @Sendable private static func bound(_ text: String) throws -> CostBound {
    do { return try CostBound(text) } catch { throw ValidationError("\(error)") }
  }
}
