import ArgumentParser
import SearchCore
import Studies
import StudyStore
import Terminal

struct SolveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solve",
    abstract: "Names a study's best candidates under other constraints, by estimates, without training anything.",
    discussion: Examples.folded(
      """
      Reads what is on record, also while the study runs, and names candidates that were never trained, too, marked \
      as such. A bound from 0 to 1 is a share of the dense network's, a larger one a count. The most accurate \
      candidates come first; where only --min-accuracy is given, the smallest.

      Examples:
        layersearch solve studies/cifar10-resnet20 --max-parameters 0.4
        layersearch solve studies/cifar10-resnet20 --max-multiply-adds 20000000 --json
        layersearch solve studies/cifar10-resnet20 --min-accuracy 0.43 --count 3
      """))

  @Argument(help: ArgumentHelp("The study's folder.", valueName: "study-dir"))
  var study: String

  @Option(
    help: ArgumentHelp("Most parameters: a share of the dense network's, or a count.", valueName: "bound"),
    transform: Self.bound)
  var maxParameters: CostBound?

  @Option(
    help: ArgumentHelp("Most multiply-adds: a share of the dense network's, or a count.", valueName: "bound"),
    transform: Self.bound)
  var maxMultiplyAdds: CostBound?

  @Option(
    help: ArgumentHelp("Most time on the study's device: a share of the dense network's.", valueName: "share"),
    transform: { text in
      do { return try DeviceTimeBound(text) } catch { throw ValidationError("\(error)") }
    })
  var maxDeviceTime: DeviceTimeBound?

  @Option(
    help: ArgumentHelp("Least accuracy by the estimate, from 0 to 1.", valueName: "fraction"),
    transform: { text in
      do { return try AccuracyFloor.read(text) } catch { throw ValidationError("\(error)") }
    })
  var minAccuracy: Double?

  @Option(help: "Name so many candidates at most.", transform: Number.whole(1...10_000))
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
