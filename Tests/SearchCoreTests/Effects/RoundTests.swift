import Randomness
import Testing

@testable import SearchCore

@Suite("rounds of the surrogate and the genetic search")
struct RoundTests {
  private static func space() throws -> EffectSpace {
    EffectSpace(
      try SearchSpace(architecture: Architecture(.resnet8), ranks: .fractions([0.25, 0.5]), include: ["*conv*"]))
  }

  /// The accuracy if decomposing the first layer costs nothing and each of the others costs two points.
  private static func accuracy(_ options: [Int]) -> Double {
    60 - 2 * Double(options.dropFirst().count { $0 > 0 })
  }

  private static func model(_ space: EffectSpace, _ candidates: [[Int]], noise: Double) -> EffectModel {
    var random = StableRandom(seed: 77)
    return EffectModel(
      space: space,
      trainings: candidates.map {
        EffectTraining(options: $0, seed: 1, score: accuracy($0) + noise * random.normal())
      })
  }

  @Test("three quarters are Thompson's, an eighth repeats, an eighth is the design's")
  func places() {
    let places = (0..<64).map { SurrogateRound.places[$0 % SurrogateRound.places.count] }
    #expect(places.count { $0 == .thompson } == 48)
    #expect(places.count { $0 == .repetition } == 8)
    #expect(places.count { $0 == .design } == 8)
  }

  @Test("what is good for nothing is left alone, what may be best is trained")
  func thompson() throws {
    let space = try Self.space()
    var random = StableRandom(seed: 1)
    let candidates = (0..<60).map { _ in space.layers.map { random.integer(below: $0.optionCount) } }
    var round = SurrogateRound(
      model: Self.model(space, candidates, noise: 0.5), solver: .coarse(space), constraints: .none, asked: [:],
      mostRepetitions: 1000)
    let decided = round.decide(first: 0, count: 64, random: &random)
    #expect(decided.count == 64)
    let withFirst = decided.count { $0[0] > 0 }
    #expect(withFirst > 48)
  }

  @Test("a round depends on what it may know and its seed alone; constraints and the most repetitions hold")
  func limits() throws {
    let space = try Self.space()
    var random = StableRandom(seed: 2)
    let candidates = (0..<30).map { _ in space.layers.map { random.integer(below: $0.optionCount) } }
    let most = CostConstraints(parameters: space.denseCost.parameters * 3 / 5, multiplyAdds: nil)
    let asked = Dictionary(candidates.map { ($0, 1) }, uniquingKeysWith: +)
    let model = Self.model(space, candidates, noise: 1)
    func decide() -> [[Int]] {
      var round = SurrogateRound(
        model: model, solver: .coarse(space), constraints: most, asked: asked, mostRepetitions: 2)
      var random = StableRandom(seed: 5)
      return round.decide(first: 8, count: 40, random: &random)
    }
    let decided = decide()
    #expect(decided == decide())
    #expect(decided.allSatisfy { most.allow(space.cost(options: $0)) })
    var counts = asked
    for options in decided { counts[options, default: 0] += 1 }
    for options in decided { #expect(counts[options, default: 0] <= max(2, asked[options, default: 0])) }
  }

  @Test("a repetition goes where two candidates for the same place cannot be told apart")
  func repetition() throws {
    let space = try Self.space()
    var trainings: [EffectTraining] = []
    var random = StableRandom(seed: 3)
    let dense = space.layers.map { _ in 0 }
    let all = space.layers.map { _ in 1 }
    for seed in 0..<40 as Range<UInt64> {
      trainings.append(EffectTraining(options: dense, seed: seed, score: 60 + random.normal()))
    }
    // Trained once only, and seemingly as good as the dense network.
    trainings.append(EffectTraining(options: all, seed: 50, score: 60))
    let model = EffectModel(space: space, trainings: trainings, priors: .default)
    var round = SurrogateRound(
      model: model, solver: .coarse(space), constraints: .none, asked: [dense: 40, all: 1], mostRepetitions: 1000)
    // The third place of the round.
    #expect(round.decide(first: 2, count: 1, random: &random) == [all])
  }

  @Test("crowding distances: the ends are kept, the middle of a gap before a cluster")
  func crowding() {
    let distances = GeneticRound.distances([[0, 4], [1, 3], [1.1, 2.9], [4, 0]])
    #expect(distances[0] == .infinity && distances[3] == .infinity)
    #expect(distances[2] > distances[1])
    #expect(GeneticRound.distances([[1, 1]]) == [.infinity])
  }

  @Test("generations approach the frontier, and nothing comes twice")
  func genetic() throws {
    let space = try Self.space()
    var random = StableRandom(seed: 4)
    var round = GeneticRound(space: space, constraints: .none, asked: [])
    var known: [GeneticRound.Individual] = []
    func train(_ candidates: [[Int]]) {
      for options in candidates {
        known.append(
          GeneticRound.Individual(
            options: options,
            objectives: [-Self.accuracy(options), Double(space.cost(options: options).parameters)]))
      }
    }
    var firsts: [Double] = []
    for _ in 0..<10 {
      let decided = round.decide(from: known, count: 16, random: &random)
      firsts.append(Statistics.mean(decided.map { $0[0] > 0 ? 1 : 0 }))
      train(decided)
    }
    #expect(Set(known.map(\.options)).count == 160)
    #expect(Statistics.mean(Array(firsts.dropFirst(2))) > 0.65)
    // Two layers with two ranks: nine candidates.
    let small = EffectSpace(
      try SearchSpace(
        architecture: Architecture(.resnet8), ranks: .fractions([0.25, 0.5]), include: ["layer1.0.*"]))
    var exhausted = GeneticRound(space: small, constraints: .none, asked: [])
    #expect(exhausted.decide(from: [], count: 20, random: &random).count == 9)
  }
}
