import Testing

@testable import SearchCore

@Suite("confirmation")
struct ConfirmationTests {
  @Test(
    "quantiles of Student's t",
    arguments: [
      (1, 0.975, 12.706_204_736), (2, 0.975, 4.302_652_730), (3, 0.95, 2.353_363_435), (7, 0.995, 3.499_483_297),
      (10, 0.975, 2.228_138_852), (30, 0.975, 2.042_272_456),
    ])
  func quantiles(count: Int, probability: Double, expected: Double) {
    #expect(abs(StudentT.quantile(probability, degreesOfFreedom: count) - expected) < 1e-8)
  }

  private func work(_ candidate: Candidate, _ repetition: Int) -> Work { .example(candidate, repetition, studySeed: 1) }

  @Test("differences are paired by seed, intervals corrected for their number; what a search has seen does not count")
  func paired() throws {
    let first = Candidate(ranks: ["layer1.0.conv1": 4])
    let second = Candidate(ranks: ["layer1.0.conv2": 4])
    var results: [Work: Observation] = [work(first, 0): result(accuracy: 0.9)]
    // Seeds differ much, differences under one seed differ little.
    for (index, luck) in [0.0, 0.02, -0.02, 0.01].enumerated() {
      let repetition = Confirmation.firstRepetition + index
      results[work(.dense, repetition)] = result(accuracy: 0.5 + luck)
      results[work(first, repetition)] = result(accuracy: 0.49 + luck + (index % 2 == 0 ? 0.001 : -0.001))
      results[work(second, repetition)] = result(accuracy: 0.5 + luck + (index % 2 == 0 ? 0.001 : -0.001))
    }
    results[work(second, Confirmation.firstRepetition + 4)] = result(accuracy: 0.1, diverged: true)
    let entries = Confirmation(results).entries
    #expect(entries.map(\.candidate) == [.dense, first, second])
    #expect(entries[0].difference == nil)
    #expect(abs(entries[0].accuracy - 0.5025) < 1e-12)
    let clear = entries[1]
    #expect(clear.seeds == 4)
    #expect(abs(try #require(clear.difference) + 0.01) < 1e-12)
    // Two intervals, each at 1 − 0.05/2, so that both hold together.
    let error = 0.001 * (4.0 / 3).squareRoot() / 2
    let width = StudentT.quantile(1 - 0.025 / 2, degreesOfFreedom: 3) * error
    #expect(abs(try #require(clear.low) - (-0.01 - width)) < 1e-12)
    #expect(try #require(clear.high) < 0)
    let unclear = entries[2]
    #expect(abs(try #require(unclear.high) - width) < 1e-12)
  }

  @Test("without the dense network, or with one seed, there is a mean and no difference")
  func lonely() {
    let candidate = Candidate(ranks: ["layer1.0.conv1": 4])
    let repetition = Confirmation.firstRepetition
    #expect(Confirmation([:]).entries.isEmpty)
    let entries = Confirmation([
      work(candidate, repetition): result(accuracy: 0.4), work(.dense, repetition): result(accuracy: 0.5),
    ]).entries
    #expect(entries.allSatisfy { $0.difference == nil && $0.low == nil })
    #expect(entries.map(\.accuracy) == [0.5, 0.4])
  }
}
