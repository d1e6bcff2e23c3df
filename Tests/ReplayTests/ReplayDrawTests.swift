import SearchCore
import Testing

@testable import Replay

@Suite("draws from tables")
struct ReplayDrawTests {
  /// Four candidates with six trainings each. Accuracy and seed identify the training.
  private static func table() throws -> TrainingTable {
    let candidates = ["dense", "layer1.0.conv1=4", "layer1.0.conv2=4", "\"layer1.0.conv1=4,layer1.0.conv2=4\""]
    return try TrainingTableTests.table(
      candidates.enumerated().flatMap { index, candidate in
        (0..<6).map { "\(candidate),\($0),\(100 + $0),0.\(5 - index)\($0),1,false,9" }
      })
  }

  @Test("what is served does not judge, and seeds are common to all candidates", arguments: 0..<5)
  func disjoint(number: Int) throws {
    let draw = ReplayDraw(try Self.table(), number: number, seed: 1)
    let seeds = try draw.table.candidates.map { candidate in
      #expect(draw.servedCount(candidate) == 4)
      let served = try (0..<4).map { try draw.serve(candidate, repetition: $0) }
      let all = try #require(draw.table.trainings[candidate])
      let judging = all.filter { training in !served.contains(training) }
      #expect(judging.count == 2)
      let judged = try #require(draw.judged[candidate])
      #expect(judged.count == 2)
      #expect(abs(judged.mean - Statistics.mean(judging.map { $0.accuracy * 100 })) < 1e-9)
      return served.map(\.seed)
    }
    #expect(Set(seeds).count == 1)
  }

  @Test("replays differ, and the same number gives the same")
  func numbers() throws {
    let table = try Self.table()
    let orders = try (0..<8).map { number in
      try (0..<4).map { try ReplayDraw(table, number: number, seed: 1).serve(.dense, repetition: $0).seed }
    }
    #expect(Set(orders).count > 3)
    #expect(try ReplayDraw(table, number: 3, seed: 1).serve(.dense, repetition: 0).seed == orders[3][0])
  }

  @Test("more than there is cannot be served")
  func exhausted() throws {
    let draw = ReplayDraw(try Self.table(), number: 0, seed: 1, judging: 5)
    let error = #expect(throws: ReplayError.self) { try draw.serve(.dense, repetition: 1) }
    #expect(
      error?.description == "t.csv: more trainings of dense are requested than the table has to serve (1)")
  }

  @Test("who names the best is judged best, and a lucky score is a claim that does not hold")
  func judge() throws {
    let space = EffectSpace(try TrainingTableTests.space())
    let draw = ReplayDraw(try Self.table(), number: 0, seed: 1)
    let judge = FrontierJudge(draw, space: space)
    let truth = judge.judge(draw.judged.mapValues(\.mean))
    #expect(abs(try #require(truth.claim)) < 1e-9)
    #expect(truth.named.count == 80)
    let dense = try #require(draw.judged[.dense])
    // The dense network may be named only if all parameters are allowed.
    #expect(truth.named[39] == .dense)
    #expect(truth.named[0]?.description == "layer1.0.conv1=4,layer1.0.conv2=4")
    #expect(truth.frontierAccuracy < dense.mean)
    var lucky = draw.judged.mapValues(\.mean)
    let worst = try #require(draw.table.candidates.first { $0.decompositions.count == 2 })
    lucky[worst] = 90
    let fooled = judge.judge(lucky)
    #expect(fooled.frontierAccuracy < truth.frontierAccuracy)
    #expect(try #require(fooled.claim) > 50)
    #expect(fooled.named.allSatisfy { $0 == worst })
  }

  @Test("raw means leave out what mostly diverged")
  func rawMeans() throws {
    let training = TrainingTable.Training(seed: 1, accuracy: 0.5, diverged: false, seconds: 1)
    var lost = training
    lost.diverged = true
    let other = Candidate(ranks: ["layer1.0.conv1": 4])
    let means = TableEstimates.rawMeans([
      (.dense, training), (.dense, lost), (.dense, training), (other, training), (other, lost),
    ])
    #expect(means == [.dense: 50])
  }
}
