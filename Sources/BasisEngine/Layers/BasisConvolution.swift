import KernelInterface
import SearchCore

/// A convolution whose N output maps are made of r trained filters (arXiv 2408.06024), evaluated maps-first:
///
///     y_b = conv(x; W_b)     W_b: [r][C][k][k], stride and padding belong here
///     y_r = A · y_b          A: a 1×1 convolution
///
/// `remainder`: y is y_b and N − r combinations of it, A is [N − r][r]; internal order is y_b, then y_r, and
/// `basisChannels` says which output channels y_b are. `full`: all N outputs are combinations, A is [N][r].
///
/// Backward: dA = dy_r · y_bᵀ; dy_b += Aᵀ · dy_r; dW_b and dx from dy_b only.
final class BasisConvolution: ConvolutionLayer {
  let shape: ConvolutionShape
  let rank: Int
  let variant: BasisVariant
  private let map: AlignedBuffer<Int32>?
  private let basis: ParameterSlice
  private let coefficients: ParameterSlice
  private let basisShape: ConvolutionShape
  private let mixShape: ConvolutionShape
  /// `full` only: memory of y_b and of its gradient (haloed for 3×3), r channels each.
  private let maps: LaneView?
  private let mapsGradient: LaneView?
  private let partialSums: AlignedBuffer<Double>
  private let kernels: KernelTable

  /// - Parameters:
  ///   - basisChannels: `remainder` only: the r output channels that are basis maps, in the basis' order.
  ///   - maps, mapsGradient: `full` only.
  init(
    outputChannels: Int, inputChannels: Int, kernelSize: Int, stride: Int, rank: Int, variant: BasisVariant,
    basisChannels: [Int], basis: ParameterSlice, coefficients: ParameterSlice, maps: LaneView? = nil,
    mapsGradient: LaneView? = nil, kernels: KernelTable
  ) {
    let combined = variant == .remainder ? outputChannels - rank : outputChannels
    precondition(rank >= 1 && rank < outputChannels)
    precondition(basis.count == rank * inputChannels * kernelSize * kernelSize)
    precondition(coefficients.count == combined * rank)
    precondition(variant == .remainder || (maps?.channels == rank && mapsGradient?.channels == rank))
    shape = ConvolutionShape(
      outputChannels: outputChannels, inputChannels: inputChannels, kernelSize: kernelSize, stride: stride)
    basisShape = ConvolutionShape(
      outputChannels: rank, inputChannels: inputChannels, kernelSize: kernelSize, stride: stride)
    mixShape = ConvolutionShape(outputChannels: combined, inputChannels: rank, kernelSize: 1, stride: 1)
    self.rank = rank
    self.variant = variant
    self.basis = basis
    self.coefficients = coefficients
    self.maps = maps
    self.mapsGradient = mapsGradient
    self.kernels = kernels
    partialSums = AlignedBuffer(count: 2 * outputChannels)
    if variant == .remainder, basisChannels != Array(0..<rank) {
      precondition(basisChannels.count == rank && Set(basisChannels).count == rank)
      let isBasis = Set(basisChannels)
      let map = AlignedBuffer<Int32>(count: outputChannels)
      for (internalChannel, channel) in (basisChannels + (0..<outputChannels).filter { !isBasis.contains($0) })
        .enumerated()
      {
        map.base[internalChannel] = Int32(channel)
      }
      self.map = map
    } else {
      map = nil
    }
  }

  var channelMap: UnsafePointer<Int32>? { map.map { UnsafePointer($0.base) } }

  func forward(_ input: LaneView, _ output: LaneView, _ batch: BatchExtent, sums: UnsafeMutablePointer<Double>?) {
    guard variant == .remainder else {
      kernels.convolutionForward(input, basis.values, maps!, basisShape, batch, nil)
      kernels.convolutionForward(maps!, coefficients.values, output, mixShape, batch, sums)
      return
    }
    let combined = mixShape.outputChannels
    let basisSums = partialSums.base
    let combinedSums = partialSums.base + 2 * rank
    let kept = output.channels(0..<rank)
    kernels.convolutionForward(input, basis.values, kept, basisShape, batch, sums == nil ? nil : basisSums)
    kernels.convolutionForward(
      kept, coefficients.values, output.channels(rank..<shape.outputChannels), mixShape, batch,
      sums == nil ? nil : combinedSums)
    guard let sums else { return }
    for half in 0..<2 {
      let destination = sums + half * shape.outputChannels
      destination.update(from: basisSums + half * rank, count: rank)
      (destination + rank).update(from: combinedSums + half * combined, count: combined)
    }
  }

  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    _ batch: BatchExtent
  ) {
    let keeps = variant == .remainder
    let basisMaps = keeps ? output.channels(0..<rank) : maps!
    let basisGradient = keeps ? outputGradient.channels(0..<rank) : mapsGradient!
    let combinedGradient = keeps ? outputGradient.channels(rank..<shape.outputChannels) : outputGradient
    kernels.convolutionWeightGradient(basisMaps, combinedGradient, coefficients.gradients, mixShape, batch)
    kernels.convolutionInputGradient(
      combinedGradient, coefficients.values, basisGradient, mixShape, batch, keeps)
    kernels.convolutionWeightGradient(input, basisGradient, basis.gradients, basisShape, batch)
    if let inputGradient {
      kernels.convolutionInputGradient(basisGradient, basis.values, inputGradient, basisShape, batch, accumulate)
    }
  }
}
