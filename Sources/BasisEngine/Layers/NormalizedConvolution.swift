import KernelInterface

/// A convolution, its batch norm, and their tensors: the unit of which residual networks are made.
///
/// Its passes run portion by portion: all portions pass through the convolution before batch norm can take its
/// statistics, and then through normalisation together with whatever reads the result.
struct NormalizedConvolution {
  let convolution: any ConvolutionLayer
  let batchNorm: BatchNorm
  /// y, what the convolution leaves, in its internal order; all blocks.
  let raw: LaneView
  /// Memory for one portion's z and dy; shared by all layers of this output size.
  let scratch: Workspace.Scratch

  /// Values of a channel in a batch.
  private func count(_ batch: BatchExtent) -> Int { batch.images * raw.height * raw.width }

  /// y of a portion, and its share of the statistics.
  /// - Parameter input: the portion's input rows.
  func convolve(_ input: LaneView, _ portion: BatchPortion) {
    convolution.forward(input, raw.portion(portion, rows: portion.rows), portion, statistics: batchNorm.sums)
  }

  /// z of one block in inference.
  func infer(_ input: LaneView, _ pass: InferencePass = InferencePass(), output: LaneView, _ block: BatchExtent) {
    convolution.infer(input, raw: raw, batchNorm, pass, output, block)
  }

  func takeStatistics(_ batch: BatchExtent) { batchNorm.takeStatistics(count: count(batch)) }

  /// output = relu?(batchNorm(y) + residual) in `rows` of a portion's blocks.
  /// - Parameter residual, output: these rows.
  func normalize(
    _ portion: BatchPortion, rows: Range<Int>, residual: LaneView? = nil, residualChannelOffset: Int = 0,
    rectified: Bool = true, output: LaneView
  ) {
    batchNorm.normalize(
      raw.portion(portion, rows: rows), residual: residual, residualChannelOffset: residualChannelOffset,
      rectified: rectified, output: output, portion.extent)
  }

  /// dz in `rows` of a portion's blocks becomes g = dz · [z > 0] in place, with its share of the sums.
  /// - Parameters:
  ///   - output: z, these rows; nil where it was not rectified.
  ///   - outputGradient: these rows.
  func rectifyGradient(
    _ portion: BatchPortion, rows: Range<Int>, output: LaneView?, outputGradient: LaneView
  ) {
    batchNorm.rectifyGradient(
      raw.portion(portion, rows: rows), output: output, outputGradient: outputGradient, portion.extent)
  }

  func takeGradients(_ batch: BatchExtent) { batchNorm.takeGradients(count: count(batch)) }

  /// From g to a portion's share of the weights' gradients and, where `inputGradient` is given, the input's.
  /// - Parameters:
  ///   - input, inputGradient: the portion's input rows.
  ///   - outputGradient: all rows of the portion's blocks.
  func backward(
    _ portion: BatchPortion, input: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool
  ) {
    let dy = scratch.gradient.filled(for: portion, height: raw.height) { rows, target in
      batchNorm.inputGradient(
        raw.portion(portion, rows: rows), outputGradient: outputGradient.rows(rows), inputGradient: target,
        portion.extent)
    }
    convolution.backward(
      input, raw.portion(portion, rows: portion.rows), outputGradient: dy, inputGradient: inputGradient,
      accumulate: accumulate, portion)
  }
}
