import Files
import ImageData
import KernelInterface
import Processes
import SearchCore

/// Carries out the trials of a study in this process: what an engine child does between receiving a job and answering
/// it.
///
/// Data and activation memory are kept from one trial to the next. Not for use by several threads at once.
public final class WorkRunner {
  /// Such as `avx512+SkylakeX`: results of equal variants are comparable to the last bit.
  public let kernelVariant: String
  private let kernels: KernelTable
  private var images: (selection: DataSelection, path: String?, data: TrialImages)?
  private var workspace: Workspace?

  /// - Throws: `KernelSelectionError` where this processor can run none of the kernels.
  public convenience init() throws(KernelSelectionError) {
    let kernels = try KernelSelection.best()
    self.init(kernels: kernels, kernelVariant: KernelSelection.variantDescription(of: kernels))
  }

  init(kernels: KernelTable, kernelVariant: String) {
    self.kernels = kernels
    self.kernelVariant = kernelVariant
  }

  /// Does a work.
  ///
  /// - Parameters:
  ///   - dataPath: folder of the CIFAR-10 files; not used for drawn sets.
  ///   - progress: called after every training step; returns false to stop.
  /// - Throws: `EngineError` (an illegal candidate or recipe, no images, `cancelled`), `ImageDataError` (files).
  public func run(
    _ work: Work, dataPath: String? = nil, progress: (TrainingProgress) -> Bool = { _ in true }
  ) throws -> Observation {
    switch work.kind {
    case .proxyTraining(let recipe) where recipe.start == nil && recipe.until == nil:
      try train(work, by: recipe, dataPath: dataPath, progress: progress)
    case .proxyTraining, .startTraining, .layerAnalysis, .finalTraining:
      throw EngineError.illegalRecipe(reason: "works of this kind cannot be done yet")
    }
  }

  /// Trains the candidate from scratch by `recipe` on the selection's training images and judges it by the validation
  /// images. The first repetition is also timed against the dense network.
  private func train(
    _ work: Work, by recipe: TrainingRecipe, dataPath: String?, progress: (TrainingProgress) -> Bool
  ) throws -> Observation {
    let (candidate, seed) = (work.candidate, work.seed)
    let trainer = try Trainer(recipe: recipe, seed: seed)
    let architecture = Architecture(recipe.model)
    // Before the data are loaded: a candidate that cannot be built fails at once.
    _ = try NetworkForm(architecture: architecture, candidate: candidate, variant: recipe.variant)
    let data = try load(recipe.data, path: dataPath)
    let workspace = try workspace(for: architecture, batch: recipe.batch)
    let outcome = try trainer.train(
      trainer.makeNetwork(candidate: candidate, kernels: kernels, workspace: workspace), training: data.training,
      evaluation: data.validation, progress: progress)
    var ratios: (step: Double, inference: Double)?
    if work.measuresTime {
      ratios = try TimeRatios.measure(
        candidate, recipe: recipe, seed: seed, kernels: kernels, workspace: workspace,
        seconds: min(2, outcome.trainSeconds / 10))
    }
    var observation = Observation(
      accuracy: outcome.accuracy, loss: outcome.loss, epochLosses: outcome.epochLosses, diverged: outcome.diverged,
      stepTimeRatio: ratios?.step, inferenceTimeRatio: ratios?.inference, trainSeconds: outcome.trainSeconds,
      imagesPerSecond: outcome.imagesPerSecond, peakMemoryBytes: ProcessMemory.peakBytes(),
      kernelVariant: kernelVariant)
    if recipe.curve {
      observation[.epochAccuracies] = outcome.epochEvaluations.map(\.accuracy)
      observation[.epochValidationLosses] = outcome.epochEvaluations.map(\.meanLoss)
    }
    return observation
  }

  private func load(_ selection: DataSelection, path: String?) throws -> TrialImages {
    if let images, images.selection == selection, images.path == path { return images.data }
    images = nil
    let data = try TrialImages(selection, path: path)
    images = (selection, path, data)
    return data
  }

  private func workspace(for architecture: Architecture, batch: Int) throws(EngineError) -> Workspace {
    if let workspace, workspace.architecture == architecture, workspace.capacity == batch { return workspace }
    self.workspace = nil
    let workspace = try Workspace(architecture: architecture, capacity: batch)
    self.workspace = workspace
    return workspace
  }
}

/// The images that a selection names, in memory: both parts come from the training files, the test images are not
/// touched.
public struct TrialImages: Sendable {
  public let training: LabeledImages
  public let validation: LabeledImages

  /// - Parameter path: folder of the CIFAR-10 files; not used for drawn sets.
  /// - Throws: `ImageDataError`, or `EngineError.illegalRecipe` where CIFAR-10 is asked for without a folder.
  public init(_ selection: DataSelection, path: String?) throws {
    let wanted = (training: selection.trainImages, validation: selection.validationImages)
    switch selection.set {
    case .cifar10:
      guard let path else { throw EngineError.illegalRecipe(reason: "cifar10 needs the folder of its files") }
      let folder = FilePath.expandingTilde(path)
      let split = try DataSplit.holdOut(
        validation: wanted.validation, training: wanted.training, of: CIFAR10.trainingCount,
        seed: selection.splitSeed)
      training = try CIFAR10.loadTraining(directory: folder, records: split.training)
      validation = try CIFAR10.loadTraining(directory: folder, records: split.validation)
    case .shapes10:
      // Any number can be drawn; a fixed one keeps the validation images the same for more or fewer training images.
      let drawn = max(50_000, max(0, wanted.validation) + max(0, wanted.training))
      let split = try DataSplit.holdOut(
        validation: wanted.validation, training: wanted.training, of: drawn, seed: selection.splitSeed)
      training = Shapes10.training(indices: split.training)
      validation = Shapes10.training(indices: split.validation)
    }
  }
}
