import BasisEngine
import Files
import Foundation
import ImageData
import KernelInterface
import Logging
import Processes
import SearchCore

/// Trains one network with one seed after the other, and keeps the training if it is interrupted.
package struct TrainingSession {
  package let settings: TrainingSettings
  package let output: TrainingOutput
  package let images: (training: LabeledImages, test: LabeledImages)
  package let kernels: KernelTable
  /// The kernel variant that results are labeled with.
  package let kernelVariant: String
  package let interruption: Interruption
  package let log: Logger
  /// Shows the progress of a training; called with `nil` when it has ended.
  package let display: (TrainingProgress?) -> Void

  package init(
    settings: TrainingSettings, output: TrainingOutput, images: (training: LabeledImages, test: LabeledImages),
    kernels: KernelTable, kernelVariant: String, interruption: Interruption, log: Logger,
    display: @escaping (TrainingProgress?) -> Void
  ) {
    self.settings = settings
    self.output = output
    self.images = images
    self.kernels = kernels
    self.kernelVariant = kernelVariant
    self.interruption = interruption
    self.log = log
    self.display = display
  }

  /// - Parameters:
  ///   - resumption: The training to resume; `nil` to begin a new one.
  ///   - done: The networks of earlier seeds.
  /// - Returns: The network, and the reason why its checkpoint was not written to its file; `nil` if it was.
  package func train(
    seed: UInt64, from resumption: Resumption?, done: [TrainedNetwork]
  ) throws -> (network: TrainedNetwork, problem: TrainingError?) {
    let trainer = try Trainer(recipe: settings.recipe, seed: seed)
    let network = try network(trainer, resumption)
    let cost = network.architecture.cost(of: settings.candidate, variant: settings.recipe.variant)
    let file = try output.file(seed: seed, isResumed: resumption != nil)
    let validationImages = settings.recipe.data.validationImages
    let heldOut = validationImages > 0 ? " (\(validationImages) validation images are left out)" : ""
    log.info(
      """
      \(settings.recipe.model.rawValue), \(settings.candidate), \(cost.parameters) parameters, \
      \(images.training.count) images\(heldOut), \(kernelVariant)\(settings.seeds == nil ? "" : ", seed \(seed)")\
      \(resumption.map { ", continuing after step \($0.unfinished.state.position.step)" } ?? "")
      """)
    var keeper = CheckpointKeeper(session: self, seed: seed, file: file, done: done)
    // If earlier seeds are done, their results are worth keeping: they are stored with the state after this seed's
    // first step.
    if interruption.isRequested, done.isEmpty { throw TrainingError.stoppedBeforeFirstStep }
    let result = Result { () throws(EngineError) -> TrainingOutcome in
      try trainer.train(
        network, training: images.training, evaluation: images.test, from: resumption?.checkpoint
      ) { moment in
        if !moment.isEvaluating { display(moment.progress) }
        guard !interruption.isRequested else {
          keeper.keepInterrupted(moment)
          return false
        }
        keeper.keepIfDue(moment)
        return true
      }
    }
    display(nil)
    let outcome: TrainingOutcome
    switch result {
    case .success(let found): outcome = found
    case .failure(.cancelled): throw keeper.failure(isResumed: resumption != nil)
    case .failure(.illegalState(let reason)):
      throw TrainingError.unusable(
        path: resumption?.path ?? "", "this checkpoint is invalid: \(reason); train it again")
    case .failure(let error): throw error
    }
    var (place, problem) = (file?.path, TrainingError?.none)
    if let file {
      let training = Checkpoint.Training(
        recipe: settings.recipe, seed: seed, epochsDone: outcome.epochLosses.count,
        testAccuracy: outcome.diverged ? nil : outcome.accuracy, kernelVariant: kernelVariant,
        dataContent: settings.dataContent,
        study: settings.study.map { FilePath.name(of: $0) })
      var checkpoint = network.checkpoint(training: training)
      checkpoint.normalization = images.training.normalization
      do { try checkpoint.write(to: file) } catch {
        place = keep(checkpoint, seed: seed, isResumed: resumption != nil)
        problem = .notWritten(reason: "\(error)", place: place)
      }
    }
    let trained = TrainedNetwork(
      testAccuracy: outcome.diverged ? nil : outcome.accuracy, testLoss: outcome.loss, diverged: outcome.diverged,
      imagesPerSecond: outcome.imagesPerSecond, trainSeconds: outcome.trainSeconds, parameters: cost.parameters,
      multiplyAdds: cost.multiplyAdds, epochLosses: outcome.epochLosses, model: settings.recipe.model.rawValue,
      candidate: settings.candidate.description, trainImages: images.training.count,
      epochs: settings.recipe.epochs.begun,
      seed: seed, kernelVariant: kernelVariant, peakMemoryBytes: ProcessMemory.peakBytes(), checkpoint: place)
    return (trained, problem)
  }

  /// Writes a network that could not be written to its file to another place. Returns that place; `nil` if there is
  /// none.
  private func keep(_ checkpoint: Checkpoint, seed: UInt64, isResumed: Bool) -> String? {
    output.placesForInterrupted(seed: seed, isResumed: isResumed).first { place in
      (try? checkpoint.write(to: OutputFile(place))) != nil
    }
  }

  private func network(_ trainer: Trainer, _ resumption: Resumption?) throws -> ResNet {
    guard let resumption else { return try trainer.makeNetwork(candidate: settings.candidate, kernels: kernels) }
    let network = try ResNet(
      resumption.checkpoint, path: resumption.path, batch: settings.recipe.batch, kernels: kernels)
    guard network.architecture == settings.recipe.architecture, network.variant == settings.recipe.variant else {
      throw TrainingError.unusable(
        path: resumption.path, "this checkpoint's network does not match its recipe; train it again")
    }
    return network
  }

  /// The context for checkpoints of trainings that can be resumed.
  fileprivate func context(done: [TrainedNetwork]) -> Resumption.Context {
    Resumption.Context(
      dataFolder: settings.dataFolder, testImages: settings.testImages, firstSeed: settings.firstSeed,
      seeds: settings.seeds, done: done, checkpoint: output.checkpoint, checkpointEvery: output.every,
      study: settings.study)
  }
}

/// Writes checkpoints during a training.
private struct CheckpointKeeper {
  let session: TrainingSession
  let seed: UInt64
  let file: OutputFile?
  let done: [TrainedNetwork]
  /// The progress and the checkpoint at the time of the interruption.
  private var interrupted: (progress: TrainingProgress, checkpoint: Result<Checkpoint, any Error>)?
  private var hasWarned = false

  init(session: TrainingSession, seed: UInt64, file: OutputFile?, done: [TrainedNetwork]) {
    (self.session, self.seed, self.file, self.done) = (session, seed, file, done)
  }

  mutating func keepInterrupted(_ moment: TrainingMoment) {
    interrupted = (moment.progress, Result { try checkpoint(at: moment) })
  }

  /// Writes a checkpoint if the requested number of epochs has passed. A failure does not end the training: there may
  /// be room for the next checkpoint.
  mutating func keepIfDue(_ moment: TrainingMoment) {
    guard let every = session.output.every, let file, !moment.isEvaluating else { return }
    let progress = moment.progress
    let stepsPerEpoch = progress.steps / progress.epochs
    guard progress.step % (stepsPerEpoch * every) == 0, progress.step < progress.steps else { return }
    do {
      try checkpoint(at: moment).write(to: file)
      hasWarned = false
    } catch {
      if !hasWarned { session.log.warning("the training continues without a checkpoint: \(error)") }
      hasWarned = true
    }
  }

  /// Writes the checkpoint of the interrupted training. Returns the error that tells the user how to resume it.
  func failure(isResumed: Bool) -> TrainingError {
    guard let interrupted else { return .stoppedBeforeFirstStep }
    let (step, steps) = (interrupted.progress.step, interrupted.progress.steps)
    var problem: (any Error)?
    for place in session.output.placesForInterrupted(seed: seed, isResumed: isResumed) {
      do {
        try interrupted.checkpoint.get().write(to: try OutputFile(place))
        return .kept(step: step, steps: steps, place: place)
      } catch {
        problem = problem ?? error
      }
    }
    return .notKept(step: step, steps: steps, reason: problem.map { "\($0)" } ?? "there was no file to write to")
  }

  private func checkpoint(at moment: TrainingMoment) throws -> Checkpoint {
    var checkpoint = moment.checkpoint(
      recipe: session.settings.recipe, seed: seed, kernelVariant: session.kernelVariant,
      dataContent: session.settings.dataContent, context: try session.context(done: done).text)
    checkpoint.normalization = session.images.training.normalization
    return checkpoint
  }
}
