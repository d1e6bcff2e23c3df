/// The median of measurements, and an interval that contains the median of their distribution, whatever that is, with a
/// confidence of 90 % or more. Its ends are two of the measurements, chosen by the binomial distribution (the interval
/// of the sign test). For fewer than five measurements they are the least and the greatest, with less confidence.
package struct MedianInterval: Hashable, Sendable {
  package let median: Double
  package let low: Double
  package let high: Double

  /// Returns `nil` without values.
  package init?(_ values: [Double]) {
    guard let median = Statistics.median(values) else { return nil }
    let sorted = values.sorted()
    // The largest number for which, with a probability of at most 5 %, no more values than this lie below the median.
    var place = 0
    var probability = 1.0
    for _ in sorted { probability /= 2 }
    var below = probability
    while place + 1 < (sorted.count + 1) / 2 {
      probability *= Double(sorted.count - place) / Double(place + 1)
      below += probability
      guard below <= 0.05 else { break }
      place += 1
    }
    self.median = median
    low = sorted[place]
    high = sorted[sorted.count - 1 - place]
  }
}
