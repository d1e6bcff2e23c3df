import KernelInterface
import SearchCore

/// A basis convolution that keeps its basis maps among its outputs, and keeps all of y. Its internal order is y_b, then
/// y_r.
///
/// Backward: dA = dy_r · y_bᵀ; dy_b += Aᵀ · dy_r; dW_b and dx from dy_b only.
final class RemainderConvolution: ConvolutionLayer {
  private let weights: BasisWeights
  private let map: AlignedBuffer<Int32>?

  /// - Parameter basisChannels: The r output channels that are basis maps, in the order of the filters.
  init(_ weights: BasisWeights, basisChannels: [Int]) {
    self.weights = weights
    let (rank, outputs) = (weights.rank, weights.shape.outputChannels)
    precondition(weights.combined == outputs - rank)
    guard basisChannels != Array(0..<rank) else {
      map = nil
      return
    }
    let isBasis = Set(basisChannels)
    precondition(basisChannels.count == rank && isBasis.count == rank)
    let map = AlignedBuffer<Int32>(count: outputs)
    let order = basisChannels + (0..<outputs).filter { !isBasis.contains($0) }
    for (internalChannel, channel) in order.enumerated() { map.base[internalChannel] = Int32(channel) }
    self.map = map
  }

  var shape: ConvolutionShape { weights.shape }
  var channelMap: UnsafePointer<Int32>? { map.map { UnsafePointer($0.base) } }

  func prepare(for mode: PassMode) { weights.prepare(for: mode) }

  func forward(_ input: LaneView, _ output: LaneView, _ portion: BatchPortion, statistics: ChannelSums?) {
    let maps = maps(output)
    weights.filters.forward(input, maps, portion.extent, ConvolutionEpilogue(statistics))
    weights.coefficients.forward(
      maps, combined(output), portion.extent, ConvolutionEpilogue(statistics?.channels(from: weights.rank)))
  }

  func infer(
    _ input: LaneView, scratch: LaneView, _ activation: Activation, _ output: LaneView, _ batch: BatchExtent
  ) {
    let maps = maps(scratch)
    weights.filters.forward(input, maps, batch, .none)
    weights.combine(maps, activation, output, batch)
  }

  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    skipped: BasisPart?, _ portion: BatchPortion
  ) {
    weights.backward(
      input, maps: maps(output), mapsGradient: maps(outputGradient), keepsMaps: true,
      combinedGradient: combined(outputGradient), inputGradient: inputGradient, accumulate: accumulate,
      skipped: skipped, portion.extent)
  }

  private func maps(_ output: LaneView) -> LaneView { output.channels(0..<weights.rank) }
  private func combined(_ output: LaneView) -> LaneView { output.channels(weights.rank..<shape.outputChannels) }
}
