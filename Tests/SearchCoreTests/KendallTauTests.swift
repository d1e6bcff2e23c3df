import Foundation
import Randomness
import Testing

@testable import SearchCore

@Suite("agreement of rungs")
struct KendallTauTests {
  private static func drawn(_ count: Int, correlation: Double, _ random: inout StableRandom) -> [(
    lower: Double, higher: Double
  )] {
    (0..<count).map { _ in
      let (shared, other) = (random.normal(), random.normal())
      return (shared, correlation * shared + (1 - correlation * correlation).squareRoot() * other)
    }
  }

  @Test("all pairs within bands are counted, ties for nothing, and the interval is the formula's")
  func pairs() {
    var random = StableRandom(seed: 4)
    for sizes in [[5], [2, 9, 1], [12, 12, 7], [30]] {
      let bands = sizes.map { size in
        // Rounded, so that there are ties.
        Self.drawn(size, correlation: 0.6, &random).map {
          (lower: ($0.lower * 2).rounded(), higher: ($0.higher * 2).rounded())
        }
      }
      var (sum, count) = (0.0, 0.0)
      for band in bands {
        for i in band.indices {
          for j in band.indices where i != j {
            let product = (band[i].lower - band[j].lower) * (band[i].higher - band[j].higher)
            sum += product > 0 ? 0.5 : product < 0 ? -0.5 : 0
            count += 0.5
          }
        }
      }
      let tau = KendallTau(bands: bands)
      #expect(abs(tau.value - sum / count) < 1e-12)
      #expect(tau.candidates == sizes.filter { $0 > 1 }.reduce(0, +))
      let degrees = sizes.reduce(0) { $0 + max(0, $1 - 4) }
      let width = 1.644_853_626_951_472 * (0.437 / Double(degrees)).squareRoot()
      #expect(abs(tau.low - tanh(atanh(tau.value) - width)) < 1e-12)
      #expect(abs(tau.high - tanh(atanh(tau.value) + width)) < 1e-12)
    }
  }

  @Test("few say nothing, and agreement of all is no certainty")
  func few() {
    let agreeing = (0..<40).map { (lower: Double($0), higher: Double($0)) }
    for bands in [[], [[]], [Array(agreeing.prefix(4))], [Array(agreeing.prefix(1)), Array(agreeing.prefix(3))]] {
      let tau = KendallTau(bands: bands)
      #expect(tau.low == -1 && tau.high == 1)
    }
    let six = KendallTau(bands: [Array(agreeing.prefix(6))])
    #expect(six.value == 1 && six.low < 0.8 && six.high < 1)
    let many = KendallTau(bands: [agreeing])
    #expect(many.low > 0.95)
    let reversed = KendallTau(bands: [agreeing.map { ($0.lower, -$0.higher) }])
    #expect(reversed.value == -1 && reversed.high == -many.low)
  }

  @Test("nine of ten intervals hold the true agreement", arguments: [0.0, 0.5, 0.8])
  func coverage(correlation: Double) {
    let truth = 2 / Double.pi * asin(correlation)
    var random = StableRandom(seed: 6)
    let inside = (0..<600).count { number in
      let sizes = number % 2 == 0 ? [24] : [12, 12]
      let tau = KendallTau(bands: sizes.map { Self.drawn($0, correlation: correlation, &random) })
      return tau.low <= truth && truth <= tau.high
    }
    #expect((510...585).contains(inside), "\(inside) of 600")
  }
}
