import BasisEngine
import Files
import ImageData
import SearchCore
import Studies

/// What to train, on which images, and with which seeds.
package struct TrainingSettings {
  package var candidate: Candidate
  package var recipe: TrainingRecipe
  package var test: TestImages
  /// The identity of the images' content.
  package var dataContent: String
  package var firstSeed: UInt64
  /// The number of seeds; `nil` if a single training was requested.
  package var seeds: Int?
  /// The absolute path of the study whose settings these are.
  package var study: String?
  /// Remarks about the settings for the user, one line each.
  package var notes: [String] = []

  /// The absolute path of a folder or a file; `nil` for the embedded set.
  package var dataFolder: String? { test.folder }
  package var testImages: Int { test.count }
  package var lastSeed: UInt64 { firstSeed + UInt64((seeds ?? 1) - 1) }

  /// Reads the training images and the test images.
  package func images() throws -> (training: LabeledImages, test: LabeledImages) {
    (try TrialImages(recipe.data, path: dataFolder).training, try test.load())
  }
}

/// The settings that the user gives for a training; `nil` if not given.
package struct TrainingRequest {
  package var network: NetworkChoice
  package var data: String?
  package var trainImages: Int?
  package var testImages: Int?
  package var epochs: Int?
  package var batch: Int?
  package var learningRate: Double?
  package var schedule: Schedule?
  package var momentum: Double?
  package var weightDecay: Double?
  package var nesterov = false
  package var augments: Bool?
  /// How images are augmented, if they are and the way is not the usual one.
  package var augmentation: AugmentationChoice?
  package var skip: SkippedUpdates?
  package var kernels: KernelChoice?
  package var seed: UInt64?
  package var seeds: Int?
  package var study: StudyDefaults?
  /// The images that are left out.
  package var heldOut: HeldOutImages?

  package init(network: NetworkChoice) { self.network = network }

  /// Completes the request: a value that it lacks is taken from the study, else from the training to resume, else from
  /// the defaults.
  package func settings(resuming: Resumption?) throws -> TrainingSettings {
    let earlier = resuming?.training.recipe
    guard let model = network.model ?? study?.recipe.model ?? earlier?.model else {
      throw TrainingError.missing(.model)
    }
    guard let epochs = epochs ?? study?.recipe.epochs.whole.flatMap({ $0 > 0 ? $0 : nil }) ?? earlier?.epochs.whole
    else {
      throw TrainingError.missing(.epochs)
    }
    guard let data = data ?? study?.data ?? resuming?.data else { throw TrainingError.missing(.data) }
    let test = try TestImages(data: data, count: testImages ?? resuming?.context.testImages)
    if let problem = model.problem(imageSize: test.shape.imageSize) {
      throw TrainingError.unfit(setting: "model", problem)
    }
    let content = try test.place.content().identity
    if let heldOut, let other = heldOut.content, other != content, heldOut.selection.set == test.set {
      throw TrainingError.unfit(
        setting: HeldOutImages.setting, "\(heldOut.source): its images differ from those of the data set")
    }
    let selection = try selection(of: test.set, test.shape, earlier: earlier)
    let count = selection.trainImages
    if let batch, batch > count {
      throw TrainingError.unfit(
        setting: "batch", "\(batch) must be at most the number of training images, which is \(count)")
    }
    let base = study?.recipe ?? earlier ?? TrainingRecipe(model: model, data: selection, epochs: Epochs(epochs))
    var recipe = TrainingRecipe(
      model: model, variant: network.variant ?? base.variant, data: selection, epochs: Epochs(epochs),
      batch: batch ?? base.batch, learningRate: learningRate ?? base.learningRate, schedule: schedule ?? base.schedule,
      momentum: momentum ?? base.momentum, nesterov: nesterov || base.nesterov,
      weightDecay: weightDecay ?? base.weightDecay, augment: augments ?? base.augment,
      augmentation: augments == nil ? base.augmentation : augmentation)
    recipe.skip = (skip ?? base.skip)?.orNone
    recipe.kernels = (kernels.map(\.instructionSet) ?? base.kernels?.native).map { .native($0) }
    if let skipped = recipe.skip, skipped.every > recipe.stepsPerEpoch {
      throw TrainingError.unfit(
        setting: "skip-\(skipped.part.rawValue)",
        "\(skipped.every) must be at most the number of steps in an epoch, which is \(recipe.stepsPerEpoch) "
          + "(\(count) images in batches of \(recipe.batch))")
    }
    let candidate = try candidate(in: recipe.architecture, resuming: resuming)
    try candidate.validate(in: recipe.architecture, variant: recipe.variant)
    let (firstSeed, seeds) = try seedRange(resuming)
    var settings = TrainingSettings(
      candidate: candidate, recipe: recipe, test: test,
      dataContent: content,
      firstSeed: firstSeed, seeds: seeds,
      study: study.map { FilePath.absolute($0.folder) } ?? resuming?.context.study)
    if let study, study.recipe.start != nil {
      settings.notes = [
        "the trainings of study \(study.folder) start from a trained network, but this one starts from scratch; to "
          + "train in full from that network, use the command final"
      ]
    }
    return settings
  }

  /// The default number of drawn images.
  private static let usualDrawnImages = 10_000

  private func selection(
    of set: ImageSet, _ shape: DataShape, earlier: TrainingRecipe?
  ) throws(TrainingError) -> DataSelection {
    let asked = trainImages ?? study?.recipe.data.trainImages ?? earlier?.data.trainImages
    let arrays = set == .arrays ? shape : nil
    if let held = try heldOut(of: set, arrays, earlier: earlier) {
      return try HeldOutImages.selection(leavingOutThoseOf: held, trainImages: asked, usual: Self.usualDrawnImages)
    }
    let available = shape.trainingImages
    let count = asked ?? (set.isDrawn ? Self.usualDrawnImages : available)
    try TestImages.require(count, atMost: available, of: set, setting: "train-images")
    return DataSelection(set: set, trainImages: count, validationImages: 0, splitSeed: 0, arrays: arrays)
  }

  /// The images to leave out: those of the request, else those that the training to resume left out; `nil` for none.
  private func heldOut(
    of set: ImageSet, _ arrays: DataShape?, earlier: TrainingRecipe?
  ) throws(TrainingError) -> DataSelection? {
    guard let heldOut else {
      return earlier.flatMap {
        $0.data.set == set && $0.data.arrays == arrays && $0.data.validationImages > 0 ? $0.data : nil
      }
    }
    guard heldOut.selection.set == set else {
      throw .unfit(
        setting: HeldOutImages.setting,
        "\(heldOut.source): its images are from \(heldOut.selection.set.rawValue), but the data set is \(set.rawValue)")
    }
    guard heldOut.selection.arrays == arrays else {
      throw .unfit(
        setting: HeldOutImages.setting, "\(heldOut.source): its file of arrays contains other images than the data set")
    }
    return heldOut.selection
  }

  private func candidate(in architecture: Architecture, resuming: Resumption?) throws -> Candidate {
    guard network.namesCandidate else {
      if let resuming { return resuming.candidate }
      guard study == nil else { throw TrainingError.missingCandidate(kinds: CandidateNames.kinds) }
      return .dense
    }
    if let study, let text = network.candidate, network.model == nil || network.model == study.recipe.model {
      return try study.names.candidate(text)
    }
    if let text = network.candidate, CandidateNames.needsFrontier(text) {
      guard let study else { throw TrainingError.noStudy(candidate: text) }
      throw TrainingError.otherModel(
        candidate: text, study: study.folder, model: study.recipe.model.rawValue, wanted: architecture.model.rawValue)
    }
    return try network.candidate(in: architecture)
  }

  private func seedRange(_ resuming: Resumption?) throws(TrainingError) -> (first: UInt64, seeds: Int?) {
    let first = seed ?? resuming?.context.firstSeed ?? 1
    let seeds = seeds ?? resuming?.context.seeds
    guard first.addingReportingOverflow(UInt64((seeds ?? 1) - 1)).overflow == false else {
      throw .unfit(setting: "seed", "\(first): there are not \(seeds ?? 1) seeds from there on; choose a smaller seed")
    }
    return (first, seeds)
  }
}
