import Randomness
import Testing

@testable import SearchCore

@Suite("balanced design")
struct BalancedDesignTests {
  private static func space(_ model: Model = .resnet20, _ fractions: [Double] = [0.25, 0.5]) throws -> EffectSpace {
    EffectSpace(
      try SearchSpace(architecture: Architecture(model), ranks: .fractions(fractions), include: ["*conv*"]))
  }

  @Test("every option of a layer equally often, pairs of layers about so", arguments: [1, 2, 3])
  func balance(seed: UInt64) throws {
    var random = StableRandom(seed: seed)
    let space = try Self.space()
    let count = 60
    let design = BalancedDesign.candidates(in: space, count: count, besides: [], random: &random)
    #expect(design.count == count)
    #expect(Set(design).count == count)
    let share = count / 3
    var worst = 0
    for layer in space.layers.indices {
      for option in 0..<3 {
        worst = max(worst, abs(design.count { $0[layer] == option } - share))
        for other in 0..<layer {
          for with in 0..<3 {
            let both = design.count { $0[layer] == option && $0[other] == with }
            // 20/3 each. Random designs have from 1 to 14.
            #expect((3...11).contains(both), "\(layer) \(option) \(other) \(with): \(both)")
          }
        }
      }
    }
    #expect(worst <= 3)
  }

  @Test("informs more than as many random candidates")
  func information() throws {
    var random = StableRandom(seed: 4)
    let space = try Self.space()
    let references = (0..<3).map { option in space.layers.map { _ in option } }
    let design = BalancedDesign.candidates(in: space, count: 60, besides: references, random: &random)
    // Priors under which layers differ much and tell little about each other.
    var priors = EffectPriors.default
    for _ in 0..<3 { priors = priors.moved(.layer, by: 1) ?? priors }
    func deviations(_ candidates: [[Int]]) -> Double {
      let trainings = (references + candidates).map { EffectTraining(options: $0, seed: 1, score: 50) }
      let model = EffectModel(space: space, trainings: trainings, priors: priors)
      var asked = StableRandom(seed: 99)
      return Statistics.mean(
        (0..<200).map { _ in
          let deviation = model.estimate(space.layers.map { asked.integer(below: $0.optionCount) }).deviation
          return deviation * deviation
        })
    }
    let others = (0..<10).map { _ in
      deviations((0..<60).map { _ in space.layers.map { random.integer(below: $0.optionCount) } })
    }
    #expect(deviations(design) < others.min() ?? 0)
  }

  @Test("what is given does not come back; small spaces are exhausted; constraints hold")
  func limits() throws {
    var random = StableRandom(seed: 5)
    let space = EffectSpace(
      try SearchSpace(
        architecture: Architecture(.resnet8), ranks: .fractions([0.25]), include: ["layer1.0.*", "layer2.0.*"]))
    let given = [[0, 0, 0, 0], [1, 1, 1, 1]]
    let all = BalancedDesign.candidates(in: space, count: 100, besides: given, random: &random)
    #expect(Set(all).count == 14 && all.count == 14)
    #expect(Set(all).isDisjoint(with: given))
    let large = try Self.space()
    let most = large.denseCost.parameters * 2 / 5
    let small = BalancedDesign.candidates(in: large, count: 30, besides: [], random: &random) { $0.parameters <= most }
    #expect(small.count == 30)
    #expect(small.allSatisfy { large.cost(options: $0).parameters <= most })
  }

  @Test("the same seed gives the same design")
  func repeatable() throws {
    let space = try Self.space()
    var first = StableRandom(seed: 6)
    var second = StableRandom(seed: 6)
    let design = BalancedDesign.candidates(in: space, count: 26, besides: [], random: &first)
    #expect(design == BalancedDesign.candidates(in: space, count: 26, besides: [], random: &second))
  }
}
