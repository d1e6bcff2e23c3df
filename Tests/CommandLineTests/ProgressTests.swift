import Testing

@testable import layersearch

@Suite("progress on a terminal")
struct ProgressTests {
  private let facts = ProgressFacts(
    settled: 37, expected: 120, failed: 1, running: 2, workers: 1, ratePerSecond: 1.4, secondsLeft: 59.3,
    highest: .init(accuracy: 0.7134, seeds: 2, parameterRatio: 0.61), denseAccuracy: 0.722)

  @Test("a bar is empty at first and full at the end")
  func barEnds() {
    #expect(ProgressBar.text(done: 0, of: 3, columns: 5) == "▕     ▏")
    #expect(ProgressBar.text(done: 3, of: 3, columns: 5) == "▕█████▏")
    #expect(ProgressBar.text(done: 1, of: 0, columns: 2) == "▕  ▏")
    for done in 0...100 { #expect(ProgressBar.text(done: done, of: 100, columns: 7).count == 9) }
  }

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
