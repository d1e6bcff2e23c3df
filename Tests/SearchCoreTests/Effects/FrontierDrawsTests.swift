import Randomness
import Testing

@testable import SearchCore

@Suite("what is known of a frontier")
struct FrontierDrawsTests {
  private static func space(_ include: [String]) throws -> EffectSpace {
    EffectSpace(
      try SearchSpace(architecture: Architecture(.resnet8), ranks: .fractions([0.25, 0.5]), include: include))
  }

  private static func everyCandidate(of space: EffectSpace) -> [[Int]] {
    space.layers.reduce([[]]) { lists, layer in lists.flatMap { list in (0..<layer.optionCount).map { list + [$0] } } }
  }

  private static func trainings(
    _ candidates: [[Int]], of truth: Effects, in space: EffectSpace, noise: Double, _ random: inout StableRandom
  ) -> [EffectTraining] {
    candidates.map { options in
      EffectTraining(
        options: options, seed: 1,
        score: truth.base - truth.damage(options, in: space) + noise * random.normal())
    }
  }

  @Test("a candidate's probability to be on the frontier is that of enumerating all candidates in every draw")
  func probability() throws {
    let space = try Self.space(["layer2.0.*", "layer3.0.conv2"])
    let all = Self.everyCandidate(of: space)
    #expect(all.count == 27)
    var random = StableRandom(seed: 3)
    let truth = EffectModel(space: space, trainings: []).draw(&random).effects
    let trained = [all[0], all[26], all[13], all[5], all[5], all[19]]
    let model = EffectModel(
      space: space, trainings: Self.trainings(trained, of: truth, in: space, noise: 1, &random))
    var draws = StableRandom(seed: 4)
    var again = draws
    let count = 300
    let known = FrontierDraws(model, solver: .coarse(space), count: count, random: &draws)
    var unbeaten = Array(repeating: 0, count: all.count)
    for _ in 0..<count {
      let world = model.draw(&again)
      let accuracies = all.map { options in
        world.effects.base - world.effects.damage(options, in: space)
          + (model.trained.firstIndex(of: options).map { world.particular[$0] } ?? 0)
      }
      for (index, options) in all.enumerated() {
        let cost = space.cost(options: options)
        let isBeaten = all.indices.contains { other in
          let otherCost = space.cost(options: all[other])
          return otherCost.parameters <= cost.parameters && otherCost.multiplyAdds <= cost.multiplyAdds
            && accuracies[other] > accuracies[index] + 1e-9
        }
        if !isBeaten { unbeaten[index] += 1 }
      }
    }
    for (index, options) in all.enumerated() {
      // A trained candidate that the effects alone would put on the frontier may hide an untrained one behind it.
      let share = Double(unbeaten[index]) / Double(count)
      #expect(abs(known.frontierProbability(of: options) - share) <= 0.1, "\(options)")
    }
  }

  @Test("where every candidate was trained often nothing is expected to be lost: none counts a second time, untrained")
  func nothingToLose() throws {
    let space = try Self.space(["layer1.0.conv1"])
    var random = StableRandom(seed: 14)
    let accuracies = (0..<space.layers[0].optionCount).map { 70 - Double($0) }
    let trainings = accuracies.indices.flatMap { option in
      (0..<150).map { number in
        EffectTraining(
          options: [option], seed: UInt64(1000 * option + number),
          score: accuracies[option] + (number % 2 == 0 ? 0.5 : -0.5))
      }
    }
    let model = EffectModel(space: space, trainings: trainings)
    let loss = FrontierDraws(model, solver: FrontierSolver(space: space), count: 64, random: &random).expectedLoss(
      of: FrontierEstimate(model, solver: FrontierSolver(space: space)), at: CostLevels(space))
    #expect(try #require(loss) < 0.005)
  }

  @Test("the expected loss falls with what is known, and is nothing where all is known")
  func expectedLoss() throws {
    let space = try Self.space(["*conv*"])
    var random = StableRandom(seed: 12)
    let truth = EffectModel(space: space, trainings: []).draw(&random).effects
    let solver = FrontierSolver.coarse(space)
    let losses = try [10, 40, 160].map { count in
      let candidates = (0..<count).map { _ in space.layers.map { random.integer(below: $0.optionCount) } }
      let model = EffectModel(
        space: space, trainings: Self.trainings(candidates, of: truth, in: space, noise: 1, &random),
        priors: .default)
      return try #require(
        FrontierDraws(model, solver: solver, count: 64, random: &random).expectedLoss(
          of: FrontierEstimate(model, solver: FrontierSolver(space: space)), at: CostLevels(space)))
    }
    #expect(losses[0] > losses[1] && losses[1] > losses[2] && losses[2] > 0)
  }

  @Test("the estimate names trained candidates with what is particular to them")
  func estimate() throws {
    let space = try Self.space(["*conv*"])
    var random = StableRandom(seed: 13)
    let truth = EffectModel(space: space, trainings: []).draw(&random).effects
    let candidates = (0..<30).map { _ in space.layers.map { random.integer(below: $0.optionCount) } }
    var trainings = Self.trainings(candidates, of: truth, in: space, noise: 0.3, &random)
    let lucky = space.layers.map { _ in 1 }
    for seed in 0..<20 as Range<UInt64> {
      trainings.append(EffectTraining(options: lucky, seed: seed, score: truth.base + 4))
    }
    let model = EffectModel(space: space, trainings: trainings)
    let estimate = FrontierEstimate(model, solver: FrontierSolver(space: space))
    let best = try #require(estimate.entries.first)
    #expect(best.options == lucky && best.isTrained)
    #expect(abs(best.accuracy - model.estimate(lucky).mean) < 1e-9)
    // The smallest candidate is also the best, so it is the whole frontier.
    #expect(estimate.entries.count == 1)
    #expect(estimate.named(within: CostConstraints(parameters: 1, multiplyAdds: nil)) == nil)
  }

  @Test("levels run from the smallest candidate to the dense network, and their sequence spreads between")
  func levels() throws {
    let space = try Self.space(["*conv*"])
    let levels = CostLevels(space, count: 40)
    let smallest = space.cost(options: space.layers.map { _ in 1 })
    #expect(levels.levels.count == 80)
    #expect(levels.levels.first?.parameters == smallest.parameters)
    #expect(levels.levels[39].parameters == space.denseCost.parameters)
    #expect(levels.levels[40].multiplyAdds == smallest.multiplyAdds)
    #expect(levels.levels.last?.multiplyAdds == space.denseCost.multiplyAdds)
    let spread = (0..<32).map(levels.spread)
    #expect(spread.compactMap(\.parameters).count == 16)
    let sorted = spread.compactMap(\.parameters).sorted()
    let gaps = zip(sorted, sorted.dropFirst()).map { $1 - $0 }
    let range = space.denseCost.parameters - smallest.parameters
    #expect(gaps.allSatisfy { $0 < range / 6 })
    #expect(sorted.allSatisfy { (smallest.parameters...space.denseCost.parameters).contains($0) })
  }
}
