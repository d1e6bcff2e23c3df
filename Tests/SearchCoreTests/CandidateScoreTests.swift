import Randomness
import SearchCore
import Testing

@Suite("Candidate scores")
struct CandidateScoreTests {
  private let architecture = Architecture(.resnet20)

  private func summary(_ results: [Int: Observation]) -> CandidateScore? {
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
    #expect(abs((score.accuracy ?? 0) - 0.6) < 1e-15)
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
      var arrived: [Int: Observation] = Dictionary(minimumCapacity: 1 << (round % 10))
      for index in random.permutation(results.count) { arrived[index] = results[index] }
      if let score = summary(arrived) { scores.insert(score) }
    }
    #expect(scores.count == 1)
  }

  @Test("results of many candidates become one score each, smallest first")
  func ofStudy() throws {
    let space = try SearchSpace(architecture: architecture, ranks: .absolute([4, 8]), include: ["layer1*"])
    var results: [Work: Observation] = [:]
    for candidate in [Candidate.dense, space.allLayers(rankIndex: 0), space.allLayers(rankIndex: 1)] {
      for replicate in 0..<2 { results[.example(candidate, replicate)] = result(accuracy: 0.5) }
    }
    let scores = CandidateScore.scores(of: results, in: space)
    #expect(scores.map(\.seeds) == [2, 2, 2])
    #expect(scores.map(\.candidate) == [space.allLayers(rankIndex: 0), space.allLayers(rankIndex: 1), .dense])
    #expect(scores.last?.parameterRatio == 1)
  }
}

@Suite("Diverged trainings")
struct DivergedTrainingTests {
  private let architecture = Architecture(.resnet20)

  /// The score of trainings with these accuracies, by replicate; `nil` for a diverged training, whose accuracy is
  /// chance.
  private func score(_ accuracies: [Double?], _ text: String = "layer1.0.conv1=4") throws -> CandidateScore {
    let candidate = try Candidate(parsing: text)
    let results = accuracies.enumerated().map { index, accuracy in
      (index, result(accuracy: accuracy ?? 0.1, loss: accuracy.map { 2 - $0 }, diverged: accuracy == nil))
    }
    return try #require(
      CandidateScore(
        candidate: candidate, cost: architecture.cost(of: candidate, variant: .remainder),
        denseCost: architecture.cost(of: .dense, variant: .remainder),
        results: Dictionary(uniqueKeysWithValues: results)))
  }

  @Test("a score is that of the sound trainings, and says how many diverged")
  func sums() throws {
    let mixed = try score([0.5, nil, 0.7])
    #expect(mixed.accuracy == (0.5 + 0.7) / 2 && mixed.seeds == 3 && mixed.divergedSeeds == 1 && mixed.isSound)
    #expect(abs((mixed.accuracySD ?? 0) - 0.02.squareRoot()) < 1e-15)
    let lost = try score([nil, nil])
    #expect(lost.accuracy == nil && lost.accuracySD == nil && lost.loss == nil && lost.value(of: .accuracy) == nil)
    #expect(lost.divergedSeeds == 2 && !lost.isSound)
    #expect(try !score([nil, 0.9]).isSound, "as many sound ones as diverged ones are not enough")
  }

  @Test("no front has a candidate whose trainings diverged, whatever the objectives, and it keeps nothing from one")
  func fronts() throws {
    let dense = try score([0.5], "dense")
    let lucky = try score([0.9, nil], "layer1.0.conv1=1")
    let lost = try score([nil], "layer1.0.conv2=1")
    let partly = try score([0.4, 0.4, nil], "layer1.1.conv1=8")
    for objectives: [Objective] in [
      [.accuracy, .parameters], [.parameters], [.parameters, .multiplyAdds], [.accuracy],
    ] {
      let front = ParetoFront(of: [lucky, lost, dense, partly], objectives: objectives)
      #expect(front == ParetoFront(of: [dense, partly], objectives: objectives))
      #expect(!front.scores.isEmpty)
      #expect(ParetoFront(of: [lucky, lost], objectives: objectives).scores.isEmpty)
    }
  }
}
