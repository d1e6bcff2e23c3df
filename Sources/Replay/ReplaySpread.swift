import SearchCore

/// The distribution of a figure over replays.
package struct ReplaySpread: Codable, Hashable, Sendable {
  package var median: Double
  package var lowerQuartile: Double
  package var upperQuartile: Double
  package var mean: Double
  /// The standard error of the mean; `nil` for one replay.
  package var standardError: Double?

  /// Returns `nil` without values.
  package init?(_ values: [Double]) {
    guard let median = Statistics.median(values) else { return nil }
    let sorted = values.sorted()
    self.median = median
    lowerQuartile = Self.quantile(0.25, of: sorted)
    upperQuartile = Self.quantile(0.75, of: sorted)
    mean = Statistics.mean(values)
    standardError = Statistics.sampleVariance(values).map { ($0 / Double(values.count)).squareRoot() }
  }

  /// Interpolates linearly between the two nearest values (type 7 of Hyndman and Fan).
  private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
