import KernelInterface

/// A convolution of any form and its batch norm, which keeps all of y.
struct NormalizedConvolution: NormalizedLayer {
  private let convolution: any ConvolutionLayer
  let batchNorm: BatchNorm
  let raw: LaneView
  let scratch: Workspace.Scratch
  var readsGradient: Bool { true }
  var stride: Int { convolution.shape.stride }

  init(_ convolution: any ConvolutionLayer, _ batchNorm: BatchNorm, raw: LaneView, scratch: Workspace.Scratch) {
    self.convolution = convolution
    self.batchNorm = batchNorm
    self.raw = raw
    self.scratch = scratch
  }

  func prepare(for mode: PassMode) { convolution.prepare(for: mode) }

  func infer(_ input: LaneView, _ pass: ActivationPass, output: LaneView, _ block: BatchExtent) {
    guard convolution.channelMap != nil else {
      return convolution.infer(input, scratch: raw, batchNorm.activation(pass), output, block)
    }
    // Batch norm puts the channels in their places: a convolution that applied it itself would need them in order.
    let portion = BatchPortion(firstBlock: 0, extent: block, rows: 0..<raw.height)
    convolution.forward(input, raw, portion, statistics: nil)
    batchNorm.normalize(
      raw, residual: pass.residual, residualChannelOffset: pass.residualChannelOffset, rectified: pass.rectified,
      output: output, block)
  }

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
