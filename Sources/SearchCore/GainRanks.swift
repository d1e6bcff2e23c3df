/// The ranks below which a layer takes less as a basis convolution than as a dense one. At `parameters` and
/// `multiplyAdds` it takes as much or more; at every rank below, less (in groups, at every rank that they divide).
public struct GainRanks: Hashable, Codable, Sendable {
  /// By parameters, which is also by multiply-adds of the forward pass alone: one per weight at every pixel.
  public var parameters: Int
  /// By multiply-adds of forward, input gradient and weight gradient together.
  public var multiplyAdds: Int
}

extension Layer {
  /// - Parameter readsImages: Whether the layer is the stem, whose input needs no gradient.
  package func gainRanks(variant: BasisVariant, readsImages: Bool) -> GainRanks {
    // Of the step's three passes over the coefficients' weights, this number also goes through the filters.
    let passes = readsImages ? 2 : 3
    return GainRanks(
      parameters: gainRank(variant, filterPasses: 1, coefficientPasses: 1),
      multiplyAdds: gainRank(variant, filterPasses: passes, coefficientPasses: 3))
  }

  /// Returns the least rank r that does not satisfy a·rK + c·(coefficients) < a·NK, for a passes over the filters and c
  /// over the coefficients: (N − r)(aK − cr/G) > 0 in G groups, r·(aK + cN) < aNK for `full`. A tied layer is counted
  /// as if it were alone.
  private func gainRank(_ variant: BasisVariant, filterPasses a: Int, coefficientPasses c: Int) -> Int {
    let (n, k) = (outputChannels, filterSize)
    func ceilingOfQuotient(_ numerator: Int, _ denominator: Int) -> Int { (numerator + denominator - 1) / denominator }
    guard variant.keepsMaps else { return ceilingOfQuotient(a * n * k, a * k + c * n) }
    return min(n, ceilingOfQuotient(a * k * variant.groups, c))
  }
}

/// The rank below which a layer gains, according to measurements at some ranks.
package enum MeasuredGain: Hashable, Sendable {
  /// A rank between two measured ones, by linear interpolation.
  case below(Double)
  /// The layer gains at all measured ranks, of which this is the largest.
  case upTo(Int)
  /// The layer gains at none of the measured ranks, of which this is the smallest.
  case noneFrom(Int)

  /// - Parameters:
  ///   - dense: The measured value of the dense layer.
  ///   - measured: The layer's value at each rank; for a rank that occurs several times, the mean counts.
  /// - Returns: `nil` if nothing was measured.
  package init?(dense: Double, measured: [(rank: Int, value: Double)]) {
    let points = Dictionary(grouping: measured, by: \.rank).map { rank, points in
      (rank: rank, value: points.reduce(0) { $0 + $1.value } / Double(points.count))
    }.sorted { $0.rank < $1.rank }
    guard let first = points.first, let last = points.last else { return nil }
    guard let crossing = points.firstIndex(where: { $0.value >= dense }) else {
      self = .upTo(last.rank)
      return
    }
    guard crossing > 0 else {
      self = .noneFrom(first.rank)
      return
    }
    let (lower, upper) = (points[crossing - 1], points[crossing])
    let share = (dense - lower.value) / (upper.value - lower.value)
    self = .below(Double(lower.rank) + share * Double(upper.rank - lower.rank))
  }
}
