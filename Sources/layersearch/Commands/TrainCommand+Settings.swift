import BasisEngine
import Files
import Foundation
import ImageData
import SearchCore
import Studies
import StudyStore

/// What to train, on what, and with which seeds.
struct TrainingSettings {
  var candidate: Candidate
  var recipe: TrainingRecipe
  var test: TestImages
  /// Content of the images.
  var dataContent: String
  var firstSeed: UInt64
  /// How many seeds; nil where the command is about one training.
  var seeds: Int?
  /// Absolute, of the study whose settings these are.
  var study: String?

  /// Absolute; nil for the embedded set.
  var dataFolder: String? { test.folder }
  var testImages: Int { test.count }
  var lastSeed: UInt64 { firstSeed + UInt64((seeds ?? 1) - 1) }
}

// Options first, then the study's values, then those of the training to go on with, then defaults.
extension TrainCommand {
  func settings(resuming: Resumption?) throws -> TrainingSettings {
    let study = try fromStudy.map(StudyDefaults.init(directory:))
    let earlier = resuming?.training.recipe
    guard let model = network.model ?? study?.recipe.model ?? earlier?.model else {
      throw Failure.usage("give --model, such as --model resnet20, or --from-study")
    }
    guard let epochs = epochs ?? study?.recipe.epochs ?? earlier?.epochs else {
      throw Failure.usage("give --epochs, such as --epochs 3")
    }
    guard let data = data ?? study?.data ?? resuming?.data else {
      throw Failure.usage("give --data, the folder of CIFAR-10's binary files or shapes10")
    }
    let set = TestImages.set(data)
    let available = TrainingLimits.trainingImages(set)
    let count =
      trainImages ?? study?.recipe.data.trainImages ?? earlier?.data.trainImages
      ?? (set == .shapes10 ? 10_000 : available)
    try TestImages.require(count, atMost: available, of: set, option: "--train-images")
    let test = try TestImages(data: data, count: testImages ?? resuming?.context.testImages)
    if let batch, batch > count {
      throw Failure.usage("--batch \(batch) must be at most the number of training images, which is \(count)")
    }
    let selection = DataSelection(set: set, trainImages: count, validationImages: 0, splitSeed: 0)
    let base = study?.recipe ?? earlier ?? TrainingRecipe(model: model, data: selection, epochs: epochs)
    let recipe = TrainingRecipe(
      model: model, variant: network.variant ?? base.variant, data: selection, epochs: epochs,
      batch: batch ?? base.batch, learningRate: learningRate ?? base.learningRate, schedule: schedule ?? base.schedule,
      momentum: momentum ?? base.momentum, nesterov: nesterov || base.nesterov,
      weightDecay: weightDecay ?? base.weightDecay, augment: noAugment ? false : base.augment)
    let (firstSeed, seeds) = try seedRange(resuming)
    return TrainingSettings(
      candidate: try candidate(in: Architecture(model), study: study, resuming: resuming), recipe: recipe, test: test,
      dataContent: try test.folder.map { try DataContent.cifar10(directory: $0).identity }
        ?? DataContent.shapes10.identity,
      firstSeed: firstSeed, seeds: seeds,
      study: fromStudy.map(FilePath.absolute) ?? resuming?.context.study)
  }

  private func candidate(
    in architecture: Architecture, study: StudyDefaults?, resuming: Resumption?
  ) throws -> Candidate {
    guard network.namesCandidate else {
      if let resuming { return resuming.candidate }
      guard study == nil else {
        throw Failure.usage(
          "give --candidate, for which network of the study it is about: \(CandidateNames.kinds); or --rank-fraction or --rank"
        )
      }
      return .dense
    }
    if let study, let text = network.candidate, network.model == nil || network.model == study.recipe.model {
      return try study.names.candidate(text)
    }
    if let text = network.candidate, Int(text) != nil || text == "knee" {
      if let study, let fromStudy {
        throw Failure.usage(
          "--candidate \(text): the frontier of study \(fromStudy) is \(study.recipe.model.rawValue)'s; leave --model out, or "
            + "name layers and ranks of \(architecture.model.rawValue)")
      }
      throw Failure.usage("--candidate \(text): whose frontier is meant? Give --from-study as well")
    }
    return try network.candidate(in: architecture)
  }

  private func seedRange(_ resuming: Resumption?) throws(Failure) -> (first: UInt64, seeds: Int?) {
    let first = seed ?? resuming?.context.firstSeed ?? 1
    let seeds = seeds ?? resuming?.context.seeds
    guard first.addingReportingOverflow(UInt64((seeds ?? 1) - 1)).overflow == false else {
      throw .usage("--seed \(first): there are no \(seeds ?? 1) seeds from there on; choose a smaller one")
    }
    return (first, seeds)
  }

  func images(_ settings: TrainingSettings) throws -> (training: LabeledImages, test: LabeledImages) {
    let count = settings.recipe.data.trainImages
    let test = try settings.test.load()
    guard let folder = settings.dataFolder else { return (Shapes10.training(count: count), test) }
    return (try CIFAR10.loadTraining(directory: folder, records: 0..<count), test)
  }
}
