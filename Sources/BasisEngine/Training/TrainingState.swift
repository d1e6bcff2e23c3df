import SearchCore

/// The state of a training between two of its steps, apart from its network's tensors.
///
/// Together with the network, the recipe, the seed, and the images, it determines the rest of the training. Random
/// streams need no position besides `step`: the order of an epoch and the augmentation of its images have separate
/// streams, drawn again from the seed and the epoch's number, and the step is the position in them. A training that
/// continues from its state gives the same bits as one that was never interrupted.
package struct TrainingState: Equatable, Sendable {
  /// The progress of a training and its results so far.
  package struct Position: Codable, Equatable, Sendable {
    /// The number of steps done in all epochs.
    package var step = 0
    /// The mean training loss of each completed epoch.
    package var epochLosses: [Double] = []
    /// The sum of the losses of the steps done in the current epoch; 0 between two epochs.
    package var lossSum = 0.0
    /// The time in the training loop so far.
    package var seconds = 0.0
    /// The scores on the evaluation images after each epoch, if the recipe asks for them; ends before the first that is
    /// not finite.
    package var evaluations: [Evaluation] = []

    package init() {}
  }

  package var position: Position
  /// The optimizer's velocities, each under the name of its parameter.
  package var velocities: TensorTree
}

/// A training as its observer sees it: after a step, or during an evaluation.
package struct TrainingMoment {
  package let progress: TrainingProgress
  /// Whether the evaluation images are being classified: when all steps are done, or after an epoch if the recipe asks
  /// for a curve.
  package let isEvaluating: Bool
  let position: TrainingState.Position
  let network: ResNet

  /// Returns a copy of everything needed to continue from here.
  /// - Parameters:
  ///   - dataContent: Identifies the training's images, see `DataContent`.
  ///   - context: What the caller needs in order to continue.
  package func checkpoint(
    recipe: TrainingRecipe, seed: UInt64, kernelVariant: String?, dataContent: String, context: String
  ) -> Checkpoint {
    let training = Checkpoint.Training(
      recipe: recipe, seed: seed, epochsDone: position.epochLosses.count, kernelVariant: kernelVariant)
    var checkpoint = network.checkpoint(training: training)
    checkpoint.unfinished = Checkpoint.Unfinished(
      state: TrainingState(position: position, velocities: network.parameters.velocityTree), dataContent: dataContent,
      context: context)
    return checkpoint
  }
}

extension TrainingState.Position {
  private enum CodingKeys: String, CodingKey { case step, epochLosses, lossSum, seconds, evaluations }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    step = try values.decode(Int.self, forKey: .step)
    epochLosses = try values.decode([Double].self, forKey: .epochLosses)
    lossSum = try values.decode(Double.self, forKey: .lossSum)
    seconds = try values.decode(Double.self, forKey: .seconds)
    evaluations = try values.decodeIfPresent([Evaluation].self, forKey: .evaluations) ?? []
  }

  /// Omits the scores if there are none; the text is then the same as that of versions that recorded none.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(step, forKey: .step)
    try values.encode(epochLosses, forKey: .epochLosses)
    try values.encode(lossSum, forKey: .lossSum)
    try values.encode(seconds, forKey: .seconds)
    if !evaluations.isEmpty { try values.encode(evaluations, forKey: .evaluations) }
  }

  /// - Throws: `illegalState` if no training of `steps` steps can be in this position.
  func check(steps: Int, stepsPerEpoch: Int) throws(EngineError) {
    guard (0...steps).contains(step) else {
      throw .illegalState(reason: "it has done \(step) of \(steps) steps")
    }
    guard epochLosses.count == step / stepsPerEpoch, epochLosses.allSatisfy(\.isFinite) else {
      throw .illegalState(reason: "its epochs' losses do not fit its \(step) steps")
    }
    guard evaluations.count <= epochLosses.count, evaluations.allSatisfy({ $0.meanLoss.isFinite }) else {
      throw .illegalState(reason: "its epochs' scores do not fit its \(step) steps")
    }
    guard lossSum.isFinite, step % stepsPerEpoch != 0 || lossSum == 0, seconds.isFinite, seconds >= 0 else {
      throw .illegalState(reason: "its loss or its time cannot be those of \(step) steps")
    }
  }
}
