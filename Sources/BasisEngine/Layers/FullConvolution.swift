import KernelInterface
import SearchCore

/// A basis convolution of variant `full`, which keeps y_b in separate memory.
final class FullConvolution: ConvolutionLayer {
  let channelMap: UnsafePointer<Int32>? = nil
  private let weights: BasisWeights
  private let maps: LaneView
  private let mapsGradient: LaneView

  /// - Parameters:
  ///   - maps: Memory for y_b, r channels, all blocks; it must last from the forward to the backward pass.
  ///   - mapsGradient: Memory for the gradient of y_b, r channels, haloed, one portion.
  init(_ weights: BasisWeights, maps: LaneView, mapsGradient: LaneView) {
    precondition(weights.combined == weights.shape.outputChannels)
    precondition(maps.channels == weights.rank && mapsGradient.channels == weights.rank)
    self.weights = weights
    self.maps = maps
    self.mapsGradient = mapsGradient
  }

  var shape: ConvolutionShape { weights.shape }

  func prepare(for mode: PassMode) { weights.prepare(for: mode) }

  func forward(_ input: LaneView, _ output: LaneView, _ portion: BatchPortion, statistics: ChannelSums?) {
    let maps = maps.portion(portion, rows: portion.rows)
    weights.filters.forward(input, maps, portion.extent, .none)
    weights.coefficients.forward(maps, output, portion.extent, ConvolutionEpilogue(statistics))
  }

  func infer(
    _ input: LaneView, scratch: LaneView, _ activation: Activation, _ output: LaneView, _ batch: BatchExtent
  ) {
    weights.filters.forward(input, maps, batch, .none)
    weights.coefficients.forward(maps, output, batch, .activation(activation))
  }

  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    skipped: BasisPart?, _ portion: BatchPortion
  ) {
    weights.backward(
      input, maps: maps.portion(portion, rows: portion.rows),
      mapsGradient: mapsGradient.rows(0..<outputGradient.height),
      keepsMaps: false, combinedGradient: outputGradient, inputGradient: inputGradient, accumulate: accumulate,
      skipped: skipped, portion.extent)
  }
}
