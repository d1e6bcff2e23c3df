import Randomness
import Testing

@testable import SearchCore

@Suite("recommendations")
struct RecommendationsTests {
  private static func results(_ space: SearchSpace) -> [Work: Observation] {
    let effects = EffectSpace(space)
    var random = StableRandom(seed: 5)
    var results: [Work: Observation] = [:]
    for index in 0..<40 {
      let options =
        index == 0 ? effects.layers.map { _ in 0 } : effects.layers.map { random.integer(below: $0.optionCount) }
      let accuracy = 0.6 - 0.01 * Double(options.count { $0 > 0 }) + 0.005 * random.normal()
      results[.example(effects.candidate(options: options), 0, studySeed: 3)] = result(accuracy: accuracy)
    }
    return results
  }

  @Test("within the constraints, by accuracy or by size, with the estimates' own numbers")
  func order() throws {
    let space = try StrategyTests.space(include: ["*conv*"])
    let results = Self.results(space)
    let half = CostConstraints(parameters: .share(0.5), multiplyAdds: nil, dense: space.denseCost)
    let found = try #require(Recommendations(space, results: results, template: .example(), within: half))
    #expect(!found.entries.isEmpty && found.entries.allSatisfy { half.allow($0.cost) })
    #expect(found.entries.map(\.accuracy) == found.entries.map(\.accuracy).sorted(by: >))
    #expect(found.entries.contains { !$0.isTrained })
    let estimates = try #require(
      StudyEstimates(space, results: results, template: .example(), seed: 1, within: half, draws: 20))
    for entry in found.entries {
      let same = try #require(estimates.entries.first { $0.candidate == entry.candidate })
      #expect(same.accuracy == entry.accuracy && same.low == entry.low && same.high == entry.high && same.isOnFrontier)
    }
    let all = try #require(Recommendations(space, results: results, template: .example(), within: .none))
    let floor = all.entries[all.entries.count / 2].accuracy
    let smallest = all.best(3, atLeast: floor, isAccuracySought: false)
    #expect(smallest.count == 3 && smallest.allSatisfy { $0.accuracy >= floor })
    let fewest = all.entries.filter { $0.accuracy >= floor }.map(\.cost.parameters).min()
    #expect(smallest.first?.cost.parameters == fewest)
    #expect(all.best(2).map(\.accuracy) == all.entries.prefix(2).map(\.accuracy))
    #expect(all.best(5, atLeast: 0.99).isEmpty)
  }

  @Test("nothing is named without a sound training, and nothing that mostly diverged")
  func diverged() throws {
    let space = try StrategyTests.space(include: ["*conv*"])
    var results = Self.results(space)
    let named = try #require(Recommendations(space, results: results, template: .example(), within: .none)).entries[1]
      .candidate
    for repetition in 5..<8 {
      results[.example(named, repetition, studySeed: 3)] = result(accuracy: 0.1, loss: nil, diverged: true)
    }
    let after = try #require(Recommendations(space, results: results, template: .example(), within: .none))
    #expect(!after.entries.contains { $0.candidate == named })
    // Candidates that this one alone would have dominated are named in its place.
    let estimates = try #require(StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 20))
    for entry in estimates.entries where entry.isTrained && entry.candidate != named {
      let isBeaten = after.entries.contains {
        $0.accuracy >= entry.accuracy && $0.cost.parameters <= entry.cost.parameters
          && $0.cost.multiplyAdds <= entry.cost.multiplyAdds
      }
      #expect(isBeaten, "\(entry.candidate)")
    }
    #expect(Recommendations(space, results: [:], template: .example(), within: .none) == nil)
  }
}
