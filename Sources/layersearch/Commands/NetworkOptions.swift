import ArgumentParser
import SearchCore
import Trainings

/// The network that a command is about: a model, and which of its layers are decomposed.
struct NetworkOptions: ParsableArguments {
  @Option(help: Model.optionHelp, completion: Model.completion, transform: Model.read)
  var model: Model?

  @Option(
    help: ArgumentHelp(
      """
      Layers with ranks, such as layer1.0.conv1=8,layer2.1.conv2=16/grouped2, a label, such as 'layer1 C/4', or dense.
      """,
      valueName: "text"))
  var candidate: String?

  @Option(
    help: ArgumentHelp(
      """
      Decompose every 3×3 convolution and every convolution of bottlenecks, at this fraction of its output channels; \
      layers in which that rank saves nothing stay dense.
      """,
      valueName: "fraction"),
    transform: Self.fraction)
  var rankFraction: Double?

  @Option(
    help: """
      Decompose every 3×3 convolution and every convolution of bottlenecks, at this rank; layers in which it saves \
      nothing stay dense.
      """,
    transform: Self.wholeRank)
  var rank: Int?

  @Option(
    help: """
      Which of the N outputs combine the r basis maps: N − r, beside the maps themselves (remainder); all N (full); N \
      − r, each within one of G groups (groupedG); N − r, with coefficients that the layers of a stage share (tied). \
      Default: the study's, otherwise remainder.
      """)
  var variant: BasisVariant?

  static let fraction = Number.decimal(NumberLimit("between 0 and 1, both excluded") { $0 > 0 && $0 < 1 })
  static let wholeRank = Number.whole(1...4096)

  func validate() throws {
    if [candidate != nil, rankFraction != nil, rank != nil].count(where: \.self) > 1 {
      throw ValidationError("--candidate, --rank and --rank-fraction exclude each other")
    }
  }

  var choice: NetworkChoice {
    NetworkChoice(model: model, variant: variant, candidate: candidate, rankFraction: rankFraction, rank: rank)
  }
}
