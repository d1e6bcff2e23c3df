import ImageData
import KernelInterface
import Processes
import SearchCore

/// Carries out the works of a study in this process: what an engine process does between receiving a job and answering
/// it.
///
/// Keeps data, activation memory, and the results of a trained start from one work to the next. Not safe for concurrent
/// use.
public final class WorkRunner {
  private typealias Kernels = (table: KernelTable, variant: String)

  /// The best kernels that the processor runs.
  private let best: Kernels
  /// The kernels that works have asked for.
  private var wanted: [InstructionSet: Kernels] = [:]
  /// The kernels of the current work.
  private var kernels: KernelTable
  /// The kernel variant, as far as the result of the current work depends on it, such as `avx512-0abf`.
  private var kernelVariant: String
  private var images: (selection: DataSelection, path: String?, data: TrialImages)?
  private var workspace: Workspace?
  private var source: (key: SourceKey, source: ConversionSource)?

  /// - Throws: `KernelSelectionError` if this processor can run none of the kernels.
  public convenience init() throws(KernelSelectionError) {
    let kernels = try KernelSelection.best()
    self.init(kernels: kernels, kernelVariant: KernelSelection.variantDescription(of: kernels))
  }

  init(kernels: KernelTable, kernelVariant: String) {
    best = (kernels, kernelVariant)
    self.kernels = kernels
    self.kernelVariant = kernelVariant
  }

  /// Carries out a work.
  ///
  /// - Parameters:
  ///   - dataPath: The folder or file of the data set; not used for drawn sets.
  ///   - weightsPath: The checkpoint of the trained network that the work starts from.
  ///   - progress: Called after every training step, and occasionally before the first; returns `false` to stop.
  /// - Throws: `EngineError` (an illegal candidate or recipe, no images, `cancelled`), `ImageDataError` (files),
  ///   `KernelSelectionError` if the kernels that the work asks for do not run here.
  public func run(
    _ work: Work, dataPath: String? = nil, weightsPath: String? = nil,
    progress: (TrainingProgress) -> Bool = { _ in true }
  ) throws -> Observation {
    try run(work, files: WorkFiles(data: dataPath, weights: weightsPath), progress: progress)
  }

  /// Carries out a work that writes files or continues from one.
  ///
  /// - Parameter describe: Called with a problem with a state, in one line; the work is carried out regardless.
  /// - Throws: The errors of the other `run`, and `EngineError` if `files.network` cannot be written.
  public func run(
    _ work: Work, files: WorkFiles, describe: (String) -> Void = { _ in },
    progress: (TrainingProgress) -> Bool = { _ in true }
  ) throws -> Observation {
    if let wanted = work.kind.recipe.kernels, !wanted.takesNative {
      throw EngineError.illegalRecipe(reason: "it requires \(wanted), which only workers of another kind compute with")
    }
    let chosen = try kernels(for: work.kind.recipe.kernels?.native)
    kernels = chosen.table
    kernelVariant = KernelVariant(chosen.variant).counting(for: work).text
    switch work.kind {
    case .layerAnalysis(let recipe): return try analyze(recipe, files: files, progress: progress)
    case .proxyTraining(let recipe), .startTraining(let recipe), .finalTraining(let recipe):
      return try train(work, by: recipe, files: files, describe: describe, progress: progress)
    }
  }

  /// Trains the candidate by `recipe` on the selection's training images and judges it by the validation images, or by
  /// the test images in a final training. If `work.measuresTime`, also times it against the dense network.
  private func train(
    _ work: Work, by recipe: TrainingRecipe, files: WorkFiles, describe: (String) -> Void,
    progress: (TrainingProgress) -> Bool
  ) throws -> Observation {
    _ = try Trainer(recipe: recipe, seed: work.seed)
    // Checked before the data are loaded, so that a candidate that cannot be built fails at once.
    _ = try NetworkForm(
      architecture: recipe.architecture, candidate: work.candidate, variant: recipe.variant)
    let data = try load(recipe.data, path: files.data)
    let evaluation =
      try work.kind.isFinal ? TrialImages.test(recipe.data, path: files.data) : data.validation
    let images = (training: data.training, evaluation: evaluation)
    if let path = files.earlierState {
      do {
        let state = try KeptState(path: path, of: work, kernelVariant: kernelVariant)
        return try train(work, by: recipe, images, from: state, files: files, describe: describe, progress: progress)
      } catch let error as EngineError where error != .cancelled {
        describe("the training starts again from the beginning and has the same result: \(error)")
      }
    }
    return try train(work, by: recipe, images, from: nil, files: files, describe: describe, progress: progress)
  }

  private func train(
    _ work: Work, by recipe: TrainingRecipe, _ images: (training: LabeledImages, evaluation: LabeledImages),
    from state: KeptState?, files: WorkFiles, describe: (String) -> Void, progress: (TrainingProgress) -> Bool
  ) throws -> Observation {
    let trainer = try Trainer(recipe: recipe, seed: work.seed)
    let workspace = try workspace(for: recipe.architecture, batch: recipe.batch)
    let begun = try begin(work, trainer, images.training, from: state, workspace, files: files, progress: progress)
    let (network, normalization) = (begun.network, begun.normalization)
    func keep(_ moment: TrainingMoment, at path: String) -> Bool {
      let state = KeptState(
        moment, of: work, kernelVariant: kernelVariant, normalization: normalization,
        conditionNumbers: begun.conditionNumbers)
      do { try state.checkpoint.write(to: path) } catch {
        describe("the state of the training is not kept: \(error)")
        return false
      }
      return true
    }
    var onTheWay = StatesOnTheWay(files, from: state)
    let (outcome, end) = try trainer.trainToEnd(
      network, training: images.training.normalized(by: normalization),
      evaluation: images.evaluation.normalized(by: normalization), from: state?.checkpoint
    ) { moment in
      onTheWay.leave(moment, by: keep)
      // Progress also shows that the process is alive while scoring takes long. Scoring is not stopped halfway, so that
      // what was trained has a score.
      return progress(moment.progress) || moment.isEvaluating
    }
    if !outcome.diverged {
      if let path = files.network {
        let training = Checkpoint.Training(
          recipe: recipe, seed: work.seed, epochsDone: outcome.epochLosses.count,
          testAccuracy: work.kind.isFinal ? outcome.accuracy : nil, kernelVariant: kernelVariant)
        var checkpoint = network.checkpoint(training: training)
        checkpoint.normalization = normalization
        try checkpoint.write(to: path)
      }
      if let until = recipe.until, let states = files.states { _ = keep(end, at: states(until)) }
    }
    onTheWay.remove()
    var ratios: (step: Double, inference: Double)?
    if work.measuresTime {
      ratios = try TimeRatios.measure(
        work.candidate, basisChannels: network.basisChannels, recipe: recipe, seed: work.seed, kernels: kernels,
        workspace: workspace, seconds: min(2, outcome.trainSeconds / 10))
    }
    var observation = Observation(
      accuracy: outcome.accuracy, loss: outcome.loss, epochLosses: outcome.epochLosses, diverged: outcome.diverged,
      stepTimeRatio: ratios?.step, inferenceTimeRatio: ratios?.inference, trainSeconds: outcome.trainSeconds,
      imagesPerSecond: outcome.imagesPerSecond, peakMemoryBytes: ProcessMemory.peakBytes(),
      kernelVariant: kernelVariant)
    if work.kind.isFinal {
      (observation[.testAccuracy], observation[.testLoss]) = (outcome.accuracy, outcome.loss)
      (observation[.accuracy], observation[.loss]) = (nil, nil)
    } else if recipe.curve {
      observation[.epochAccuracies] = outcome.epochEvaluations.map(\.accuracy)
      observation[.epochValidationLosses] = outcome.epochEvaluations.map(\.meanLoss)
    }
    observation[.conditionNumbers] = begun.conditionNumbers
    return observation
  }

  /// Returns the network that the training begins with or continues with.
  private func begin(
    _ work: Work, _ trainer: Trainer, _ training: LabeledImages, from state: KeptState?, _ workspace: Workspace,
    files: WorkFiles, progress: (TrainingProgress) -> Bool
  ) throws -> (network: ResNet, normalization: ChannelNormalization, conditionNumbers: [Double]?) {
    let recipe = trainer.recipe
    if let state {
      let network = try ResNet(
        state.checkpoint, path: files.earlierState ?? "", batch: recipe.batch, kernels: kernels, workspace: workspace)
      return (network, state.checkpoint.normalization ?? training.normalization, state.conditionNumbers)
    }
    guard let start = recipe.start else {
      let network = try trainer.makeNetwork(candidate: work.candidate, kernels: kernels, workspace: workspace)
      return (network, training.normalization, nil)
    }
    let source = try source(recipe, start, training, workspace, files: files, progress: progress)
    let (network, conversions) = try source.network(
      for: work.candidate, variant: recipe.variant, batch: recipe.batch, workspace: workspace,
      while: { progress(.beforeTraining(recipe)) })
    let isApproximate = conversions.contains { $0.method == .leastSquares }
    return (
      network, source.calibration.normalization,
      isApproximate ? conversions.map { min($0.conditionNumber, .greatestFiniteMagnitude) } : nil
    )
  }

  /// Measures what truncation does to each layer of the trained network that the recipe starts with.
  private func analyze(
    _ recipe: TrainingRecipe, files: WorkFiles, progress: (TrainingProgress) -> Bool
  ) throws -> Observation {
    guard let start = recipe.start else {
      throw EngineError.illegalRecipe(reason: "an analysis of layers needs a trained network, but it has no start")
    }
    let data = try load(recipe.data, path: files.data)
    let workspace = try workspace(for: recipe.architecture, batch: recipe.batch)
    let source = try source(recipe, start, data.training, workspace, files: files, progress: progress)
    var observation = Observation(diverged: false, kernelVariant: kernelVariant)
    observation[.truncationErrors] = source.truncationErrors
    observation[.peakMemoryBytes] = Double(ProcessMemory.peakBytes())
    return observation
  }

  // MARK: State kept between works

  private func kernels(for wanted: InstructionSet?) throws(KernelSelectionError) -> Kernels {
    guard let wanted else { return best }
    if let known = self.wanted[wanted] { return known }
    let table = try KernelSelection.table(for: wanted)
    let kernels = (table, KernelSelection.variantDescription(of: table))
    self.wanted[wanted] = kernels
    return kernels
  }

  /// Everything that determines a source.
  private struct SourceKey: Equatable {
    var weights: String
    var start: TrainedStart
    var model: Model
    var batch: Int
    var data: DataSelection
    var augmentation: Augmentation?
    var dataPath: String?
    var kernels: String
  }

  private func source(
    _ recipe: TrainingRecipe, _ start: TrainedStart, _ training: LabeledImages, _ workspace: Workspace,
    files: WorkFiles, progress: (TrainingProgress) -> Bool
  ) throws -> ConversionSource {
    guard let path = files.weights else {
      throw EngineError.illegalRecipe(reason: "it starts from a trained network; give the path of its checkpoint")
    }
    guard start.calibrationImages <= training.count else {
      throw EngineError.illegalRecipe(
        reason: "\(start.calibrationImages) calibration images are more than the \(training.count) training images; "
          + "lower them")
    }
    var key = SourceKey(
      weights: path, start: start, model: recipe.model, batch: recipe.batch, data: recipe.data,
      augmentation: start.augment ? recipe.chosenAugmentation : nil, dataPath: files.data, kernels: kernels.name)
    // Calibration uses the first training images, however many follow.
    key.data.trainImages = start.calibrationImages
    if let source, source.key == key { return source.source }
    source = nil
    let dense = try Checkpoint(path: path)
    let calibration = training.subset(0..<start.calibrationImages)
    let made = try ConversionSource(
      dense: dense, path: path, architecture: workspace.architecture,
      calibration: calibration.normalized(by: dense.normalization ?? training.normalization),
      augmentation: key.augmentation, workspace: workspace,
      kernels: kernels, while: { progress(.beforeTraining(recipe)) })
    source = (key, made)
    return made
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

extension WorkKind {
  /// Whether the candidate is judged by the test images.
  fileprivate var isFinal: Bool {
    if case .finalTraining = self { true } else { false }
  }
}

extension TrainingProgress {
  /// The progress while the network is being made.
  fileprivate static func beforeTraining(_ recipe: TrainingRecipe) -> TrainingProgress {
    TrainingProgress(epoch: 0, epochs: recipe.epochs.begun, step: 0, steps: 0, loss: .nan, imagesPerSecond: 0)
  }
}
