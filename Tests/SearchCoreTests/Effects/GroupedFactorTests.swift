import Randomness
import Testing

@testable import SearchCore

@Suite("trainings grouped by candidates")
struct GroupedFactorTests {
  /// Trainings of a space with pairs. Some candidates repeat, some seeds are shared and some are not; with one rung or
  /// three, at which some figures are of the same training.
  private static func trainings(_ space: EffectSpace, count: Int, rungs: Int) -> [EffectTraining] {
    var random = StableRandom(seed: 8)
    var known: [[Int]] = []
    return (0..<count).flatMap { index -> [EffectTraining] in
      let options =
        index % 4 == 3
        ? known[random.integer(below: known.count)]
        : space.layers.map { random.integer(below: 2) == 0 ? 0 : random.integer(below: $0.optionCount) }
      known.append(options)
      let seed = index % 5 == 0 ? UInt64(1000 + index) : UInt64(random.integer(below: 4))
      let score = 60 - Double(options.count { $0 > 0 }) + random.normal()
      let depth = rungs == 1 ? 0 : random.integer(below: rungs)
      return (0...depth).map { step in
        let rung = rungs - 1 - step
        return EffectTraining(options: options, seed: seed, score: score - 5 * Double(rung), rung: rung)
      }.filter { rungs > 1 || $0.rung == 0 }
    }
  }

  private func expectClose(_ left: Double, _ right: Double, _ what: String, _ tolerance: Double = 1e-9) {
    #expect(abs(left - right) <= tolerance * max(1, abs(left)), "\(what): \(left) \(right)")
  }

  @Test("say the same as read one by one, to nine digits", arguments: [1, 3])
  func same(rungs: Int) throws {
    let space = EffectSpace(try StrategyTests.space(include: ["*conv*"]))
    let trainings = Self.trainings(space, count: 120, rungs: rungs)
    let whole = EffectModel(space: space, trainings: trainings)
    let grouped = EffectModel(space: space, trainings: trainings, isGrouped: true)
    #expect(whole.priors == grouped.priors)
    expectClose(whole.factor.logDeterminant, grouped.factor.logDeterminant, "determinant")
    for (left, right) in zip(whole.residuals, grouped.residuals) { expectClose(left, right, "residual") }
    var random = StableRandom(seed: 3)
    let untrained = (0..<20).map { _ in space.layers.map { random.integer(below: $0.optionCount) } }
    for options in whole.trained + untrained {
      let (left, right) = (whole.estimate(options), grouped.estimate(options))
      expectClose(left.mean, right.mean, "mean")
      expectClose(left.deviation, right.deviation, "deviation")
      guard let held = whole.heldOut(options) else { continue }
      let other = try #require(grouped.heldOut(options))
      expectClose(held.mean, other.mean, "held out")
      expectClose(held.deviation, other.deviation, "its deviation")
    }
    for (index, layer) in space.layers.enumerated() {
      for option in 1..<layer.optionCount {
        let row = whole.weights.row(ofLayer: index, option: option)
        expectClose(whole.combination(row).mean, grouped.combination(row).mean, "effect")
        expectClose(whole.combination(row).deviation, grouped.combination(row).deviation, "its deviation")
      }
    }
    var (one, other) = (StableRandom(seed: 9), StableRandom(seed: 9))
    for _ in 0..<5 {
      let (left, right) = (whole.draw(&one), grouped.draw(&other))
      expectClose(left.effects.base, right.effects.base, "base")
      for (left, right) in zip(left.particular, right.particular) { expectClose(left, right, "particular") }
      for options in untrained {
        expectClose(left.effects.damage(options, in: space), right.effects.damage(options, in: space), "damage")
      }
    }
  }

  @Test("give the same estimates of a study, and those of thousands of trainings take memory for each of them")
  func thousands() throws {
    let space = try StrategyTests.space(include: ["*conv*"])
    let results = try StudyEstimatesTests.results(space, count: 60)
    let whole = try #require(StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 100))
    let grouped = try #require(
      StudyEstimates(space, results: results, template: .example(), seed: 1, draws: 100, groupedBeyond: 10))
    #expect(whole.entries.map(\.candidate) == grouped.entries.map(\.candidate))
    for (left, right) in zip(whole.entries, grouped.entries) {
      expectClose(left.accuracy, right.accuracy, "accuracy")
      expectClose(left.low, right.low, "low")
      expectClose(left.frontierProbability, right.frontierProbability, "probability")
    }
    // Without groups, six thousand figures would take 1.5 GB.
    let many = try StudyEstimatesTests.results(space, count: 3000, loss: 1.5)
    let estimates = try #require(StudyEstimates(space, results: many, template: .example(), seed: 1, draws: 20))
    #expect(estimates.trainings == many.count && many.count > 2_000)
    #expect(estimates.entries.allSatisfy { $0.low < $0.accuracy && $0.accuracy < $0.high })
  }
}
