import Randomness
import SearchCore
import Testing

@Suite("Candidate scores")
struct CandidateScoreTests {
  private let architecture = Architecture(.resnet20)

  private func summary(_ results: [Int: TrialResult]) -> CandidateScore? {
    let candidate = Candidate(ranks: ["layer1.0.conv1": 4])
    return CandidateScore(
      candidate: candidate, cost: architecture.cost(of: candidate, variant: .remainder),
      denseCost: architecture.cost(of: .dense, variant: .remainder), results: results)
  }

  @Test("means, sample deviation and medians of the seeds")
  func statistics() throws {
    let score = try #require(
      summary([
        0: result(accuracy: 0.5, loss: 1, stepTime: 0.9, inferenceTime: 0.8), 1: result(accuracy: 0.7, loss: 2),
        2: result(accuracy: 0.6, loss: 3, stepTime: 0.7),
      ]))
    #expect(abs(score.accuracy - 0.6) < 1e-15)
    #expect(abs((score.accuracySD ?? 0) - 0.1) < 1e-15)
    #expect(score.loss == 2)
    #expect(score.stepTimeRatio == 0.8)
    #expect(score.inferenceTimeRatio == 0.8)
    #expect(score.seeds == 3)
    #expect(score.value(of: .parameters) == Double(269_722 - 12 * 140))
    #expect(score.value(of: .stepTime) == 0.8)
  }

  @Test("one seed has no deviation, diverged trainings no loss, no results no score")
  func edges() throws {
    let single = try #require(summary([3: result(accuracy: 0.1, loss: nil, diverged: true)]))
    #expect(single.accuracySD == nil)
    #expect(single.loss == nil)
    #expect(single.value(of: .inferenceTime) == nil)
    let mixed = try #require(
      summary([0: result(accuracy: 0.1, loss: nil, diverged: true), 1: result(accuracy: 0.5, loss: 1.5)]))
    #expect(mixed.loss == 1.5)
    #expect(summary([:]) == nil)
  }

  @Test("the order in which results arrive does not change a bit")
  func orderOfArrival() {
    var random = StableRandom(seed: 3)
    let results = (0..<12).map { _ in result(accuracy: random.uniform(), loss: random.uniform()) }
    var scores: Set<CandidateScore> = []
    for round in 0..<30 {
      // A dictionary's order depends on its capacity too.
      var arrived: [Int: TrialResult] = Dictionary(minimumCapacity: 1 << (round % 10))
      for index in random.permutation(results.count) { arrived[index] = results[index] }
      if let score = summary(arrived) { scores.insert(score) }
    }
    #expect(scores.count == 1)
  }

  @Test("results of many candidates become one score each, smallest first")
  func ofStudy() throws {
    let space = try SearchSpace(architecture: architecture, ranks: .absolute([4, 8]), include: ["layer1*"])
    var results: [Trial: TrialResult] = [:]
    for candidate in [Candidate.dense, space.allLayers(rankIndex: 0), space.allLayers(rankIndex: 1)] {
      for replicate in 0..<2 { results[Trial(candidate: candidate, replicate: replicate)] = result(accuracy: 0.5) }
    }
    let scores = CandidateScore.scores(of: results, in: space)
    #expect(scores.map(\.seeds) == [2, 2, 2])
    #expect(scores.map(\.candidate) == [space.allLayers(rankIndex: 0), space.allLayers(rankIndex: 1), .dense])
    #expect(scores.last?.parameterRatio == 1)
  }
}
