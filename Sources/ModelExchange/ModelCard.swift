import BasisEngine
import Foundation
import SearchCore

/// The description of an exported network, as JSON and as text.
package struct ModelCard: Encodable, Sendable {
  package struct Images: Encodable, Sendable {
    package var channels: Int
    package var size: Int
    /// The values of an image before normalization.
    package var range: String
    /// In units of `range`; `nil` if the checkpoint has no normalization.
    package var mean: [Float]?
    package var standardDeviation: [Float]?
    /// Whether the file normalizes images itself.
    package var normalizedByNetwork: Bool
  }

  package struct Training: Encodable, Sendable {
    package var recipe: TrainingRecipe
    package var start: TrainedStart?
    package var seed: UInt64
    package var epochsDone: Int
    package var kernelVariant: String?
  }

  package var file: String
  package var format: String
  package var generator: String
  package var model: String
  package var candidate: String
  package var variant: String
  /// Whether the basis convolutions were multiplied out.
  package var merged: Bool
  /// Whether batch norm is folded into the convolutions' weights.
  package var batchNormFolded: Bool
  package var classes: Int
  package var images: Images
  package var cost: Cost
  package var denseCost: Cost
  /// The accuracy on the test images after the training, from 0 to 1; `nil` if the checkpoint does not contain it.
  package var testAccuracy: Double?
  /// `nil` for weights that were not trained by this program.
  package var training: Training?
  /// The hash of the images that the network was trained on; `nil` if the checkpoint does not contain it.
  package var dataHash: String?
  /// The study that the candidate is from; `nil` if the checkpoint does not contain it.
  package var study: String?

  /// - Parameters:
  ///   - file: The name of the file that the card describes.
  ///   - generator: The program and its version.
  package init(of network: ExportedNetwork, file: String, format: String, foldsBatchNorm: Bool, generator: String) {
    let architecture = network.architecture
    let checkpoint = network.checkpoint
    let (stem, training) = (architecture.layers[architecture.stem], checkpoint.training)
    self.file = file
    self.format = format
    self.generator = generator
    model = architecture.model.rawValue
    candidate = network.candidate.description
    variant = checkpoint.network.variant.rawValue
    merged = network.isMerged
    batchNormFolded = foldsBatchNorm
    classes = architecture.classCount
    images = Images(
      channels: stem.inputChannels, size: stem.inputSize,
      range: checkpoint.normalization == nil
        ? "normalized as in the training" : "0 to 1 (bytes / 255), red, green, blue",
      mean: checkpoint.normalization?.mean, standardDeviation: checkpoint.normalization?.standardDeviation,
      normalizedByNetwork: checkpoint.normalization != nil)
    cost = architecture.cost(of: checkpoint.candidate, variant: checkpoint.network.variant)
    denseCost = architecture.cost(of: .dense, variant: checkpoint.network.variant)
    testAccuracy = training?.testAccuracy
    self.training = training.map {
      Training(
        recipe: $0.recipe, start: $0.recipe.start, seed: $0.seed, epochsDone: $0.epochsDone,
        kernelVariant: $0.kernelVariant)
    }
    dataHash = training?.dataContent ?? checkpoint.unfinished?.dataContent
    study = training?.study
  }

  /// One object, terminated by a line feed.
  package var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    // Checkpoints with numbers that JSON cannot represent were refused before.
    let data = (try? encoder.encode(self)) ?? Data("{}".utf8)
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  package var title: String {
    if candidate == "dense" { return "\(model), dense" }
    return "\(model) with basis convolutions\(merged ? ", multiplied out" : "")"
  }

  package var markdown: String {
    func share(_ part: Int, of whole: Int) -> String {
      part == whole ? "" : " (\(Int((100 * Double(part) / Double(max(1, whole))).rounded())) % of the dense network's)"
    }
    func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: ", ") }
    var rows: [(String, String)] = [
      ("file", "`\(file)`, \(format)"), ("model", model), ("candidate", "`\(candidate)`"),
      ("variant", variant + (merged ? ", multiplied out into dense filters" : "")),
      ("parameters", "\(cost.parameters)" + share(cost.parameters, of: denseCost.parameters)),
      ("multiply-adds of an image", "\(cost.multiplyAdds)" + share(cost.multiplyAdds, of: denseCost.multiplyAdds)),
    ]
    let taken = "float32, N × \(images.channels) × \(images.size) × \(images.size); \(images.range)"
    rows.append(("images", taken + (images.normalizedByNetwork ? "; the network normalizes them" : "")))
    if let mean = images.mean, let deviation = images.standardDeviation {
      rows.append(("normalization", "mean \(list(mean)); standard deviation \(list(deviation))"))
    }
    rows.append(("classes", "\(classes)"))
    if batchNormFolded { rows.append(("batch norm", "folded into the convolutions")) }
    if let testAccuracy {
      rows.append(("test accuracy", "\((testAccuracy * 10_000).rounded() / 100) %"))
    }
    if let training {
      let recipe = training.recipe
      rows.append(("training", "\(training.epochsDone) of \(recipe.epochs) epochs, seed \(training.seed)"))
      let parts = [
        "\(recipe.data.trainImages) images of \(recipe.data.set.rawValue)", "batch \(recipe.batch)",
        "learning rate \(recipe.learningRate) (\(recipe.schedule.rawValue))", "momentum \(recipe.momentum)",
        "weight decay \(recipe.weightDecay)",
      ]
      rows.append(("recipe", parts.joined(separator: ", ")))
    }
    if let dataHash { rows.append(("data", "content `\(dataHash)`")) }
    if let study { rows.append(("study", study)) }
    rows.append(("made by", generator))
    return "# \(title)\n\n| | |\n|---|---|\n" + rows.map { "| \($0.0) | \($0.1) |\n" }.joined()
  }
}
