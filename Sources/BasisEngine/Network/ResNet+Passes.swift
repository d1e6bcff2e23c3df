import KernelInterface
import SearchCore

extension ResNet {
  /// Logits of the first `images` images of `input`.
  func forward(images: Int, mode: PassMode) {
    precondition(images > 0 && images <= workspace.capacity)
    let batch = BatchExtent(images: images)
    stem.forward(workspace.input, output: stem.activation!, batch, mode: mode)
    for block in blocks {
      let inner = block.first.activation!
      block.first.forward(block.input, output: inner, batch, mode: mode)
      var residual = block.input
      var offset = 0
      switch block.shortcut {
      case .identity: break
      case .subsampleAndPad:
        residual = block.input.subsampled(by: block.first.convolution.shape.stride)
        offset = (block.output.channels - block.input.channels) / 2
      case .projection:
        // The projected input waits where the sum will be: normalisation reads and writes each element once.
        block.projection!.forward(block.input, rectified: false, output: block.output, batch, mode: mode)
        residual = block.output
      }
      block.second.forward(
        inner, residual: residual, residualChannelOffset: offset, output: block.output, batch, mode: mode)
    }
    kernels.poolForward(blocks.last?.output ?? stem.activation!, workspace.pooled.base, batch)
    classifier.forward(workspace.pooled, logits, batch, sums: nil)
  }

  /// Gradients of all parameters, from those of the logits in the workspace; uses what the last training pass left
  /// there.
  func backward(images: Int) {
    let batch = BatchExtent(images: images)
    classifier.backward(
      workspace.pooled, logits, outputGradient: workspace.logitsGradient, inputGradient: workspace.pooledGradient,
      accumulate: false, batch)
    let last = workspace.gradients(of: architecture.layers[architecture.blocks.last?.second ?? architecture.stem])
    kernels.poolBackward(workspace.pooledGradient.base, last.block, batch)
    for block in blocks.reversed() { backward(block, batch) }
    stem.backward(
      workspace.input, output: stem.activation!,
      outputGradient: workspace.gradients(of: architecture.layers[architecture.stem]).block, inputGradient: nil,
      accumulate: false, batch)
  }

  private func backward(_ block: Block, _ batch: BatchExtent) {
    let inner = block.first.activation!
    let innerGradient = block.first.activationGradient
    block.second.backward(
      inner, output: block.output, outputGradient: block.outputGradient, inputGradient: innerGradient,
      accumulate: false, batch)
    // outputGradient now holds g, the gradient of the sum. An identity shortcut hands it on as it is: the first
    // convolution adds its share in place, and the same memory is the gradient of the block's input.
    let isIdentity = block.shortcut == .identity
    block.first.backward(
      block.input, output: inner, outputGradient: innerGradient, inputGradient: block.inputGradient,
      accumulate: isIdentity, batch)
    switch block.shortcut {
    case .identity: break
    case .subsampleAndPad:
      let offset = (block.output.channels - block.input.channels) / 2
      kernels.add(
        block.outputGradient.channels(offset..<offset + block.input.channels),
        block.inputGradient.subsampled(by: block.first.convolution.shape.stride), batch)
    case .projection:
      block.projection!.backward(
        block.input, output: nil, outputGradient: block.outputGradient, inputGradient: block.inputGradient,
        accumulate: true, batch)
    }
  }

  /// The classifier's output without bias, in its internal order.
  var logits: LaneView { workspace.outputs[architecture.classifier] }

  /// Scores the logits of the last pass; with `gradients`, starts the backward pass.
  func score(labels: [UInt8], gradients: Bool) -> Score {
    SoftmaxCrossEntropy.score(
      logits: logits, channelMap: classifier.channelMap, bias: classifierBias.values, labels: labels,
      gradient: gradients ? workspace.logitsGradient : nil,
      biasGradient: gradients ? classifierBias.gradients : nil)
  }

  /// Forward and backward over the first `labels.count` images of `input`; returns their mean loss.
  func computeGradients(labels: [UInt8]) -> Double {
    forward(images: labels.count, mode: .training)
    let score = score(labels: labels, gradients: true)
    backward(images: labels.count)
    return score.loss / Double(labels.count)
  }

  /// One step of stochastic gradient descent on the images that lie in `input`.
  /// - Returns: their mean loss before the step; NaN where the network is no longer finite.
  public func trainingStep(labels: [UInt8], rule: UpdateRule) -> Double {
    let loss = computeGradients(labels: labels)
    kernels.updateWeights(
      parameters.valuePointer, parameters.gradientPointer, parameters.velocityPointer, parameters.paddedCount, rule)
    return isFinite ? loss : .nan
  }

  /// Inference on the images that lie in `input`, with running statistics.
  func inference(labels: [UInt8]) -> Score {
    forward(images: labels.count, mode: .inference)
    return score(labels: labels, gradients: false)
  }
}
