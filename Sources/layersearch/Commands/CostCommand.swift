import ArgumentParser
import Engines
import Files
import SearchCore
import Terminal
import Trainings

/// The formats of costs.
enum CostFormat: String, CaseIterable, ExpressibleByArgument {
  case table, csv
  /// A picture.
  case svg
}

struct CostCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cost",
    abstract: "Shows what a training step takes in each layer, dense and as a basis convolution, and when that pays.",
    discussion: Examples.folded(
      """
      Prints parameters, multiply-adds and bytes of forward pass, input gradient and weight gradient, and the rank \
      below which a layer gains. Needs no data. --candidate, --rank-fraction and --rank may be given several times; \
      each adds a form beside the dense network. Without any, the forms are every 3×3 convolution and every \
      convolution of bottlenecks at C/4 and at C/2.

      --measure also times every form on one core of this machine, for about a second per layer and form at most, and \
      prints the rank below which a layer gains by time, interpolated between measured ranks: more ranks make it more \
      exact.

      Examples:
        layersearch cost --model resnet20
        layersearch cost --model resnet18 --rank-fraction 0.25 --variant remainder --format csv
        layersearch cost --model resnet20 --candidate layer1.0.conv1=8,layer2.1.conv2=16 --rank 8 --json
        layersearch cost --model resnet8 --measure --rank-fraction 0.25 --rank-fraction 0.5 --rank-fraction 0.75
        layersearch cost --model resnet18 --measure --format svg --output cost.svg
      """))

  @Option(help: Model.optionHelp, completion: Model.completion, transform: Model.read)
  var model: Model

  @Option(
    help: ArgumentHelp(
      "A form: layers with ranks, such as layer1.0.conv1=8,layer2.1.conv2=16, or a label, such as 'layer1 C/4'.",
      valueName: "text"))
  var candidate: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      A form: every 3×3 convolution and every convolution of bottlenecks, at this fraction of its output channels; \
      layers in which that rank saves nothing stay dense.
      """,
      valueName: "fraction"),
    transform: NetworkOptions.fraction)
  var rankFraction: [Double] = []

  @Option(
    help: """
      A form: every 3×3 convolution and every convolution of bottlenecks, at this rank; layers in which it saves \
      nothing stay dense.
      """,
    transform: NetworkOptions.wholeRank)
  var rank: [Int] = []

  @Option(help: "Variant of basis convolutions; may be given several times. (default: remainder and full)")
  var variant: [BasisVariant] = []

  @OptionGroup var images: ImageOptions

  @Option(help: "Images per step.", reading: Number.whole(TrainingLimits.batch))
  var batch = 128

  @Flag(help: "Also measure times on this machine.")
  var measure = false

  @Option(help: "Output format; svg is a picture of every rank of each kind of layer, compared with the dense layer.")
  var format: CostFormat = .table

  @Option(help: ArgumentHelp("Write to this file instead of standard output (-).", valueName: "file"))
  var output: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if json, format != .table { throw ValidationError("--json and --format \(format.rawValue) exclude each other") }
  }

  func run() throws {
    let output = try OutputFile(output ?? "-", option: "--output")
    let analysis = try CostAnalysis(
      try images.architecture(of: model), choices: choices,
      variants: variant.isEmpty
        ? [.remainder, .full] : variant.enumerated().filter { !variant[..<$0].contains($1) }.map(\.element),
      batch: batch, measures: measure
    ) { StandardError.shared.writeLine("measuring \($0)") }
    try output.write(text(of: analysis, width: output.isStandardOutput ? StandardOutput.width : nil).utf8)
    if output.isRegular { StandardError.shared.writeLine("wrote \(output.path)") }
  }

  private func text(of analysis: CostAnalysis, width: Int?) throws -> String {
    if json { return try JSONOutput.text(of: analysis) + "\n" }
    return switch format {
    case .table: analysis.lines(width: width).joined(separator: "\n") + "\n"
    case .csv: analysis.csv
    case .svg: analysis.svg
    }
  }

  /// The requested forms, sorted by kind of option: the named candidates first, otherwise in the order given.
  private var choices: [(name: String, choice: NetworkChoice)] {
    func choice(candidate: String? = nil, rankFraction: Double? = nil, rank: Int? = nil) -> NetworkChoice {
      NetworkChoice(model: model, variant: nil, candidate: candidate, rankFraction: rankFraction, rank: rank)
    }
    let isPlain = candidate.isEmpty && rankFraction.isEmpty && rank.isEmpty
    return candidate.map { ("candidate \($0)", choice(candidate: $0)) }
      + (isPlain ? [0.25, 0.5] : rankFraction).map { ("rank-fraction \($0)", choice(rankFraction: $0)) }
      + rank.map { ("rank \($0)", choice(rank: $0)) }
  }
}
