import Testing

@testable import SearchCore

@Suite("Standardized features")
struct StandardizedTests {
  @Test("values that differ by next to nothing are all 0", arguments: [0, 2.5e-162, 1e-120])
  func nearlyEqual(value: Double) {
    #expect(EffectSpace.standardized([0, 0, value, 0]) == [0, 0, 0, 0])
  }

  @Test("values are scaled to mean 0 and variance 1")
  func scaled() {
    #expect(EffectSpace.standardized([1, 3]) == [-1, 1])
  }
}
