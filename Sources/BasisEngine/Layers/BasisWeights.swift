import KernelInterface
import SearchCore

/// The trained factors of a convolution whose N output maps are computed from r filters (arXiv 2408.06024), evaluated
/// maps first:
///
///     y_b = conv(x; W_b)     W_b: [r][C][k][k], with the stride and padding of the whole convolution
///     y_r = A · y_b          A: a 1×1 convolution
///
/// `remainder`: y consists of y_b and N − r combinations of it; A is [N − r][r]. `full`: all N outputs are
/// combinations; A is [N][r]. In G groups, A is [N − r][r/G], a 1×1 convolution within each group. Tied layers share
/// one A.
struct BasisWeights {
  /// The shape of the whole convolution.
  let shape: ConvolutionShape
  let rank: Int
  /// The number of outputs that are combinations: the rows of A.
  let combined: Int
  /// W_b
  let filters: PreparedWeights
  /// A
  let coefficients: CoefficientWeights
  private let kernels: KernelTable

  /// - Parameters:
  ///   - shape: The shape of the whole convolution.
  ///   - algorithms: The algorithms of the convolution with the r filters.
  init(
    shape: ConvolutionShape, rank: Int, variant: BasisVariant, algorithms: ConvolutionAlgorithms = .direct,
    filters: ParameterSlice, coefficients: ParameterSlice, kernels: KernelTable
  ) {
    precondition(rank >= 1 && rank < shape.outputChannels)
    self.shape = shape
    self.rank = rank
    self.kernels = kernels
    combined = variant.combinations(outputs: shape.outputChannels, rank: rank)
    var filterShape = shape
    filterShape.outputChannels = rank
    self.filters = PreparedWeights(filters, shape: filterShape, algorithms: algorithms, kernels: kernels)
    self.coefficients = CoefficientWeights(
      coefficients, groups: CoefficientGroups(variant.groups, rank: rank, combinations: combined), kernels: kernels)
  }

  func prepare(for mode: PassMode) {
    filters.prepare(for: mode)
    coefficients.prepare(for: mode)
  }

  /// Computes z from y_b for a variant that keeps the basis maps, as the first outputs: z of the maps themselves, and
  /// of what A makes of them.
  /// - Parameter activation: Its residual does not share memory with the other views.
  func combine(_ maps: LaneView, _ activation: Activation, _ output: LaneView, _ batch: BatchExtent) {
    kernels.normalize(
      Normalization(
        input: maps, scale: activation.scale, shift: activation.shift, channelMap: nil, residual: activation.residual,
        residualChannelOffset: activation.residualChannelOffset, appliesReLU: activation.appliesReLU, output: output),
      batch
    )
    coefficients.forward(
      maps, output.channels(rank..<shape.outputChannels), batch, .activation(activation.channels(from: rank)))
  }

  /// Computes dA and dy_b from a portion's dy_r and, from dy_b, dW_b and, if `inputGradient` is given, dx.
  /// - Parameters:
  ///   - skipped: The part whose gradient is not computed.
  ///   - maps: y_b.
  ///   - mapsGradient: dy_b, haloed for 3×3: added to if `keepsMaps`, otherwise overwritten.
  ///   - combinedGradient: dy_r, valid up to one row beyond the portion.
  func backward(
    _ input: LaneView, maps: LaneView, mapsGradient: LaneView, keepsMaps: Bool, combinedGradient: LaneView,
    inputGradient: LaneView?, accumulate: Bool, skipped: BasisPart?, _ batch: BatchExtent
  ) {
    if skipped != .coefficients { coefficients.weightGradient(maps, combinedGradient, batch) }
    // Nothing else reads dy_b.
    if skipped == .basis, inputGradient == nil { return }
    // The input gradient of a 3×3 basis reads dy_b one row beyond the portion.
    let rows = shape.kernelSize == 3 ? 1 : 0
    coefficients.inputGradient(
      combinedGradient.extended(by: rows), mapsGradient.extended(by: rows), accumulate: keepsMaps, batch)
    if skipped != .basis { filters.weightGradient(input, mapsGradient, batch) }
    if let inputGradient { filters.inputGradient(mapsGradient, inputGradient, accumulate: accumulate, batch) }
  }
}
