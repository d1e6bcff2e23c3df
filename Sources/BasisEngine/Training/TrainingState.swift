import SearchCore

/// A training between two of its steps: what its network's tensors alone do not tell.
///
/// With the network, the recipe, the seed and the images it is all that the rest of the training depends on. Random
/// streams need no positions beside `step`: the order of an epoch and the augmentation of its images are streams of
/// their own, drawn anew from the seed and the epoch's number, of which the step is the position. A training that goes
/// on from its state gives the same bits as one that was never interrupted.
package struct TrainingState: Equatable, Sendable {
  /// How far it is, and what it found so far.
  package struct Position: Codable, Equatable, Sendable {
    /// Steps done, of all epochs.
    package var step = 0
    /// Mean training loss of each epoch that is done.
    package var epochLosses: [Double] = []
    /// Sum of the losses of the steps done in the epoch under way; 0 between two epochs.
    package var lossSum = 0.0
    /// Time in the training loop so far.
    package var seconds = 0.0
    /// On the evaluation images after each epoch, where the recipe asks for them, as far as they are finite.
    package var evaluations: [Evaluation] = []

    package init() {}
  }

  package var position: Position
  /// The optimizer's, each under the name of its parameter.
  package var velocities: TensorTree
}

/// A training as its observer sees it: after a step, and during the evaluation.
package struct TrainingMoment {
  package let progress: TrainingProgress
  /// All steps are done, and the evaluation images are being classified.
  package let isEvaluating: Bool
  let position: TrainingState.Position
  let network: ResNet

  /// A copy of all that is needed to go on from here.
  /// - Parameters:
  ///   - dataContent: what the training's images are, see `DataContent`.
  ///   - context: what the caller wants to find again.
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

  /// Scores are left out where there are none: then the text is that of versions that kept none.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(step, forKey: .step)
    try values.encode(epochLosses, forKey: .epochLosses)
    try values.encode(lossSum, forKey: .lossSum)
    try values.encode(seconds, forKey: .seconds)
    if !evaluations.isEmpty { try values.encode(evaluations, forKey: .evaluations) }
  }

  /// - Throws: `illegalState` where no training of so many steps can be there.
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
