import BasisEngine
import ImageData
import KernelInterface
import SearchCore

extension EvaluationReport {
  /// The batch size if the checkpoint has no record of a training.
  private static let usualBatch = 128

  /// Scores the network of a checkpoint.
  /// - Parameters:
  ///   - path: The path of the checkpoint.
  ///   - split: The images to score by.
  ///   - data: The folder or file of the images, or the name of the embedded set; `nil` for the data of the training.
  ///   - testImages: The number of images of the split `test`; `nil` for all.
  ///   - keepsLogits: Whether to compute the network's outputs as well, in separate passes.
  ///   - onProgress: Called with the number of images done and the number of all images.
  package init(
    of checkpoint: Checkpoint, path: String, split: ScoredSplit = .test, data: String?, testImages: Int?,
    kernels: KernelTable, keepsLogits: Bool = false, onProgress: (_ done: Int, _ images: Int) -> Void
  ) throws {
    let chosen = try ScoredImages(
      split, of: checkpoint, path: path, data: try data ?? Self.dataSet(of: checkpoint), testImages: testImages)
    try Self.requireImages(
      of: checkpoint.network, path: path, chosen.shape, data: chosen.folder ?? chosen.set.rawValue)
    // The loss is summed batch by batch: with the batch size of the training, it is the same to the last bit.
    let batch = checkpoint.training?.recipe.batch ?? Self.usualBatch
    guard TrainingLimits.batch.contains(batch) else {
      throw EngineError.checkpoint(path: path, reason: "its batch size of \(batch) images is outside the allowed range")
    }
    let network = try ResNet(checkpoint, path: path, batch: min(batch, chosen.count), kernels: kernels)
    var images = try chosen.loaded()
    if let normalization = checkpoint.normalization { images = images.normalized(by: normalization) }
    let start = ContinuousClock.now
    let score = network.evaluate(images) { done in
      onProgress(done, images.count)
      return true
    }
    guard let score, score.meanLoss.isFinite else { throw TrainingError.divergedNetwork(path: path) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let cost = network.architecture.cost(of: network.candidate, variant: network.variant)
    self.init(
      split: split.rawValue, accuracy: score.accuracy, loss: score.meanLoss, images: images.count,
      data: chosen.folder ?? chosen.set.rawValue, seconds: seconds,
      imagesPerSecond: Double(images.count) / max(1e-9, seconds), model: network.architecture.model.rawValue,
      candidate: network.candidate.description, variant: network.variant.rawValue, parameters: cost.parameters,
      multiplyAdds: cost.multiplyAdds, epochsDone: checkpoint.training?.epochsDone,
      epochs: checkpoint.training?.recipe.epochs.begun, seed: checkpoint.training?.seed,
      start: checkpoint.training?.recipe.start.map(Self.text),
      kernelVariant: KernelVariant(KernelSelection.variantDescription(of: kernels)).withoutCoreType.text)
    guard keepsLogits else { return }
    logits = network.logits(of: images)
    labels = images.labels.map { Int($0) }
  }

  private static func text(_ start: TrainedStart) -> String {
    switch start.origin {
    case .dense(let epochs, let images, let seed):
      "the dense network after \(epochs) epochs on \(images) images, seed \(seed)"
        + (start.learningRate.map { ", learning rate \($0)" } ?? "")
    case .checkpoint(let weights): "the checkpoint of SHA-256 \(weights)"
    }
  }

  /// The data set that the network was trained on.
  private static func dataSet(of checkpoint: Checkpoint) throws(TrainingError) -> String {
    if checkpoint.training?.recipe.data.set.isDrawn == true { return DataPlaces.embedded }
    if let folder = Resumption.Context(of: checkpoint)?.dataFolder { return folder }
    throw .missing(.data)
  }

  /// Throws if the network is for images of another shape or for other classes: its scores would be meaningless.
  private static func requireImages(
    of network: Checkpoint.Network, path: String, _ shape: DataShape, data: String
  ) throws(TrainingError) {
    let (size, channels) = (shape.imageSize, LabeledImages.channels)
    guard network.imageSize == size, network.imageChannels == channels else {
      throw .unfit(
        setting: "data",
        "\(data): its images are \(channels)×\(size)×\(size) (channels, rows, columns), but the network of "
          + "\(path) is for \(network.imageChannels)×\(network.imageSize)×\(network.imageSize)")
    }
    guard network.classCount == shape.classCount else {
      throw .unfit(
        setting: "data",
        "\(data): it has \(shape.classCount) classes, but the network of \(path) has \(network.classCount)")
    }
  }
}
