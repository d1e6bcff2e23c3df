import ArgumentParser
import BasisEngine
import SearchCore

struct Variants: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Steps and inference of each variant, and of skipped updates, beside remainder, in turns on one core.",
    discussion: "Every 3×3 convolution is decomposed. A ratio below 1 is a step that takes less time than remainder's.")

  @Option(help: "resnet20, resnet18, …")
  var model: Model = .resnet20

  @Option(help: "Of the layers' filters.")
  var rankFraction = 0.25

  @Option(help: "Images a step.")
  var batch = 128

  @Option(help: "Steps and batches of each form, of which the median counts.")
  var rounds = 15

  func run() throws {
    let space = try SearchSpace(
      architecture: Architecture(model), ranks: .fractions([rankFraction]), include: ["conv1", "layer*.conv?"])
    let candidate = space.allLayers(rankIndex: 0)
    let forms = try Self.forms(candidate)
    let times = try FormTimes.measure(forms.map(\.1), of: model, batch: batch, rounds: rounds)
    let rank = fixed(rankFraction, 3)
    print("\(model.rawValue), all 3×3 convolutions at \(rank) C, batch \(batch), medians of \(rounds):\n")
    print("| form | training, images/s | a step's time / remainder's | inference, images/s | time / remainder's |")
    print("|---|---|---|---|---|")
    for ((name, _), time) in zip(forms, times) {
      print(
        "| \(name) | \(fixed(Double(batch) / time.trainingSeconds)) | \(fixed(time.trainingRatio, 3)) | "
          + "\(fixed(Double(batch) / time.inferenceSeconds)) | \(fixed(time.inferenceRatio, 3)) |")
    }
  }

  private static func forms(_ candidate: Candidate) throws -> [(String, FormTimes.Form)] {
    let variants = ["remainder", "full", "grouped2", "tied"].compactMap(BasisVariant.init(rawValue:))
    let skips = BasisPart.allCases.flatMap { part in [2, 4].map { SkippedUpdates(of: part, every: $0) } }
    return variants.map { ($0.rawValue, FormTimes.Form(candidate: candidate, variant: $0)) }
      + skips.map { skip in
        let name = "remainder, \(skip.part.rawValue) at every \(skip.every == 2 ? "2nd" : "\(skip.every)th") step"
        return (name, FormTimes.Form(candidate: candidate, variant: .remainder, skip: skip))
      }
  }
}
