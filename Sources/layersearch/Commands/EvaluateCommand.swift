import ArgumentParser
import BasisEngine
import Engines
import Foundation
import ImageData
import SearchCore

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Scores a network that train wrote.",
    discussion: Examples.folded(
      """
      Tells accuracy and mean cross-entropy on the test images. Model, candidate and the images' normalization are in the \
      file. On the kernels and images of its training it gives the very numbers that train printed.

      Without --data: the data set of the training where the file tells it, which it does for shapes10 and for trainings that \
      were interrupted.

      Examples:
        layersearch evaluate r20.ckpt --data ~/.cache/layersearch/cifar-10-batches-bin
        layersearch evaluate net.ckpt --data shapes10 --json
      """))

  @Argument(help: "A checkpoint, finished or not.")
  var file: String

  @Option(help: ArgumentHelp("The folder of CIFAR-10's binary files, or shapes10.", valueName: "dir|shapes10"))
  var data: String?

  @Option(
    help: ArgumentHelp("Score the first N test images (default: all; shapes10: 2000).", valueName: "n"),
    transform: Number.whole(1...TrainingLimits.testImages(.shapes10)))
  var testImages: Int?

  @Flag(help: "Print one JSON object.")
  var json = false

  @OptionGroup var verbosity: VerbosityOptions

  /// Images at a time where the file tells of no training.
  private static let usualBatch = 128

  func run() throws {
    OpenBLASEnvironment.adopt()
    let kernels = try KernelSelection.best()
    let checkpoint = try Checkpoint(path: file)
    let test = try TestImages(data: try dataSet(of: checkpoint), count: testImages)
    try requireImages(of: checkpoint.network)
    // Sums run batch by batch: with that of the training the loss is the same to the last bit.
    let batch = checkpoint.training?.recipe.batch ?? Self.usualBatch
    guard TrainingLimits.batch.contains(batch) else {
      throw EngineError.checkpoint(path: file, reason: "its batch of \(batch) images is none that can be trained with")
    }
    let network = try ResNet(checkpoint, path: file, batch: min(batch, test.count), kernels: kernels)
    var images = try test.load()
    if let normalization = checkpoint.normalization { images = images.normalized(by: normalization) }
    let start = ContinuousClock.now
    let score = try score(network, images)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let report = EvaluationReport(
      testAccuracy: score.accuracy, testLoss: score.meanLoss, testImages: images.count,
      data: test.folder ?? test.set.rawValue, seconds: seconds,
      imagesPerSecond: Double(images.count) / max(1e-9, seconds), network, checkpoint.training,
      kernelVariant: KernelSelection.variantDescription(of: kernels))
    if json { return try JSONOutput.print(report) }
    for line in report.lines { StandardOutput.writeLine(line) }
  }

  /// As `--data` takes it.
  private func dataSet(of checkpoint: Checkpoint) throws(Failure) -> String {
    if let data { return data }
    if checkpoint.training?.recipe.data.set == .shapes10 { return DataPlaces.embedded }
    if let folder = Resumption.Context(of: checkpoint)?.dataFolder { return folder }
    throw .usage("give --data, the folder of CIFAR-10's binary files or shapes10")
  }

  /// A network for other images, or for other classes, would give numbers that mean nothing.
  private func requireImages(of network: Checkpoint.Network) throws(EngineError) {
    let (size, channels) = (LabeledImages.height, LabeledImages.channels)
    guard network.imageSize == size, network.imageChannels == channels else {
      throw .checkpoint(
        path: file,
        reason: "its network is for images of \(network.imageChannels)×\(network.imageSize)×\(network.imageSize) "
          + "(channels, rows, columns), those of the data sets are \(channels)×\(size)×\(size)")
    }
    guard network.classCount == LabeledImages.classCount else {
      throw .checkpoint(
        path: file,
        reason: "its network tells \(network.classCount) classes apart, the data sets have \(LabeledImages.classCount)")
    }
  }

  private func score(_ network: ResNet, _ images: LabeledImages) throws -> Evaluation {
    let score = network.evaluate(images) { done in
      if !verbosity.quiet { StandardError.shared.show(status: "image \(done)/\(images.count)") }
      return true
    }
    StandardError.shared.show(status: nil)
    guard let score, score.meanLoss.isFinite else {
      throw Failure.failed(
        "\(file): this network's values are infinite or no numbers: its training diverged; train it anew, with a "
          + "lower --learning-rate")
    }
    return score
  }
}

extension EvaluationReport {
  fileprivate init(
    testAccuracy: Double, testLoss: Double, testImages: Int, data: String, seconds: Double, imagesPerSecond: Double,
    _ network: ResNet, _ training: Checkpoint.Training?, kernelVariant: String
  ) {
    let cost = network.architecture.cost(of: network.candidate, variant: network.variant)
    self.init(
      testAccuracy: testAccuracy, testLoss: testLoss, testImages: testImages, data: data, seconds: seconds,
      imagesPerSecond: imagesPerSecond, model: network.architecture.model.rawValue,
      candidate: network.candidate.description, variant: network.variant.rawValue, parameters: cost.parameters,
      multiplyAdds: cost.multiplyAdds, epochsDone: training?.epochsDone, epochs: training?.recipe.epochs,
      seed: training?.seed, kernelVariant: kernelVariant)
  }
}
