import KernelInterface
import SearchCore

extension ResNet {
  /// Computes the logits of the first `images` images of `input`.
  func forward(images: Int, mode: PassMode) {
    precondition(images > 0 && images <= workspace.capacity)
    let batch = BatchExtent(images: images)
    prepareWeights(for: mode)
    switch mode {
    case .training: for stage in stages { stage.forward(batch) }
    case .inference: infer(batch)
    }
    classify(batch)
  }

  /// Runs inference on the first `images` images of `input` and leaves the outputs of all convolutions for all these
  /// images in the workspace, as a training pass does.
  func forwardKeepingOutputs(images: Int) {
    precondition(images > 0 && images <= workspace.capacity)
    let batch = BatchExtent(images: images)
    prepareWeights(for: .inference)
    for stage in stages { stage.forward(batch, source: .running) }
    classify(batch)
  }

  private func classify(_ batch: BatchExtent) {
    classifier.forward(
      workspace.pooled, logits, BatchPortion(firstBlock: 0, extent: batch, rows: 0..<1), statistics: nil)
  }

  /// Computes the gradients of all parameters from the logits' gradients in the workspace and from what the last
  /// training pass left there. Weight gradients are added to the previous contents.
  /// - Parameter skipped: The part of decomposed layers whose gradient is not computed.
  func backward(images: Int, skipped: BasisPart? = nil) {
    let batch = BatchExtent(images: images)
    classifier.backward(
      workspace.pooled, logits, outputGradient: workspace.logitsGradient, inputGradient: workspace.pooledGradient,
      accumulate: false, skipped: skipped, BatchPortion(firstBlock: 0, extent: batch, rows: 0..<1))
    for stage in stages.reversed() { stage.backward(batch, skipped: skipped) }
  }

  /// Prepares the weights. In inference, once for all batches of an evaluation: weights change only between training
  /// steps.
  private func prepareWeights(for mode: PassMode) {
    if mode == .inference, preparedRevision == parameters.revision { return }
    for layer in layers { layer.prepare(for: mode) }
    classifier.prepare(for: mode)
    preparedRevision = parameters.revision
  }

  /// Computes the pooled planes with the running statistics: block after block of sixteen images goes through the whole
  /// network.
  ///
  /// All blocks use the memory of the first, which therefore stays in the cache; convolutions apply batch norm,
  /// shortcut, and rectifier before they store their outputs.
  private func infer(_ batch: BatchExtent) {
    for layer in layers { layer.batchNorm.useRunningStatistics() }
    for portion in pooling.portions(of: batch) {
      let images = workspace.input.blocks(from: portion.firstBlock)
      stem.infer(images, blockInput: images, portion.extent)
      stemPooling?.pool(BatchPortion(firstBlock: 0, extent: portion.extent, rows: 0..<1))
      for block in blocks { block.infer(portion.extent) }
      pooling.pool(pooling.last.values, portion)
    }
  }
}
