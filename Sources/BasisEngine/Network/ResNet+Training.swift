import KernelInterface
import SearchCore

extension ResNet {
  /// The classifier's output without bias, in its internal order.
  var logits: LaneView { workspace.logits }

  /// Scores the logits of the last pass; if `gradients`, also computes their gradients, with which the backward pass
  /// starts.
  func score(labels: [UInt16], gradients: Bool) -> Score {
    SoftmaxCrossEntropy.score(
      logits: logits, channelMap: classifier.channelMap, bias: classifierBias.values, labels: labels,
      gradient: gradients ? workspace.logitsGradient : nil,
      biasGradient: gradients ? classifierBias.gradients : nil)
  }

  /// Runs forward and backward over the first `labels.count` images of `input`; returns their mean loss.
  /// - Parameter skipped: The part of decomposed layers whose gradients stay zero.
  func computeGradients(labels: [UInt16], skipped: BasisPart? = nil) -> Double {
    parameters.clearGradients()
    forward(images: labels.count, mode: .training)
    let score = score(labels: labels, gradients: true)
    backward(images: labels.count, skipped: skipped)
    return score.loss / Double(labels.count)
  }

  /// Performs one step of stochastic gradient descent on the images in `input`.
  /// - Parameter skipped: The part of decomposed layers that remains unchanged, as do its velocities.
  /// - Returns: The images' mean loss before the step; NaN if the network is no longer finite.
  public func trainingStep(labels: [UInt16], rule: UpdateRule, skipped: BasisPart? = nil) -> Double {
    let loss = computeGradients(labels: labels, skipped: skipped)
    parameters.optimize(without: skipped) { values, gradients, velocities, count in
      kernels.updateWeights(values, gradients, velocities, count, rule)
    }
    return isFinite ? loss : .nan
  }

  /// Runs inference on the images in `input`, with running statistics.
  func inference(labels: [UInt16]) -> Score {
    forward(images: labels.count, mode: .inference)
    return score(labels: labels, gradients: false)
  }
}
