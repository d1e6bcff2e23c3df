import KernelInterface
import SearchCore

/// The division of r basis maps and the M outputs that combine them into G groups of consecutive maps and outputs:
/// group i has maps i·r/G ..< (i + 1)·r/G, and outputs likewise, counted from the first combination.
struct CoefficientGroups: Equatable {
  let count: Int
  /// r/G
  let maps: Int
  /// M/G
  let combinations: Int

  /// - Parameter combinations: M; G divides both it and the rank.
  init(_ count: Int, rank: Int, combinations: Int) {
    precondition(count >= 1 && rank % count == 0 && combinations % count == 0)
    self.count = count
    maps = rank / count
    self.combinations = combinations / count
  }

  /// Returns the group that a combination belongs to.
  func group(of combination: Int) -> Int { combination / combinations }

  func mapRange(_ group: Int) -> Range<Int> { group * maps..<(group + 1) * maps }
  func combinationRange(_ group: Int) -> Range<Int> { group * combinations..<(group + 1) * combinations }

  /// The shape of the 1×1 convolution within a group.
  var shape: ConvolutionShape {
    ConvolutionShape(outputChannels: combinations, inputChannels: maps, kernelSize: 1, stride: 1)
  }
}

/// A, the coefficients of a basis convolution, as 1×1 convolutions: one per group, from the group's maps to its
/// outputs. The rows of A are all outputs in order, its columns the maps of the row's group: [M][r/G].
struct CoefficientWeights {
  let groups: CoefficientGroups
  /// The weights of all groups.
  let weights: ParameterSlice
  private let parts: [PreparedWeights]

  init(_ weights: ParameterSlice, groups: CoefficientGroups, kernels: KernelTable) {
    let count = groups.shape.weightCount
    precondition(weights.count == groups.count * count)
    self.groups = groups
    self.weights = weights
    parts = (0..<groups.count).map { group in
      PreparedWeights(
        ParameterSlice(
          values: weights.values + group * count, gradients: weights.gradients + group * count, count: count),
        shape: groups.shape, algorithms: .direct, kernels: kernels)
    }
  }

  func prepare(for mode: PassMode) { for part in parts { part.prepare(for: mode) } }

  /// - Parameters:
  ///   - maps: r channels.
  ///   - output: M channels, which are also those of the epilogue.
  func forward(_ maps: LaneView, _ output: LaneView, _ batch: BatchExtent, _ epilogue: ConvolutionEpilogue) {
    for (group, part) in parts.enumerated() {
      let rows = groups.combinationRange(group)
      part.forward(
        maps.channels(groups.mapRange(group)), output.channels(rows), batch, epilogue.channels(from: rows.lowerBound))
    }
  }

  /// Computes the gradient of the maps, r channels, as Aᵀ times the gradient of the outputs, M channels.
  func inputGradient(
    _ outputGradient: LaneView, _ mapsGradient: LaneView, accumulate: Bool, _ batch: BatchExtent
  ) {
    for (group, part) in parts.enumerated() {
      part.inputGradient(
        outputGradient.channels(groups.combinationRange(group)), mapsGradient.channels(groups.mapRange(group)),
        accumulate: accumulate, batch)
    }
  }

  func weightGradient(_ maps: LaneView, _ outputGradient: LaneView, _ batch: BatchExtent) {
    for (group, part) in parts.enumerated() {
      part.weightGradient(
        maps.channels(groups.mapRange(group)), outputGradient.channels(groups.combinationRange(group)), batch)
    }
  }
}

extension ConvolutionEpilogue {
  /// The epilogue from output channel `first` on.
  fileprivate func channels(from first: Int) -> ConvolutionEpilogue {
    switch self {
    case .none: .none
    case .statistics(let sums): .statistics(sums.channels(from: first))
    case .activation(let activation): .activation(activation.channels(from: first))
    }
  }
}
