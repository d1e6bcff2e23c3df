/// The ranks below which a layer as a basis convolution takes less than the dense one: at `parameters` and
/// `multiplyAdds` it takes as much or more, at every rank below them less (of those that groups divide).
public struct GainRanks: Hashable, Codable, Sendable {
  /// By parameters, and by multiply-adds of the forward pass alone, which are as many at every pixel.
  public var parameters: Int
  /// By multiply-adds of forward, input gradient and weight gradient together.
  public var multiplyAdds: Int
}

extension Layer {
  /// - Parameter readsImages: whether it is the stem: the gradient of its input is not needed.
  package func gainRanks(variant: BasisVariant, readsImages: Bool) -> GainRanks {
    // Of the step's three passes over the coefficients' weights, so many go through the filters, too.
    let passes = readsImages ? 2 : 3
    return GainRanks(
      parameters: gainRank(variant, filterPasses: 1, coefficientPasses: 1),
      multiplyAdds: gainRank(variant, filterPasses: passes, coefficientPasses: 3))
  }

  /// The least rank r that does not satisfy a·rK + c·(coefficients) < a·NK, for a passes over the filters and c over
  /// the coefficients: (N − r)(aK − cr/G) > 0 in G groups, r·(aK + cN) < aNK for `full`. A tied layer is taken alone.
  private func gainRank(_ variant: BasisVariant, filterPasses a: Int, coefficientPasses c: Int) -> Int {
    let (n, k) = (outputChannels, filterSize)
    func ceilingOfQuotient(_ numerator: Int, _ denominator: Int) -> Int { (numerator + denominator - 1) / denominator }
    guard variant.keepsMaps else { return ceilingOfQuotient(a * n * k, a * k + c * n) }
    return min(n, ceilingOfQuotient(a * k * variant.groups, c))
  }
}

/// Below which rank a layer gains by what was measured at some ranks.
package enum MeasuredGain: Hashable, Sendable {
  /// Between two measured ranks, on the line between them.
  case below(Double)
  /// It gains at all measured ranks, the largest of which this is.
  case upTo(Int)
  /// It gains at none, of which this is the smallest.
  case noneFrom(Int)

  /// - Parameters:
  ///   - dense: what the dense layer takes.
  ///   - measured: what it takes at each rank; ranks may occur several times, and their mean counts.
  /// - Returns: nil where nothing was measured.
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
