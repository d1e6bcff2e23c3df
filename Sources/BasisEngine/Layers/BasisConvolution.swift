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
  let basis: PreparedWeights
  let coefficients: PreparedWeights
  /// `full` only: memory of y_b, all blocks, and of its gradient (haloed), one portion; r channels each.
  private let maps: LaneView?
  private let mapsGradient: LaneView?

  /// - Parameters:
  ///   - shape: the whole convolution's.
  ///   - basisShape, algorithms: the basis', with r output channels.
  ///   - basisChannels: `remainder` only: the r output channels that are basis maps, in the basis' order.
  ///   - maps, mapsGradient: `full` only.
  init(
    shape: ConvolutionShape, basisShape: ConvolutionShape, algorithms: ConvolutionAlgorithms = .direct,
    variant: BasisVariant, basisChannels: [Int], basis: ParameterSlice, coefficients: ParameterSlice,
    maps: LaneView? = nil, mapsGradient: LaneView? = nil, kernels: KernelTable
  ) {
    let rank = basisShape.outputChannels
    let outputChannels = shape.outputChannels
    precondition(rank >= 1 && rank < outputChannels)
    precondition(variant == .remainder || (maps?.channels == rank && mapsGradient?.channels == rank))
    self.shape = shape
    self.rank = rank
    self.variant = variant
    self.basis = PreparedWeights(basis, shape: basisShape, algorithms: algorithms, kernels: kernels)
    self.coefficients = PreparedWeights(
      coefficients,
      shape: ConvolutionShape(
        outputChannels: variant == .remainder ? outputChannels - rank : outputChannels, inputChannels: rank,
        kernelSize: 1, stride: 1), algorithms: .direct, kernels: kernels)
    self.maps = maps
    self.mapsGradient = mapsGradient
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

  func prepare(for mode: PassMode) {
    basis.prepare(for: mode)
    coefficients.prepare(for: mode)
  }

  func forward(_ input: LaneView, _ output: LaneView, _ portion: BatchPortion, statistics: ChannelSums?) {
    guard variant == .remainder else {
      let maps = maps!.portion(portion, rows: portion.rows)
      basis.forward(input, maps, portion.extent, .none)
      coefficients.forward(maps, output, portion.extent, ConvolutionEpilogue(statistics))
      return
    }
    let kept = output.channels(0..<rank)
    basis.forward(input, kept, portion.extent, ConvolutionEpilogue(statistics))
    coefficients.forward(
      kept, output.channels(rank..<shape.outputChannels), portion.extent,
      ConvolutionEpilogue(statistics?.channels(from: rank)))
  }

  func infer(
    _ input: LaneView, raw: LaneView, _ batchNorm: BatchNorm, _ pass: ActivationPass, _ output: LaneView,
    _ batch: BatchExtent
  ) {
    let basisMaps = variant == .remainder ? raw.channels(0..<rank) : maps!
    basis.forward(input, basisMaps, batch, .none)
    switch variant {
    case .full: coefficients.forward(basisMaps, output, batch, .activation(batchNorm.activation(pass)))
    case .remainder where map == nil: combine(basisMaps, batchNorm, pass, output, batch)
    case .remainder:
      coefficients.forward(basisMaps, raw.channels(rank..<shape.outputChannels), batch, .none)
      batchNorm.normalize(
        raw, residual: pass.residual, residualChannelOffset: pass.residualChannelOffset, rectified: pass.rectified,
        output: output, batch)
    }
  }

  /// z from y_b, with batch norm's statistics known: for `remainder` with the basis maps first.
  /// - Parameter pass: its residual has a memory of its own.
  func combine(
    _ maps: LaneView, _ batchNorm: BatchNorm, _ pass: ActivationPass, _ output: LaneView, _ batch: BatchExtent
  ) {
    batchNorm.normalize(
      maps, residual: pass.residual, residualChannelOffset: pass.residualChannelOffset, rectified: pass.rectified,
      output: output, batch)
    coefficients.forward(
      maps, output.channels(rank..<shape.outputChannels), batch,
      .activation(batchNorm.activation(pass).channels(from: rank)))
  }

  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    _ portion: BatchPortion
  ) {
    let keeps = variant == .remainder
    let basisMaps = keeps ? output.channels(0..<rank) : maps!.portion(portion, rows: portion.rows)
    let basisGradient = keeps ? outputGradient.channels(0..<rank) : mapsGradient!.rows(0..<outputGradient.height)
    let combinedGradient = keeps ? outputGradient.channels(rank..<shape.outputChannels) : outputGradient
    coefficients.weightGradient(basisMaps, combinedGradient, portion.extent)
    // The input gradient of a 3×3 basis reads dy_b one row beyond the portion.
    let rows = shape.kernelSize == 3 ? 1 : 0
    coefficients.inputGradient(
      combinedGradient.extended(by: rows), basisGradient.extended(by: rows), accumulate: keeps, portion.extent)
    basis.weightGradient(input, basisGradient, portion.extent)
    if let inputGradient { basis.inputGradient(basisGradient, inputGradient, accumulate: accumulate, portion.extent) }
  }
}
