import KernelInterface
import SearchCore

extension ResNet {
  /// The classifier's output without bias, in its internal order.
  var logits: LaneView { workspace.logits }

  /// Scores the logits of the last pass; with `gradients`, starts the backward pass.
  func score(labels: [UInt16], gradients: Bool) -> Score {
    SoftmaxCrossEntropy.score(
      logits: logits, channelMap: classifier.channelMap, bias: classifierBias.values, labels: labels,
      gradient: gradients ? workspace.logitsGradient : nil,
      biasGradient: gradients ? classifierBias.gradients : nil)
  }

  /// Forward and backward over the first `labels.count` images of `input`; returns their mean loss.
  /// - Parameter skipped: the part of decomposed layers whose gradients stay zero.
  func computeGradients(labels: [UInt16], skipped: BasisPart? = nil) -> Double {
    parameters.clearGradients()
    forward(images: labels.count, mode: .training)
    let score = score(labels: labels, gradients: true)
    backward(images: labels.count, skipped: skipped)
    return score.loss / Double(labels.count)
  }

  /// One step of stochastic gradient descent on the images that lie in `input`.
  /// - Parameter skipped: the part of decomposed layers that is left as it is, with its velocities.
  /// - Returns: their mean loss before the step; NaN where the network is no longer finite.
  public func trainingStep(labels: [UInt16], rule: UpdateRule, skipped: BasisPart? = nil) -> Double {
    let loss = computeGradients(labels: labels, skipped: skipped)
    parameters.optimize(without: skipped) { values, gradients, velocities, count in
      kernels.updateWeights(values, gradients, velocities, count, rule)
    }
    return isFinite ? loss : .nan
  }

  /// Inference on the images that lie in `input`, with running statistics.
  func inference(labels: [UInt16]) -> Score {
    forward(images: labels.count, mode: .inference)
    return score(labels: labels, gradients: false)
  }
}
