import KernelInterface
import SearchCore

extension ResNet {
  /// Logits of the first `images` images of `input`.
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

  /// Inference on the first `images` images of `input`, after which the outputs of all convolutions of all these images
  /// lie in the workspace, as after a training pass.
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

  /// Gradients of all parameters, from those of the logits in the workspace; uses what the last training pass left
  /// there. They are added to what is there.
  /// - Parameter skipped: the part of decomposed layers of which no gradient is computed.
  func backward(images: Int, skipped: BasisPart? = nil) {
    let batch = BatchExtent(images: images)
    classifier.backward(
      workspace.pooled, logits, outputGradient: workspace.logitsGradient, inputGradient: workspace.pooledGradient,
      accumulate: false, skipped: skipped, BatchPortion(firstBlock: 0, extent: batch, rows: 0..<1))
    for stage in stages.reversed() { stage.backward(batch, skipped: skipped) }
  }

  /// Once for all batches of an evaluation: weights change between training steps only.
  private func prepareWeights(for mode: PassMode) {
    if mode == .inference, preparedRevision == parameters.revision { return }
    for layer in layers { layer.prepare(for: mode) }
    classifier.prepare(for: mode)
    preparedRevision = parameters.revision
  }

  /// Pooled planes from the running statistics: block after block of sixteen images goes through the whole network.
  ///
  /// All blocks use the memory of the first, which so stays in the cache; convolutions apply batch norm, shortcut and
  /// rectifier before they store their outputs.
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
