import ArgumentParser
import Engines
import Processes
import ReadableText
import SearchCore
import Studies
import Terminal
import Trainings

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what a study will take: trainings by round, work, hours, memory.",
    discussion: Examples.folded(
      """
      Starts no training and needs no data. Without --images-per-second, it times the dense network for three seconds \
      on one core of this machine.

      Examples:
        layersearch plan Configs/quickstart.yaml --workers 2
        layersearch plan Configs/cifar10-resnet20.yaml --workers 8 --images-per-second 900 --json
      """))

  @Argument(help: ArgumentHelp("The study's configuration, a YAML file.", valueName: "config"))
  var configuration: String

  @Option(
    help: ArgumentHelp(
      "Number of simultaneous trainings (default: one per core that this process may use).", valueName: "n"),
    transform: Number.whole(1...1_000_000))
  var workers: Int?

  @Option(
    help: ArgumentHelp(
      "Training rate of the dense network on one core, in images per second (default: measured).", valueName: "x"),
    transform: Number.decimal(NumberLimit("above 0, at most 1e9") { $0 > 0 && $0 <= 1e9 }))
  var imagesPerSecond: Double?

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let definition = try StudyDefinition(file: configuration)
    let caveat = try StartCaveat(definition, configuration: configuration)
    var plan = try StudyPlan(
      definition, workers: workers ?? UsableProcessors.current.count, imagesPerSecond: imagesPerSecond)
    if let caveat { plan.notes.append(caveat.text) }
    // If the user gives another number, the workers may be on other machines.
    if workers == nil, let limit = MemoryShortage.limit, plan.bytesPerSlot > limit / max(1, plan.workers) {
      let (one, all) = (Readable.bytes(plan.bytesPerSlot), Readable.bytes(limit))
      plan.notes.append(
        "\(plan.workers) simultaneous trainings of about \(one) each do not fit into the \(all) of memory that a "
          + "process may use here; give the worker fewer --slots")
    }
    if json { return try JSONOutput.print(plan) }
    for line in plan.lines(width: StandardOutput.width) { StandardOutput.writeLine(line) }
  }
}
