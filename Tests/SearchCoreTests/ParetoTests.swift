import Randomness
import SearchCore
import Testing

/// The score of one layer's decomposition at this rank, or of the dense network, with these results.
func score(
  rank: Int? = nil, accuracy: Double, stepTime: Double? = nil, layer: String = "layer3.2.conv2"
) throws -> CandidateScore {
  let architecture = Architecture(.resnet20)
  let candidate = rank.map { Candidate(ranks: [layer: $0]) } ?? .dense
  return try #require(
    CandidateScore(
      candidate: candidate, cost: architecture.cost(of: candidate, variant: .remainder),
      denseCost: architecture.cost(of: .dense, variant: .remainder),
      results: [0: result(accuracy: accuracy, stepTime: stepTime)]))
}

func result(
  accuracy: Double, loss: Double? = 1, stepTime: Double? = nil, inferenceTime: Double? = nil, diverged: Bool = false
) -> Observation {
  Observation(
    accuracy: accuracy, loss: loss, epochLosses: [2, 1], diverged: diverged, stepTimeRatio: stepTime,
    inferenceTimeRatio: inferenceTime, trainSeconds: 1, imagesPerSecond: 1000, peakMemoryBytes: 1 << 28,
    kernelVariant: "test")
}

@Suite("Pareto front")
struct ParetoTests {
  @Test("dominated candidates are left out, and the order is by parameters")
  func front() throws {
    let scores = [
      try score(accuracy: 0.8), try score(rank: 40, accuracy: 0.7), try score(rank: 30, accuracy: 0.75),
      try score(rank: 10, accuracy: 0.6), try score(rank: 5, accuracy: 0.6),
    ]
    let front = ParetoFront(of: scores, objectives: [.accuracy, .parameters])
    #expect(front.scores.map(\.accuracy) == [0.6, 0.75, 0.8])
    #expect(front.scores.map { $0.candidate.ranks["layer3.2.conv2"] } == [5, 30, nil])
    #expect(
      ParetoFront.nonDominatedRanks(scores, objectives: [.accuracy, .parameters]) == [0, 1, 0, 1, 0])
  }

  @Test("candidates with equal values are all on the front, ordered by text")
  func ties() throws {
    let scores = [
      try score(rank: 8, accuracy: 0.5, layer: "layer1.1.conv1"),
      try score(rank: 8, accuracy: 0.5, layer: "layer1.0.conv1"),
      try score(rank: 8, accuracy: 0.4, layer: "layer1.0.conv2"),
    ]
    let front = ParetoFront(of: scores, objectives: [.accuracy, .parameters, .multiplyAdds])
    #expect(front.scores.map(\.candidate.description) == ["layer1.0.conv1=8", "layer1.1.conv1=8"])
    let reversed = ParetoFront(of: scores.reversed(), objectives: [.accuracy, .parameters, .multiplyAdds])
    #expect(reversed == front)
  }

  @Test("a candidate that lacks a value is neither on the front nor in the way of others")
  func missingValues() throws {
    let scores = [
      try score(rank: 8, accuracy: 0.9), try score(rank: 9, accuracy: 0.5, stepTime: 0.7),
      try score(rank: 10, accuracy: .nan, stepTime: 0.1),
    ]
    #expect(ParetoFront.nonDominatedRanks(scores, objectives: [.accuracy, .stepTime]) == [nil, 0, nil])
    #expect(ParetoFront(of: scores, objectives: [.accuracy, .stepTime]).scores == [scores[1]])
    #expect(ParetoFront(of: [], objectives: [.accuracy]).scores.isEmpty)
  }

  @Test("one objective leaves the best, and all that equal it")
  func single() throws {
    let scores = [
      try score(rank: 8, accuracy: 0.5), try score(rank: 9, accuracy: 0.9), try score(rank: 10, accuracy: 0.9),
    ]
    #expect(ParetoFront(of: scores, objectives: [.accuracy]).scores.count == 2)
  }

  @Test("ranks agree with peeling fronts off by the definition", arguments: 2...4)
  func definition(dimensions: Int) {
    var random = StableRandom(seed: UInt64(dimensions))
    for _ in 0..<60 {
      // Few distinct values, so that ties are common.
      let points = (0..<25).map { _ in (0..<dimensions).map { _ in Double(random.integer(below: 5)) } }
      var expected = Array(repeating: -1, count: points.count)
      var rest = Array(points.indices)
      var rank = 0
      while !rest.isEmpty {
        let front = rest.filter { i in
          !rest.contains { j in
            zip(points[j], points[i]).allSatisfy { $0 <= $1 } && points[j] != points[i]
          }
        }
        for index in front { expected[index] = rank }
        rest.removeAll { front.contains($0) }
        rank += 1
      }
      #expect(Dominance.ranks(points) == expected)
    }
  }

  @Test("the front's hypervolume grows with it and is measured from the dense network's size")
  func hypervolumeOfFront() throws {
    let dense = try score(accuracy: 0.8)
    let small = try score(rank: 4, accuracy: 0.5)
    let objectives: [Objective] = [.accuracy, .parameters]
    #expect(ParetoFront(of: [dense], objectives: objectives).hypervolume == 0)
    let expected = 0.5 * (1 - small.parameterRatio)
    let volume = try #require(ParetoFront(of: [dense, small], objectives: objectives).hypervolume)
    #expect(abs(volume - expected) < 1e-12)
    #expect(ParetoFront(of: [dense], objectives: [.accuracy]).hypervolume == nil)
  }
}

@Suite("Hypervolume")
struct HypervolumeTests {
  @Test("small cases in closed form")
  func closedForm() {
    #expect(hypervolume(points: [], reference: [1, 1]) == 0)
    #expect(hypervolume(points: [[0, 0]], reference: [2, 3]) == 6)
    #expect(hypervolume(points: [[0, 1], [1, 0]], reference: [2, 2]) == 3)
    #expect(hypervolume(points: [[0, 1], [1, 0], [1, 1], [0, 1], [3, -9]], reference: [2, 2]) == 3)
    #expect(hypervolume(points: [[2, 0]], reference: [2, 2]) == 0)
    #expect(hypervolume(points: [[0, 0, 0]], reference: [1, 2, 3]) == 6)
    #expect(hypervolume(points: [[0, 0, 0, 0], [1, 1, 1, 1]], reference: [2, 2, 2, 2]) == 16)
    #expect(hypervolume(points: [[1], [0.5]], reference: [2]) == 1.5)
  }

  @Test("it agrees with inclusion and exclusion of boxes", arguments: 2...4)
  func inclusionExclusion(dimensions: Int) {
    var random = StableRandom(seed: UInt64(dimensions), purpose: "hypervolume")
    let reference = Array(repeating: 1.0, count: dimensions)
    for _ in 0..<25 {
      let points = (0..<(1 + random.integer(below: 8))).map { _ in
        // Multiples of 1/8, some beyond the reference: ties, duplicates and outsiders; every product is exact.
        (0..<dimensions).map { _ in Double(random.integer(below: 10)) / 8 }
      }
      var expected = 0.0
      for subset in 1..<(1 << points.count) {
        let corner = (0..<dimensions).map { axis in
          points.indices.filter { subset >> $0 & 1 == 1 }.map { points[$0][axis] }.max() ?? 1
        }
        let volume = zip(corner, reference).reduce(1) { $0 * max(0, $1.1 - $1.0) }
        expected += subset.nonzeroBitCount % 2 == 1 ? volume : -volume
      }
      #expect(hypervolume(points: points, reference: reference) == expected, "\(points)")
    }
  }
}
