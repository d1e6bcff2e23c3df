import KernelInterface

/// A 1×1 convolution whose weights are not trained but derived from other weights in every step.
struct DerivedPointwise {
  /// [outputs][inputs], initially zero.
  var weights: UnsafeMutablePointer<Float> { memory.base }
  private let memory: AlignedBuffer<Float>
  private let prepared: AlignedBuffer<Float>
  private let shape: ConvolutionShape
  private let kernels: KernelTable

  init(outputChannels: Int, inputChannels: Int, _ kernels: KernelTable) {
    shape = ConvolutionShape(
      outputChannels: outputChannels, inputChannels: inputChannels, kernelSize: 1, stride: 1)
    memory = AlignedBuffer(count: shape.weightCount)
    prepared = AlignedBuffer(count: shape.preparedCount(.direct))
    self.kernels = kernels
  }

  func prepare() { kernels.prepareForward(memory.base, shape, .direct, prepared.base) }

  func forward(_ input: LaneView, _ output: LaneView, _ batch: BatchExtent, _ epilogue: ConvolutionEpilogue) {
    kernels.convolutionForward(input, prepared.base, output, shape, .direct, batch, epilogue)
  }

  /// Prepares the weights for `addInputGradient`, instead of `prepare`.
  func prepareInputGradient() { kernels.prepareInputGradient(memory.base, shape, .direct, prepared.base) }

  /// Adds the product of the transposed weights and `outputGradient` to `inputGradient`.
  func addInputGradient(_ outputGradient: LaneView, to inputGradient: LaneView, _ batch: BatchExtent) {
    kernels.convolutionInputGradient(outputGradient, prepared.base, inputGradient, shape, .direct, batch, true)
  }
}

/// Computes h of a `NormalizedBasis` from g: h = a_b·g_b + (a_r·A)ᵀ·g_r.
struct GradientPart {
  private let groups: CoefficientGroups
  private let kernels: KernelTable
  /// For one group: the r × N matrix of both terms; otherwise `nil`.
  private let whole: DerivedPointwise?
  /// For several groups: a_r·A of each group.
  private let parts: [DerivedPointwise]
  /// a_b, followed by the same number of zeros.
  private let factors: AlignedBuffer<Float>
  private var rank: Int { groups.count * groups.maps }
  private var combinations: Int { groups.count * groups.combinations }

  init(_ groups: CoefficientGroups, _ kernels: KernelTable) {
    self.groups = groups
    self.kernels = kernels
    let rank = groups.maps * groups.count
    if groups.count == 1 {
      whole = DerivedPointwise(outputChannels: rank, inputChannels: rank + groups.combinations, kernels)
      parts = []
    } else {
      whole = nil
      parts = (0..<groups.count).map { _ in
        DerivedPointwise(outputChannels: groups.combinations, inputChannels: groups.maps, kernels)
      }
    }
    factors = AlignedBuffer(count: 2 * rank)
  }

  /// - Parameters:
  ///   - coefficients: A.
  ///   - scale: a, of all N channels.
  func prepare(coefficients: UnsafePointer<Float>, scale: UnsafePointer<Float>) {
    if let whole {
      for i in 0..<rank {
        let row = whole.weights + i * (rank + combinations)
        row[i] = scale[i]
        for c in 0..<combinations { row[rank + c] = scale[rank + c] * coefficients[c * rank + i] }
      }
      return whole.prepare()
    }
    factors.base.update(from: scale, count: rank)
    let columns = groups.maps
    for (group, part) in parts.enumerated() {
      for (place, c) in groups.combinationRange(group).enumerated() {
        for i in 0..<columns { part.weights[place * columns + i] = scale[rank + c] * coefficients[c * columns + i] }
      }
      part.prepareInputGradient()
    }
  }

  /// - Parameters:
  ///   - gradient: g, N channels.
  ///   - output: h, r channels.
  func forward(_ gradient: LaneView, _ output: LaneView, _ batch: BatchExtent) {
    if let whole { return whole.forward(gradient, output, batch, .none) }
    kernels.normalize(
      Normalization(
        input: gradient.channels(0..<rank), scale: factors.base, shift: factors.base + rank, channelMap: nil,
        residual: nil, residualChannelOffset: 0, appliesReLU: false, output: output),
      batch)
    for (group, part) in parts.enumerated() {
      let rows = groups.combinationRange(group)
      part.addInputGradient(
        gradient.channels(rank + rows.lowerBound..<rank + rows.upperBound), to: output.channels(groups.mapRange(group)),
        batch)
    }
  }
}
