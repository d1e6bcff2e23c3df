import ImageData
import KernelInterface
import Randomness
import SearchCore

/// The progress of a training, reported after every step.
public struct TrainingProgress: Sendable {
  /// The current epoch, from 1; 0 while the network is being made.
  public var epoch: Int
  public var epochs: Int
  /// The number of steps done in all epochs.
  public var step: Int
  public var steps: Int
  /// The mean loss of this epoch's steps so far.
  public var loss: Double
  public var imagesPerSecond: Double
}

/// A training's result on its evaluation images.
public struct TrainingOutcome: Sendable, Equatable {
  /// The fraction of the evaluation images that are classified correctly; that of guessing if the training diverged.
  public var accuracy: Double
  /// The mean cross-entropy of the evaluation images; `nil` if the training diverged.
  public var loss: Double?
  /// The mean training loss of each epoch, including a partial last epoch; if the loss became infinite or NaN, of the
  /// epochs completed before.
  public var epochLosses: [Double]
  /// The scores on the evaluation images after each epoch, if the recipe asks for them; ends before the first that is
  /// not finite.
  public var epochEvaluations: [Evaluation] = []
  public var diverged: Bool
  /// The time in the training loop, including data but not evaluation.
  public var trainSeconds: Double
  public var imagesPerSecond: Double
}

/// Trains one network by a recipe: the training loop, from images to outcome.
///
/// Every epoch visits the images in a new order; a partial last batch is dropped unless it is the only one. A training
/// may end within an epoch. By the recipe's `until`, it may also end before its schedule does, and can then continue to
/// the same bits. Order, augmentation, and initial weights are pure functions of the seed, so that the outcome, except
/// for times, is a pure function of (the network's form, recipe, seed, images, kernel variant), whether or not the
/// training was interrupted.
public struct Trainer {
  public let recipe: TrainingRecipe
  public let seed: UInt64

  /// - Throws: `illegalRecipe` for numbers that no training can use.
  public init(recipe: TrainingRecipe, seed: UInt64) throws(EngineError) {
    let numbers: [(String, Double)] = [
      ("learning rate", recipe.learningRate), ("momentum", recipe.momentum), ("weight decay", recipe.weightDecay),
    ]
    for (name, value) in numbers where !(value.isFinite && value >= 0) {
      throw .illegalRecipe(reason: "\(name) \(value) must be a number that is not negative")
    }
    guard recipe.batch > 0 else { throw .illegalRecipe(reason: "batch \(recipe.batch) must be positive") }
    guard recipe.epochs >= .none else { throw .illegalRecipe(reason: "\(recipe.epochs) epochs: must not be negative") }
    guard recipe.until ?? 1 > 0 else {
      throw .illegalRecipe(reason: "it ends after \(recipe.until ?? 0) epochs: must be at least 1")
    }
    guard recipe.skip?.every ?? 1 > 0 else {
      throw .illegalRecipe(reason: "updates at every \(recipe.skip?.every ?? 0)th step: must be at least 1")
    }
    self.recipe = recipe
    self.seed = seed
  }

  /// Creates the network that the recipe trains, with its initial weights.
  public func makeNetwork(
    candidate: Candidate, kernels: KernelTable, workspace: Workspace? = nil
  ) throws(EngineError) -> ResNet {
    try ResNet(
      architecture: recipe.architecture, candidate: candidate, variant: recipe.variant, batch: recipe.batch,
      kernels: kernels, seed: seed, workspace: workspace)
  }

  /// Trains `network` on `training` and evaluates it on `evaluation`.
  /// - Parameter progress: Called after every step; returns `false` to stop.
  /// - Throws: `noImages`, or `cancelled` if `progress` returned `false`.
  public func train(
    _ network: ResNet, training: LabeledImages, evaluation: LabeledImages,
    progress: (TrainingProgress) -> Bool = { _ in true }
  ) throws(EngineError) -> TrainingOutcome {
    try train(network, training: training, evaluation: evaluation, from: nil) { moment in
      moment.isEvaluating || progress(moment.progress)
    }
  }

  /// Trains and evaluates `network`, from any step on, and shows every moment to an observer, which can save its state.
  /// - Parameters:
  ///   - checkpoint: The state to continue from; `nil` to train the network as it is, from the first step.
  ///   - observer: Called after every step, and after every batch of an evaluation; returns `false` to stop.
  /// - Throws: `noImages`, `illegalState`, or `cancelled` if `observer` returned `false`.
  package func train(
    _ network: ResNet, training: LabeledImages, evaluation: LabeledImages, from checkpoint: Checkpoint?,
    observer: (TrainingMoment) -> Bool
  ) throws(EngineError) -> TrainingOutcome {
    try trainToEnd(network, training: training, evaluation: evaluation, from: checkpoint, observer: observer).outcome
  }

  /// Trains and evaluates `network`, and also returns the moment at the end, from which the schedule continues if the
  /// recipe's `until` ended the training early.
  func trainToEnd(
    _ network: ResNet, training: LabeledImages, evaluation: LabeledImages, from checkpoint: Checkpoint?,
    observer: (TrainingMoment) -> Bool
  ) throws(EngineError) -> (outcome: TrainingOutcome, end: TrainingMoment) {
    guard training.count > 0 else { throw .noImages(purpose: "train on") }
    guard evaluation.count > 0 else { throw .noImages(purpose: "evaluate on") }
    let batch = min(recipe.batch, training.count, network.workspace.capacity)
    let span = Span(recipe, stepsPerEpoch: training.count / batch)
    var position = TrainingState.Position()
    if let checkpoint {
      position = try network.restore(checkpoint).position
      try position.check(steps: span.end, stepsPerEpoch: span.stepsPerEpoch)
    }
    let assembler = BatchAssembler(
      normalization: training.normalization, augmentation: recipe.imageAugmentation, seed: seed)
    let order = EpochOrder(count: training.count, seed: seed)
    var indices: (epoch: Int, order: [Int])?
    var diverged = false
    let (start, secondsBefore) = (ContinuousClock.now, position.seconds)
    var evaluationSeconds = 0.0
    func moment(epoch: Int, loss: Double, isEvaluating: Bool) -> TrainingMoment {
      let progress = TrainingProgress(
        epoch: epoch, epochs: span.epochs, step: position.step, steps: span.end, loss: loss,
        imagesPerSecond: Double(position.step * batch) / max(1e-9, position.seconds))
      return TrainingMoment(progress: progress, isEvaluating: isEvaluating, position: position, network: network)
    }
    func evaluate(epoch: Int, loss: Double) throws(EngineError) -> Evaluation {
      let begun = ContinuousClock.now
      let now = moment(epoch: epoch, loss: loss, isEvaluating: true)
      guard let score = network.evaluate(evaluation, while: { _ in observer(now) }) else { throw .cancelled }
      evaluationSeconds += seconds(since: begun)
      return score
    }
    // The score of the network in its present state.
    var score: Evaluation?
    /// Completes the curve with the point of an epoch that has just ended, or had just ended when the state was saved.
    func completeCurve() throws(EngineError) {
      guard recipe.curve, position.step > 0, position.step % span.stepsPerEpoch == 0 else { return }
      let epoch = position.step / span.stepsPerEpoch
      if position.evaluations.count == epoch {
        score = position.evaluations.last
      } else {
        let found = try evaluate(epoch: epoch, loss: position.epochLosses.last ?? 0)
        score = found
        if found.meanLoss.isFinite, position.evaluations.count == epoch - 1 { position.evaluations.append(found) }
      }
    }
    try completeCurve()
    while position.step < span.end {
      let epoch = position.step / span.stepsPerEpoch
      if indices?.epoch != epoch { indices = (epoch, order(epoch: epoch)) }
      let first = position.step % span.stepsPerEpoch * batch
      let chosen = indices!.order[first..<first + batch]
      assembler.assemble(training, indices: chosen, epoch: epoch, position: first, into: network.input)
      let rate = recipe.schedule.learningRate(peak: recipe.learningRate, step: position.step, of: span.steps)
      let loss = network.trainingStep(
        labels: chosen.map { training.labels[$0] }, rule: rule(learningRate: rate),
        skipped: recipe.skip?.part(skippedIn: position.step))
      score = nil
      position.step += 1
      position.seconds = secondsBefore + seconds(since: start) - evaluationSeconds
      guard loss.isFinite else {
        diverged = true
        break
      }
      position.lossSum += loss
      let mean = position.lossSum / Double(first / batch + 1)
      if position.step % span.stepsPerEpoch == 0 {
        position.epochLosses.append(mean)
        position.lossSum = 0
      }
      guard observer(moment(epoch: epoch + 1, loss: mean, isEvaluating: false)) else { throw .cancelled }
      try completeCurve()
    }
    // A partial last epoch also has a loss and a score.
    let partial = diverged ? 0 : position.step % span.stepsPerEpoch
    let epochLosses = position.epochLosses + (partial > 0 ? [position.lossSum / Double(partial)] : [])
    var evaluations = position.evaluations
    // If the curve has a point for the last epoch, this is the network's score.
    if !diverged, score == nil {
      let found = try evaluate(epoch: span.epochs, loss: epochLosses.last ?? 0)
      score = found
      if recipe.curve, partial > 0, found.meanLoss.isFinite, evaluations.count == position.epochLosses.count {
        evaluations.append(found)
      }
    }
    let loss = score?.meanLoss
    let isSound = loss.map { $0 <= Self.highestSoundLoss(classes: network.architecture.classCount) } ?? false
    let outcome = TrainingOutcome(
      accuracy: isSound ? score?.accuracy ?? 0 : 1 / Double(network.architecture.classCount),
      loss: isSound ? loss : nil, epochLosses: epochLosses, epochEvaluations: recipe.curve ? evaluations : [],
      diverged: !isSound, trainSeconds: position.seconds,
      imagesPerSecond: Double(position.step * batch) / max(1e-9, position.seconds))
    return (outcome, moment(epoch: span.epochs, loss: epochLosses.last ?? 0, isEvaluating: true))
  }

  /// The extent of a training, in steps.
  private struct Span {
    let stepsPerEpoch: Int
    /// The number of steps in the schedule.
    let steps: Int
    /// The step at which the training ends.
    let end: Int
    /// The number of epochs begun by then.
    let epochs: Int

    init(_ recipe: TrainingRecipe, stepsPerEpoch: Int) {
      self.stepsPerEpoch = stepsPerEpoch
      steps = recipe.epochs.steps(perEpoch: stepsPerEpoch)
      epochs = min(recipe.until ?? .max, recipe.epochs.begun)
      end = min(steps, epochs * stepsPerEpoch)
    }
  }

  /// Ten times the loss of a network that guesses. A training with too large steps need not diverge to infinity: batch
  /// norm bounds the layers' values, while those of the last layer grow until the loss is arbitrarily large.
  package static func highestSoundLoss(classes: Int) -> Double { 10 * StableMath.logarithm(Double(classes)) }

  private func rule(learningRate: Double) -> UpdateRule {
    UpdateRule(
      learningRate: Float(learningRate), momentum: Float(recipe.momentum), weightDecay: Float(recipe.weightDecay),
      nesterov: recipe.nesterov)
  }
}
