import Foundation
import Randomness
import Testing

@Suite("StableMath")
struct StableMathTests {
  @Test("exponential, logarithm and cosine agree with the C library to about the last bits")
  func elementaryFunctions() {
    for step in 0...2000 {
      let x = Double(step) * 0.37
      #expect(abs(StableMath.exponential(ofNonPositive: -x) - exp(-x)) <= 4e-15 * exp(-x) + 1e-300)
      #expect(abs(StableMath.logarithm(x + 0.01) - log(x + 0.01)) <= 4e-15 * max(1, abs(log(x + 0.01))))
      #expect(abs(StableMath.cosineOfHalfTurns(Double(step) / 2000) - cos(Double.pi * Double(step) / 2000)) < 2e-15)
    }
  }

  @Test("the logarithm is right far from 1 too", arguments: [1e-300, 1e-9, 0.1, 0.999_999, 1, 1.5, 2, 1e10])
  func logarithm(x: Double) {
    #expect(abs(StableMath.logarithm(x) - log(x)) <= 4e-16 * max(1, abs(log(x))))
  }
}
