import KernelInterface

/// A convolution of any form and its batch norm, which keeps all of y.
struct NormalizedConvolution: NormalizedLayer {
  let convolution: any ConvolutionLayer
  let batchNorm: BatchNorm
  let raw: LaneView
  let scratch: Workspace.Scratch
  var readsGradient: Bool { true }

  func beginStatistics() { batchNorm.beginStatistics() }

  func convolve(_ input: LaneView, _ portion: BatchPortion) {
    convolution.forward(input, raw.portion(portion, rows: portion.rows), portion, statistics: batchNorm.sums)
  }

  func takeStatistics(_ batch: BatchExtent) { batchNorm.takeStatistics(count: count(batch)) }

  func normalize(
    _ portion: BatchPortion, rows: Range<Int>, residual: LaneView?, residualChannelOffset: Int, rectified: Bool,
    output: LaneView
  ) {
    batchNorm.normalize(
      raw.portion(portion, rows: rows), residual: residual, residualChannelOffset: residualChannelOffset,
      rectified: rectified, output: output, portion.extent)
  }

  func beginGradients() { batchNorm.beginGradients() }

  func rectifyGradient(_ portion: BatchPortion, rows: Range<Int>, output: LaneView?, outputGradient: LaneView) {
    batchNorm.rectifyGradient(
      raw.portion(portion, rows: rows), output: output, outputGradient: outputGradient, portion.extent)
  }

  func takeGradients(_ batch: BatchExtent) { batchNorm.takeGradients(count: count(batch)) }

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
