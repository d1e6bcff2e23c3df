import KernelInterface

/// A convolution, its batch norm, and their tensors: the unit of which residual networks are made.
///
/// Its passes run group by group (a few blocks that fit the cache): all groups pass through the convolution before
/// batch norm can take its statistics, and then through normalisation together with whatever reads the result.
struct NormalizedConvolution {
  let convolution: any ConvolutionLayer
  let batchNorm: BatchNorm
  /// y, what the convolution leaves, in its internal order; all blocks.
  let raw: LaneView
  /// Memory for one group's z and dy, haloed; shared by all layers of this output size.
  let scratch: Workspace.Scratch

  /// Values of a channel in a batch.
  private func count(_ batch: BatchExtent) -> Int { batch.images * raw.height * raw.width }

  /// y of a group, and its share of the statistics in training.
  func convolve(_ input: LaneView, _ group: BlockGroup, mode: PassMode) {
    convolution.forward(
      input, raw.blocks(from: group.firstBlock), group, sums: mode == .training ? batchNorm.sums : nil)
  }

  func takeStatistics(_ batch: BatchExtent) { batchNorm.takeStatistics(count: count(batch)) }

  /// output = relu?(batchNorm(y) + residual) of a group.
  func normalize(
    _ group: BlockGroup, residual: LaneView? = nil, residualChannelOffset: Int = 0, rectified: Bool = true,
    output: LaneView
  ) {
    batchNorm.normalize(
      raw.blocks(from: group.firstBlock), residual: residual, residualChannelOffset: residualChannelOffset,
      rectified: rectified, output: output, group.extent)
  }

  /// dz of a group becomes g = dz · [z > 0] in place (`output`: z, nil where it was not rectified), with its share of
  /// the sums.
  func rectifyGradient(_ group: BlockGroup, output: LaneView?, outputGradient: LaneView) {
    batchNorm.rectifyGradient(
      raw.blocks(from: group.firstBlock), output: output, outputGradient: outputGradient, group.extent)
  }

  func takeGradients(_ batch: BatchExtent) { batchNorm.takeGradients(count: count(batch)) }

  /// From g of a group to its share of the weights' gradients and, where `inputGradient` is given, the input's.
  func backward(
    _ group: BlockGroup, input: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool
  ) {
    let output = raw.blocks(from: group.firstBlock)
    batchNorm.inputGradient(
      output, outputGradient: outputGradient, inputGradient: scratch.gradient, group.extent)
    convolution.backward(
      input, output, outputGradient: scratch.gradient, inputGradient: inputGradient, accumulate: accumulate, group)
  }
}
