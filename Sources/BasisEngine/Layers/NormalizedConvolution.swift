import KernelInterface

/// A convolution, its batch norm, and their tensors: the unit of which residual networks are made.
struct NormalizedConvolution {
  let convolution: any ConvolutionLayer
  let batchNorm: BatchNorm
  /// y, what the convolution leaves, in its internal order.
  let raw: LaneView
  /// z, what batch norm makes of it; nil for projections, whose z goes straight to the block's sum.
  let activation: LaneView?
  /// Memory for dy, haloed; shared by all layers of this output size.
  let rawGradient: LaneView
  /// Memory for dz between a block's two convolutions; shared likewise.
  let activationGradient: LaneView

  /// output = relu?(batchNorm(conv(input)) + residual).
  func forward(
    _ input: LaneView, residual: LaneView? = nil, residualChannelOffset: Int = 0, rectified: Bool = true,
    output: LaneView, _ batch: BatchExtent, mode: PassMode
  ) {
    convolution.forward(input, raw, batch, sums: mode == .training ? batchNorm.sums.base : nil)
    batchNorm.forward(
      raw, residual: residual, residualChannelOffset: residualChannelOffset, rectified: rectified, output: output,
      batch, mode: mode)
  }

  /// From dz in `outputGradient`, which becomes g = dz · [z > 0] in place, to the parameters' gradients and, where
  /// `inputGradient` is given, the input's. `output`: z, nil where it was not rectified.
  func backward(
    _ input: LaneView, output: LaneView?, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    _ batch: BatchExtent
  ) {
    batchNorm.backward(raw, output: output, outputGradient: outputGradient, inputGradient: rawGradient, batch)
    convolution.backward(
      input, raw, outputGradient: rawGradient, inputGradient: inputGradient, accumulate: accumulate, batch)
  }
}
