import ImageData
import SearchCore

/// A network at rest, and where it is in its training: a value, whatever the file that it comes from or goes to.
/// `CheckpointFormat` has the files, `ResNet+Checkpoint` makes it of a network and a network of it.
package struct Checkpoint: Equatable, Sendable {
  package var network: Network
  /// Parameters, then running statistics.
  package var tensors: TensorTree
  /// Of the images that it was trained on; nil where the file does not tell.
  package var normalization: ChannelNormalization?
  package var training: Training?
  /// Of a training that is to go on.
  package var unfinished: Unfinished?

  package var candidate: Candidate { network.candidate }

  package init(
    network: Network, tensors: TensorTree, normalization: ChannelNormalization? = nil, training: Training? = nil,
    unfinished: Unfinished? = nil
  ) {
    self.network = network
    self.tensors = tensors
    self.normalization = normalization
    self.training = training
    self.unfinished = unfinished
  }

  /// Which network it is: what names and shapes of its tensors follow from.
  package struct Network: Codable, Equatable, Sendable {
    package var model: Model
    /// Layer → rank.
    package var ranks: [String: Int]
    package var variant: BasisVariant
    /// Layer → its variant, of those that have another one; nil where none has.
    package var variants: [String: BasisVariant]? = nil
    /// Output channels that the basis maps of each decomposed layer are.
    package var basisChannels: [String: [Int]]
    /// Rows and columns.
    package var imageSize: Int
    package var imageChannels: Int
    package var classCount: Int
    /// Channels of the stages where they are not the model's own.
    package var widths: [Int]?

    package var candidate: Candidate {
      Candidate(
        forms: Dictionary(
          uniqueKeysWithValues: ranks.map { ($0.key, BasisForm(rank: $0.value, variant: variants?[$0.key])) }))
    }
  }

  /// How the weights came to be. In a file the recipe's start stands beside the recipe, whose text older programs read.
  package struct Training: Codable, Equatable, Sendable {
    private enum CodingKeys: CodingKey {
      case recipe, start, seed, epochsDone, testAccuracy, kernelVariant, dataContent, study
    }

    package var recipe: TrainingRecipe
    package var seed: UInt64
    package var epochsDone: Int
    /// 0…1
    package var testAccuracy: Double?
    package var kernelVariant: String?
    /// What the images are that it was trained on, see `DataContent`; nil where the file does not tell.
    package var dataContent: String?
    /// Name of the study whose candidate it is; nil where it is none's.
    package var study: String?

    package init(
      recipe: TrainingRecipe, seed: UInt64, epochsDone: Int, testAccuracy: Double? = nil, kernelVariant: String? = nil,
      dataContent: String? = nil, study: String? = nil
    ) {
      self.recipe = recipe
      self.seed = seed
      self.epochsDone = epochsDone
      self.testAccuracy = testAccuracy
      self.kernelVariant = kernelVariant
      self.dataContent = dataContent
      self.study = study
    }

    package init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      recipe = try values.decode(TrainingRecipe.self, forKey: .recipe)
      recipe.start = try values.decodeIfPresent(TrainedStart.self, forKey: .start)
      seed = try values.decode(UInt64.self, forKey: .seed)
      epochsDone = try values.decode(Int.self, forKey: .epochsDone)
      testAccuracy = try values.decodeIfPresent(Double.self, forKey: .testAccuracy)
      kernelVariant = try values.decodeIfPresent(String.self, forKey: .kernelVariant)
      dataContent = try values.decodeIfPresent(String.self, forKey: .dataContent)
      study = try values.decodeIfPresent(String.self, forKey: .study)
    }

    package func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(recipe, forKey: .recipe)
      try values.encodeIfPresent(recipe.start, forKey: .start)
      try values.encode(seed, forKey: .seed)
      try values.encode(epochsDone, forKey: .epochsDone)
      try values.encodeIfPresent(testAccuracy, forKey: .testAccuracy)
      try values.encodeIfPresent(kernelVariant, forKey: .kernelVariant)
      try values.encodeIfPresent(dataContent, forKey: .dataContent)
      try values.encodeIfPresent(study, forKey: .study)
    }
  }

  /// Where a training was interrupted.
  package struct Unfinished: Equatable, Sendable {
    package var state: TrainingState
    /// What the images are that it trains on, see `DataContent`.
    package var dataContent: String
    /// What the program that wrote it wants to find again, in a form of its own.
    package var context: String

    package init(state: TrainingState, dataContent: String, context: String) {
      self.state = state
      self.dataContent = dataContent
      self.context = context
    }
  }
}

/// What is wrong with a checkpoint, in one line without its path.
package struct CheckpointProblem: Error, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

extension Checkpoint.Network {
  /// The architecture, where the numbers are ones that a network can have.
  package func architecture() throws(CheckpointProblem) -> Architecture {
    func require(_ value: Int, _ range: ClosedRange<Int>, _ name: String) throws(CheckpointProblem) {
      guard range.contains(value) else {
        throw CheckpointProblem("\(name) \(value) is not in \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try require(imageSize, 1...NetworkLimits.imageSizes.upperBound, "image size")
    try require(imageChannels, 1...64, "image channels")
    try require(classCount, 1...NetworkLimits.classes.upperBound, "class count")
    if let widths {
      let stages = model.network.blocks.count
      guard widths.count == stages else {
        throw CheckpointProblem("\(widths.count) widths for the \(stages) stages of \(model.rawValue)")
      }
      for width in widths { try require(width, 1...4096, "stage width") }
      var network = model.network
      network.widths = widths
      guard network.shortcutsFit else {
        throw CheckpointProblem("stage widths \(widths) fall, which shortcuts of option A cannot")
      }
    }
    return Architecture(
      model, imageSize: imageSize, imageChannels: imageChannels, classCount: classCount, widths: widths)
  }

  package func form() throws(CheckpointProblem) -> NetworkForm {
    let architecture = try architecture()
    do {
      return try NetworkForm(
        architecture: architecture, candidate: candidate, variant: variant, basisChannels: basisChannels)
    } catch { throw CheckpointProblem("\(error)") }
  }

  package init(_ form: NetworkForm) {
    let architecture = form.architecture
    let stem = architecture.layers[architecture.stem]
    let own = Architecture(
      architecture.model, imageSize: stem.inputSize, imageChannels: stem.inputChannels,
      classCount: architecture.classCount)
    let variants = form.candidate.forms.compactMapValues(\.variant)
    self.init(
      model: architecture.model, ranks: form.candidate.ranks, variant: form.variant,
      variants: variants.isEmpty ? nil : variants, basisChannels: form.basisChannels,
      imageSize: stem.inputSize, imageChannels: stem.inputChannels, classCount: architecture.classCount,
      widths: own == architecture ? nil : architecture.stageWidths)
  }
}
