import ImageData

extension ResNet {
  /// Sets the running statistics of every batch norm to those of `images`.
  ///
  /// The images pass in batches as in training, each batch normalized by its own statistics. A layer's sums over all
  /// batches give its mean and its variance (unbiased, as in training): all values count alike, without momentum.
  /// Batches have about the same size, so that none has the statistics of only a few images.
  /// - Parameters:
  ///   - augmentation: The augmentation of the images, with the same draws every time; `nil` for none.
  ///   - shouldContinue: Called after every batch; returns `false` to stop.
  /// - Throws: `noImages`, or `cancelled` if `shouldContinue` returned `false`; the statistics are then neither the old
  ///   ones nor those of `images`.
  package func recalibrate(
    on images: LabeledImages, augmentation: Augmentation? = nil, while shouldContinue: () -> Bool = { true }
  ) throws(EngineError) {
    guard images.count > 0 else { throw .noImages(purpose: "recalibrate batch norm on") }
    let assembler = BatchAssembler(normalization: images.normalization, augmentation: augmentation)
    var sums = layers.map { [Double](repeating: 0, count: 2 * $0.batchNorm.channels) }
    for batch in images.evenBatches(atMost: workspace.capacity) {
      assembler.assemble(images, indices: batch, position: batch.lowerBound, into: input)
      forward(images: batch.count, mode: .training)
      for (place, layer) in layers.enumerated() {
        for (index, value) in layer.batchNorm.collectedSums.enumerated() { sums[place][index] += value }
      }
      guard shouldContinue() else { throw .cancelled }
    }
    for (layer, sums) in zip(layers, sums) {
      let plane = layer.convolutionOutput.height * layer.convolutionOutput.width
      layer.batchNorm.setRunningStatistics(sums: sums, count: images.count * plane)
    }
  }
}

extension LabeledImages {
  /// Divides all images, in order, into the least possible number of batches, whose sizes differ by at most one.
  func evenBatches(atMost most: Int) -> [Range<Int>] {
    let batches = (count + most - 1) / most
    return (0..<batches).map { count * $0 / batches..<count * ($0 + 1) / batches }
  }
}
