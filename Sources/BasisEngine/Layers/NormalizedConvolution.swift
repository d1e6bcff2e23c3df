import KernelInterface
import SearchCore

/// A convolution of any form with its batch norm that keeps all of y.
struct NormalizedConvolution: NormalizedLayer {
  private let convolution: any ConvolutionLayer
  let batchNorm: BatchNorm
  let convolutionOutput: LaneView
  private let gradientPortion: LaneView
  var readsGradient: Bool { true }
  var stride: Int { convolution.shape.stride }
  var reach: Int { convolution.shape.reach }

  /// - Parameters:
  ///   - output: Memory for the layer's y, all blocks.
  ///   - gradientPortion: Memory for dy of a portion and its neighboring rows.
  init(_ convolution: any ConvolutionLayer, _ batchNorm: BatchNorm, output: LaneView, gradientPortion: LaneView) {
    self.convolution = convolution
    self.batchNorm = batchNorm
    convolutionOutput = output
    self.gradientPortion = gradientPortion
  }

  func prepare(for mode: PassMode) { convolution.prepare(for: mode) }

  func infer(_ input: LaneView, _ activation: ActivationPass, output: LaneView, _ block: BatchExtent) {
    let y = convolutionOutput
    guard convolution.channelMap != nil else {
      return convolution.infer(input, scratch: y, batchNorm.activation(activation), output, block)
    }
    // Batch norm puts the channels in their places; a convolution that applied it itself would need them in order.
    let portion = BatchPortion(firstBlock: 0, extent: block, rows: 0..<y.height)
    convolution.forward(input, y, portion, statistics: nil)
    batchNorm.normalize(y, activation, output: output, block)
  }

  // MARK: Forward

  func beginStatistics(_ boundary: borrowing PassBoundary) { batchNorm.clearSums() }

  func convolve(_ input: LaneView, _ portion: BatchPortion, _ pass: borrowing StatisticsPass) {
    convolution.forward(
      input, convolutionOutput.portion(portion, rows: portion.rows), portion, statistics: batchNorm.sums)
  }

  func finishStatistics(_ batch: BatchExtent, _ boundary: borrowing PassBoundary) {
    batchNorm.finishStatistics(count: count(batch))
  }

  func normalize(_ portion: BatchPortion, rows: Range<Int>, _ activation: ActivationPass, output: LaneView) {
    batchNorm.normalize(
      convolutionOutput.portion(portion, rows: rows), activation, output: output, portion.extent)
  }

  // MARK: Backward

  func beginGradients(_ boundary: borrowing PassBoundary) { batchNorm.clearSums() }

  func rectifyGradient(
    _ portion: BatchPortion, rows: Range<Int>, output: LaneView?, outputGradient: LaneView,
    _ pass: borrowing GradientPass
  ) {
    batchNorm.rectifyGradient(
      convolutionOutput.portion(portion, rows: rows), output: output, outputGradient: outputGradient, portion.extent)
  }

  func finishGradients(_ batch: BatchExtent, skipped: BasisPart?, _ boundary: borrowing PassBoundary) {
    batchNorm.finishGradients(count: count(batch))
  }

  func backward(
    _ portion: BatchPortion, input: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    skipped: BasisPart?
  ) {
    let y = convolutionOutput
    let dy = gradientPortion.filled(for: portion, height: y.height) { rows, target in
      batchNorm.inputGradient(
        y.portion(portion, rows: rows), outputGradient: outputGradient.rows(rows), inputGradient: target,
        portion.extent)
    }
    convolution.backward(
      input, y.portion(portion, rows: portion.rows), outputGradient: dy, inputGradient: inputGradient,
      accumulate: accumulate, skipped: skipped, portion)
  }
}
