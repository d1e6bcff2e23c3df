import ImageData
import SearchCore

/// A network at rest and the state of its training: a value, independent of the file it is read from or written to.
/// `CheckpointFormat` reads and writes files; `ResNet+Checkpoint` converts networks to checkpoints and back.
package struct Checkpoint: Equatable, Sendable {
  package var network: Network
  /// The parameters, then the running statistics.
  package var tensors: TensorTree
  /// The normalization of the images that the network was trained on; `nil` if the file does not say.
  package var normalization: ChannelNormalization?
  package var training: Training?
  /// The state of an unfinished training; `nil` if there is nothing to continue.
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

  /// What identifies the network: the names and shapes of its tensors follow from it.
  package struct Network: Codable, Equatable, Sendable {
    package var model: Model
    /// Layer → rank.
    package var ranks: [String: Int]
    package var variant: BasisVariant
    /// Layer → variant, for layers whose variant is not `variant`; `nil` if there are none.
    package var variants: [String: BasisVariant]? = nil
    /// Layer → the output channels that are its basis maps, for each decomposed layer.
    package var basisChannels: [String: [Int]]
    /// The number of rows and of columns.
    package var imageSize: Int
    package var imageChannels: Int
    package var classCount: Int
    /// The channels of each stage; `nil` if they are the model's own.
    package var widths: [Int]?

    package var candidate: Candidate {
      Candidate(
        forms: Dictionary(
          uniqueKeysWithValues: ranks.map { ($0.key, BasisForm(rank: $0.value, variant: variants?[$0.key])) }))
    }
  }

  /// How the weights were obtained. In a file, the recipe's start is stored beside the recipe, because older programs,
  /// which do not know it, read the recipe's text.
  package struct Training: Codable, Equatable, Sendable {
    private enum CodingKeys: CodingKey {
      case recipe, start, seed, epochsDone, testAccuracy, kernelVariant, dataContent, study
    }

    package var recipe: TrainingRecipe
    package var seed: UInt64
    package var epochsDone: Int
    /// From 0 to 1.
    package var testAccuracy: Double?
    package var kernelVariant: String?
    /// Identifies the images that the network was trained on, see `DataContent`; `nil` if the file does not say.
    package var dataContent: String?
    /// The name of the study whose candidate this is; `nil` if it belongs to no study.
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

  /// The state in which a training stopped.
  package struct Unfinished: Equatable, Sendable {
    package var state: TrainingState
    /// Identifies the images that the network is trained on, see `DataContent`.
    package var dataContent: String
    /// What the program that wrote the checkpoint needs in order to continue, in its own format.
    package var context: String

    package init(state: TrainingState, dataContent: String, context: String) {
      self.state = state
      self.dataContent = dataContent
      self.context = context
    }
  }
}

/// A one-line description of what is wrong with a checkpoint, without its path.
package struct CheckpointProblem: Error, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

extension Checkpoint.Network {
  /// Returns the network's architecture.
  /// - Throws: A problem if a number is outside the range that networks can have.
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
        throw CheckpointProblem("stage widths \(widths) decrease, which shortcuts of option A do not allow")
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
