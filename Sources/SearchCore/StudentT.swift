#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Student's t distribution for whole degrees of freedom, to about ten digits: for reports, not for decisions.
enum StudentT {
  /// Returns P(T ≤ t), by its finite sums (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).
  static func cumulative(_ t: Double, degreesOfFreedom count: Int) -> Double {
    let angle = atan(t / Double(count).squareRoot())
    let (sine, cosine) = (sin(angle), cos(angle))
    var sum = 0.0
    var term = count % 2 == 1 ? cosine : 1.0
    var index = count % 2 == 1 ? 1 : 0
    while index <= count - 2 {
      sum += term
      index += 2
      term *= cosine * cosine * Double(index - 1) / Double(index)
    }
    let both = count % 2 == 1 ? 2 / Double.pi * (angle + sine * sum) : sine * sum
    return 0.5 + both / 2
  }

  /// - Parameter probability: Above 0.5 and below 1.
  static func quantile(_ probability: Double, degreesOfFreedom count: Int) -> Double {
    var (low, high) = (0.0, 1.0)
    while cumulative(high, degreesOfFreedom: count) < probability, high < 1e12 { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if cumulative(middle, degreesOfFreedom: count) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
