import ImageData

/// The score of a network on a set of images.
public struct Evaluation: Codable, Sendable, Equatable {
  /// From 0 to 1.
  public var accuracy: Double
  /// The mean cross-entropy; NaN if the network is not finite.
  public var meanLoss: Double
}

extension ResNet {
  /// Classifies all `images` with running statistics, without augmentation. There must be at least one.
  public func evaluate(_ images: LabeledImages) -> Evaluation { evaluate(images) { _ in true }! }

  /// - Parameter shouldContinue: Called after every batch with the number of images done; returns `false` to stop.
  /// - Returns: `nil` if `shouldContinue` returned `false`.
  package func evaluate(_ images: LabeledImages, while shouldContinue: (_ done: Int) -> Bool) -> Evaluation? {
    precondition(images.count > 0)
    let assembler = BatchAssembler(normalization: images.normalization)
    var total = Score()
    for first in stride(from: 0, to: images.count, by: workspace.capacity) {
      let indices = first..<min(first + workspace.capacity, images.count)
      assembler.assemble(images, indices: indices, into: input)
      let score = inference(labels: Array(images.labels[indices]))
      total.loss += score.loss
      total.correct += score.correct
      guard shouldContinue(indices.upperBound) else { return nil }
    }
    let count = Double(images.count)
    return Evaluation(accuracy: Double(total.correct) / count, meanLoss: isFinite ? total.loss / count : .nan)
  }
}
