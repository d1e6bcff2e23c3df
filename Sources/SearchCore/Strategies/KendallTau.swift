import Randomness

/// The agreement of two rungs on candidates of similar cost: Kendall's τ over the pairs within bands.
///
/// With S the number of concordant minus discordant pairs among the M pairs that share a band (ties add nothing to S),
/// τ = S / M. Its 90 % interval is that of Fieller, Hartley and Pearson (1957), who found that z = artanh τ is about
/// normal with variance 0.437 / (n − 4). For bands of n_b candidates with a common τ, Σ (n_b − 4) replaces n − 4; bands
/// of four or fewer candidates add nothing to it. If all pairs agree, or none does, one of them counts as undecided, so
/// that z is finite.
package struct KendallTau: Hashable, Sendable {
  package let value: Double
  /// The ends of the 90 % interval; −1 and 1 if there are too few candidates for one.
  package let low: Double
  package let high: Double
  /// The number of candidates in bands with at least one pair.
  package let candidates: Int

  private static let reach = 1.644_853_626_951_472
  private static let variance = 0.437
  private static let lostToBand = 4

  /// - Parameter bands: for each band, the scores of its candidates at the two rungs.
  package init(bands: [[(lower: Double, higher: Double)]]) {
    var sum = 0
    var pairs = 0
    var counted = 0
    var degrees = 0
    for band in bands where band.count > 1 {
      counted += band.count
      degrees += max(0, band.count - Self.lostToBand)
      for (index, left) in band.enumerated() {
        for right in band[(index + 1)...] {
          pairs += 1
          sum += Self.sign(left.lower - right.lower) * Self.sign(left.higher - right.higher)
        }
      }
    }
    candidates = counted
    value = pairs == 0 ? 0 : Double(sum) / Double(pairs)
    guard degrees > 0 else {
      (low, high) = (-1, 1)
      return
    }
    let bounded = Double(max(1 - pairs, min(pairs - 1, sum))) / Double(pairs)
    let center = StableMath.logarithm((1 + bounded) / (1 - bounded)) / 2
    let width = Self.reach * (Self.variance / Double(degrees)).squareRoot()
    low = Self.hyperbolicTangent(center - width)
    high = Self.hyperbolicTangent(center + width)
  }

  private static func sign(_ difference: Double) -> Int { difference > 0 ? 1 : difference < 0 ? -1 : 0 }

  private static func hyperbolicTangent(_ z: Double) -> Double {
    let small = StableMath.exponential(ofNonPositive: -2 * abs(z))
    let size = (1 - small) / (1 + small)
    return z < 0 ? -size : size
  }
}
