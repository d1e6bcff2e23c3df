import BasisEngine
import Foundation
import ImageData
import SearchCore

// What to train, and on what: options first, then the study's values, then defaults.
extension TrainCommand {
  struct Settings {
    var candidate: Candidate
    var recipe: TrainingRecipe
    /// nil for the embedded set.
    var dataFolder: String?
    var testImages: Int
  }

  func settings() throws -> Settings {
    let study = try fromStudy.map(StudyDefaults.init(directory:))
    guard let model = network.model ?? study?.recipe.model else {
      throw Failure.usage("give --model, such as --model resnet20, or --from-study")
    }
    guard let epochs = epochs ?? study?.recipe.epochs else { throw Failure.usage("give --epochs, such as --epochs 3") }
    guard let data = data ?? study?.data else {
      throw Failure.usage("give --data, the folder of CIFAR-10's binary files or shapes10")
    }
    let isEmbedded = data == DataPlaces.embedded
    let available = isEmbedded ? Int(Int32.max) : CIFAR10.trainingCount
    let count = trainImages ?? study?.recipe.data.trainImages ?? (isEmbedded ? 10_000 : available)
    guard (1...available).contains(count) else {
      throw Failure.usage("--train-images \(count) must be from 1 to \(available)")
    }
    let testCount = testImages ?? (isEmbedded ? 2_000 : CIFAR10.testCount)
    guard (1...(isEmbedded ? available : CIFAR10.testCount)).contains(testCount) else {
      throw Failure.usage("--test-images \(testCount) must be from 1 to \(isEmbedded ? available : CIFAR10.testCount)")
    }
    for (name, value) in [("--epochs", epochs), ("--batch", batch ?? 1)] where value < 1 {
      throw Failure.usage("\(name) \(value) must be at least 1")
    }
    for (name, value) in [
      ("--learning-rate", learningRate), ("--momentum", momentum), ("--weight-decay", weightDecay),
    ] {
      if let value, !(value.isFinite && value >= 0) { throw Failure.usage("\(name) \(value) must not be negative") }
    }
    let defaults =
      study?.recipe
      ?? TrainingRecipe(
        model: model, data: DataSelection(set: .shapes10, trainImages: count, validationImages: 0, splitSeed: 0),
        epochs: epochs)
    let recipe = TrainingRecipe(
      model: model, variant: network.variant ?? defaults.variant,
      data: DataSelection(
        set: isEmbedded ? .shapes10 : .cifar10, trainImages: count, validationImages: 0, splitSeed: 0),
      epochs: epochs, batch: batch ?? defaults.batch, learningRate: learningRate ?? defaults.learningRate,
      schedule: schedule ?? defaults.schedule, momentum: momentum ?? defaults.momentum,
      nesterov: nesterov || defaults.nesterov, weightDecay: weightDecay ?? defaults.weightDecay,
      augment: noAugment ? false : defaults.augment)
    return Settings(
      candidate: try network.candidate(in: Architecture(model)), recipe: recipe, dataFolder: isEmbedded ? nil : data,
      testImages: testCount)
  }

  func images(_ settings: Settings) throws -> (training: LabeledImages, test: LabeledImages) {
    let count = settings.recipe.data.trainImages
    guard let folder = settings.dataFolder else {
      return (Shapes10.training(count: count), Shapes10.test(count: settings.testImages))
    }
    let test = try CIFAR10.loadTest(directory: folder)
    return (
      try CIFAR10.loadTraining(directory: folder, records: 0..<count),
      settings.testImages == test.count ? test : test.subset(0..<settings.testImages)
    )
  }
}
