import Randomness
import Testing

@testable import SearchCore

@Suite("estimates of a study")
struct StudyEstimatesTests {
  /// - Parameter loss: The loss of the last epoch plus the accuracy; `nil` for the same losses in all results.
  static func results(_ space: SearchSpace, count: Int, loss: Double? = nil) throws -> [Work: Observation] {
    let effects = EffectSpace(space)
    var random = StableRandom(seed: 5)
    var results: [Work: Observation] = [:]
    for index in 0..<count {
      let options =
        index == 0 ? effects.layers.map { _ in 0 } : effects.layers.map { random.integer(below: $0.optionCount) }
      let work = Work.example(effects.candidate(options: options), loss == nil ? 0 : index % 5, studySeed: 3)
      let accuracy = 0.6 - 0.01 * Double(options.dropFirst().count { $0 > 0 }) + 0.01 * random.normal()
      var found = result(accuracy: accuracy)
      found[.epochLosses] = loss.map { [$0 - accuracy] } ?? found[.epochLosses]
      results[work] = found
    }
    return results
  }

  @Test("trained candidates and the frontier's untrained ones, with intervals; the same whatever the order")
  func entries() throws {
    let space = try StrategyTests.space(include: ["*conv*"])
    let results = try Self.results(space, count: 40)
    let estimates = try #require(StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 100))
    let candidates = Set(results.keys.map(\.candidate))
    #expect(estimates.trainings == results.count)
    #expect(Set(estimates.entries.filter(\.isTrained).map(\.candidate)) == candidates)
    let untrained = estimates.entries.filter { !$0.isTrained }
    #expect(!untrained.isEmpty && untrained.allSatisfy(\.isOnFrontier))
    for entry in estimates.entries {
      #expect(entry.low < entry.accuracy && entry.accuracy < entry.high)
      #expect((0...1).contains(entry.frontierProbability))
      #expect(entry.cost == space.cost(of: entry.candidate))
      #expect(!entry.withinNoiseOf.contains(entry.candidate))
    }
    // 40 trainings with a noise of one point cannot distinguish neighbors on the frontier.
    #expect(estimates.entries.contains { !$0.withinNoiseOf.isEmpty })
    let frontier = estimates.entries.filter(\.isOnFrontier).sorted { $0.cost.parameters < $1.cost.parameters }
    #expect(frontier.last?.accuracy == frontier.map(\.accuracy).max())
    #expect(
      StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 100)?.entries == estimates.entries)
  }

  /// Computes the values in reverse order.
  private struct Backwards: Workforce {
    func map<Value: Sendable>(_ count: Int, _ value: @Sendable (Int) -> Value) -> [Value] {
      (0..<count).reversed().map(value).reversed()
    }
  }

  @Test("estimates are the same to the bit whoever computes them, in whatever order; similarity is mutual")
  func workforces() throws {
    let space = try StrategyTests.space(include: ["*conv*"])
    let results = try Self.results(space, count: 40)
    let one = try #require(StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 100))
    let other = try #require(
      StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 100, on: Backwards()))
    #expect(one.entries == other.entries && one.expectedLoss == other.expectedLoss)
    let frontier = Dictionary(
      uniqueKeysWithValues: one.entries.filter(\.isOnFrontier).map { ($0.candidate, $0.withinNoiseOf) })
    for (candidate, similar) in frontier {
      #expect(similar.allSatisfy { frontier[$0]?.contains(candidate) == true })
    }
    #expect(one.entries.allSatisfy { $0.isOnFrontier || $0.withinNoiseOf.isEmpty })
  }

  @Test("what mostly diverged is not on the estimated frontier, and moves nothing else")
  func diverged() throws {
    let space = try StrategyTests.space(include: ["*conv*"])
    var results = try Self.results(space, count: 30)
    let before = try #require(StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 100))
    let untrained = try #require(before.entries.first { !$0.isTrained })
    for repetition in 0..<2 {
      results[.example(untrained.candidate, repetition, studySeed: 3)] = result(
        accuracy: 0.1, loss: nil, diverged: true)
    }
    let after = try #require(StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 100))
    #expect(!after.entries.contains { $0.candidate == untrained.candidate })
    for entry in before.entries where entry.isTrained {
      let same = try #require(after.entries.first { $0.candidate == entry.candidate })
      #expect(same.accuracy == entry.accuracy)
    }
    #expect(StudyEstimates(space, results: [:], template: .example(), seed: 1, draws: 100) == nil)
  }
}
