import Testing

@testable import Studies

@Suite("progress on a line")
struct ProgressFactsTests {
  private let facts = ProgressFacts(
    settled: 37, expected: 120, failed: 1, running: 2, workers: 1, ratePerSecond: 1.4, secondsLeft: 59.3,
    highest: .init(accuracy: 0.7134, seeds: 2, parameterRatio: 0.61), denseAccuracy: 0.722)

  @Test("progress fits every width, and tells more where there is room", arguments: 20...200)
  func progressFits(width: Int) {
    let bar = facts.bar(width: width)
    #expect(bar.count <= width)
    #expect(bar.contains("37/120"))
    if width >= 120 {
      for fact in ["1 failed", "2 running", "60 s left", "71.3 %", "1.4/s", "dense 72.2 %", "█"] {
        #expect(bar.contains(fact), "\(fact)")
      }
    }
  }
}
