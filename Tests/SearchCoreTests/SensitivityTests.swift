import Randomness
import Testing

@testable import SearchCore

@Suite("Sensitivity")
struct SensitivityTests {
  private func strategy(_ space: SearchSpace, seeds: Int = 2, jobs: Int? = nil) throws -> any SearchStrategy {
    try makeStrategy(
      StrategySettings(name: .sensitivity, seeds: seeds), space: space, budget: jobs, template: .example())
  }

  @Test("the first stage is the dense network, the all-layers references and every layer alone at every rank")
  func firstStage() throws {
    let space = try StrategyTests.space(.resnet20)
    let stage = try strategy(space, jobs: 120).works(history: SearchHistory())
    #expect(stage.count == (1 + 2 + 36) * 2)
    #expect(stage.prefix(3).map(\.candidate) == [.dense, space.allLayers(rankIndex: 0), space.allLayers(rankIndex: 1)])
    #expect(stage.dropFirst(3).prefix(36).allSatisfy { $0.candidate.ranks.count == 1 && $0.repetition == 0 })
  }

  @Test("joint candidates grow from the insensitive layers, and the sensitive ones come last", arguments: [0, 0.004])
  func growth(noise: Double) throws {
    let space = try StrategyTests.space(.resnet20)
    let sensitive: Set = ["layer1.0.conv1", "layer2.0.conv1", "layer3.2.conv2"]
    let network = SyntheticNetwork(space: space, sensitive: sensitive, noise: noise)
    let history = try runStudy({ try strategy(space, seeds: 3) }, network: network)
    let joint = Set(history.results.keys.map(\.candidate)).filter { (2..<18).contains($0.ranks.count) }
    // Two chains of one rank each, and those candidates of the mixed chain that differ from them.
    #expect(joint.count >= 2 * 16)
    // The mixed chain may take a layer that costs much if it saves even more. The chains of one rank are ordered by the
    // drop alone.
    for candidate in joint where candidate.ranks.count <= 15 && Set(candidate.ranks.values).count == 1 {
      #expect(sensitive.isDisjoint(with: candidate.ranks.keys), "\(candidate)")
    }
    let scores = CandidateScore.scores(of: history.results, in: space)
    let front = ParetoFront(of: scores, objectives: [.accuracy, .parameters])
    let smallest = try #require(front.scores.first { $0.accuracy ?? 0 > 0.75 })
    #expect(smallest.candidate.ranks.count >= 14)
    #expect(smallest.parameterRatio < 0.6)
  }

  @Test("in the mixed chain a layer that bears its low rank takes it, and one that does not keeps the higher")
  func mixedRanks() throws {
    let space = try StrategyTests.space(.resnet8)
    var history = SearchHistory()
    let works = try strategy(space, seeds: 2).works(history: history)
    for work in works {
      // layer1 loses nothing at rank 4; the others lose ten points there and nothing at rank 8.
      let drop = work.candidate.ranks.contains { !$0.key.hasPrefix("layer1") && $0.value == 4 } ? 0.1 : 0
      history.record(result(accuracy: 0.8 - drop + (work.repetition == 0 ? 0.005 : -0.005)), for: work)
    }
    let table = SensitivityTable(works: works, history: history, space: space)
    #expect(abs(table.noise - 0.005 * 2.0.squareRoot()) < 1e-12)
    for item in table.mixedChain(in: space) {
      #expect(item.rank == (item.layer.hasPrefix("layer1") ? 4 : 8), "\(item)")
    }
    let savings = table.mixedChain(in: space).map(\.savedParameters)
    #expect(savings == savings.sorted(by: >), "equal drops: the larger saving first")
  }

  @Test("a layer with which the network diverges comes last in every chain, whatever it saves, and not as a number")
  func diverged() throws {
    let space = try StrategyTests.space(.resnet8)
    var history = SearchHistory()
    let works = try strategy(space, seeds: 2).works(history: history)
    // This network is worse than chance: taken as a number, a diverged training would be the best of all.
    for work in works {
      let isAlone = work.candidate.ranks.count == 1
      let layer = work.candidate.ranks.first?.key ?? ""
      let rank = work.candidate.ranks.first?.value ?? 0
      let diverges = isAlone && (layer == "layer3.0.conv2" || layer == "layer1.0.conv1" && rank == 4)
      let wobble = work.repetition == 0 ? 0.004 : -0.004
      history.record(
        result(accuracy: diverges ? 0.1 : 0.05 + wobble, loss: diverges ? nil : 1, diverged: diverges), for: work)
    }
    let table = SensitivityTable(works: works, history: history, space: space)
    #expect(table.drops.count { $0.drop == nil } == 3)
    #expect(abs(table.noise - 0.004 * 2.0.squareRoot()) < 1e-12)
    for index in 0..<2 {
      let chain = table.chain(rankIndex: index, in: space)
      let lost = chain.filter { $0.drop == nil }.map(\.layer)
      #expect(chain.suffix(lost.count).map(\.layer) == lost && lost.count == 2 - index)
      #expect(lost.first == "layer3.0.conv2", "the larger saving first")
    }
    let mixed = table.mixedChain(in: space)
    #expect(mixed.count == 6 && mixed.last?.layer == "layer3.0.conv2" && mixed.last?.drop == nil)
    #expect(mixed.last?.rank == space.choices.first { $0.layer == "layer3.0.conv2" }?.ranks.last)
    #expect(mixed.first { $0.layer == "layer1.0.conv1" }?.rank == 8, "the rank at which it trains")
    // A study in which everything diverges still ends.
    for work in works { history.record(result(accuracy: 0.1, loss: nil, diverged: true), for: work) }
    #expect(try strategy(space, seeds: 2).works(history: history).count > works.count)
  }

  @Test("the second stage fills the budget with candidates of all sizes and all seeds")
  func secondStage() throws {
    let space = try StrategyTests.space(.resnet20)
    let history = try runStudy(
      { try strategy(space, jobs: 120) }, network: SyntheticNetwork(space: space, noise: 0.005))
    #expect(history.results.count == 120)
    let joint = Set(history.results.keys.map(\.candidate)).filter { (2..<18).contains($0.ranks.count) }
    #expect(joint.count == 21)
    #expect(
      joint.allSatisfy { candidate in
        (0..<2).allSatisfy { history.results[.example(candidate, $0)] != nil }
      })
    #expect(joint.contains { $0.ranks.count <= 4 } && joint.contains { $0.ranks.count >= 15 })
  }

  @Test("a small budget measures every layer once before it repeats, and says so")
  func smallBudgets() throws {
    let space = try StrategyTests.space(.resnet20)
    let network = SyntheticNetwork(space: space, noise: 0.005)
    // Enough for every layer once (3 × 2 + 36 = 42) and some joint candidates.
    let small = try runStudy({ try strategy(space, jobs: 60) }, network: network)
    #expect(small.results.count == 60)
    #expect(small.results.keys.filter { $0.candidate.ranks.count == 1 }.allSatisfy { $0.repetition == 0 })
    #expect(Set(small.results.keys.map(\.candidate)).filter { $0.ranks.count == 1 }.count == 36)
    #expect(Set(small.results.keys.map(\.candidate)).filter { (2..<18).contains($0.ranks.count) }.count == 9)
    #expect(try strategy(space, jobs: 60).notes.first?.contains("1 of 2 seeds") == true)
    // Not enough for every layer.
    let tiny = try runStudy({ try strategy(space, jobs: 20) }, network: network)
    #expect(tiny.results.count == 20)
    #expect(tiny.results.keys.allSatisfy { $0.repetition == 0 })
    #expect(try strategy(space, jobs: 20).notes.first?.contains("too small") == true)
    #expect(try strategy(space, jobs: 84).notes.isEmpty)
    // With one seed, 45 jobs are enough; 39 leave none for joint candidates.
    #expect(try strategy(space, seeds: 1, jobs: 45).notes.isEmpty)
    let single = try strategy(space, seeds: 1, jobs: 39).notes
    #expect(single.count == 1 && single[0].contains("is small: no joint candidate follows; "), "\(single)")
    #expect(try strategy(space).notes.isEmpty)
  }

  @Test("what is recorded of later or foreign trials does not change the second stage")
  func foreignResults() throws {
    let space = try StrategyTests.space()
    let network = SyntheticNetwork(space: space, noise: 0.01)
    let strategy = try strategy(space, jobs: 60)
    var history = SearchHistory()
    let first = strategy.works(history: history)
    for work in first { history.record(network.train(work), for: work) }
    let second = strategy.works(history: history).dropFirst(first.count)
    #expect(!second.isEmpty)
    for replicate in 2..<9 {
      history.record(result(accuracy: 0.99), for: .example(.dense, replicate))
      history.record(
        result(accuracy: 0.01),
        for: .example(space.choices.randomElementStably(replicate), replicate))
    }
    #expect(strategy.works(history: history).dropFirst(first.count) == second)
  }

  @Test("a space of one layer is searched without joint candidates")
  func oneLayer() throws {
    let space = try StrategyTests.space(include: ["layer1.0.conv1"])
    let history = try runStudy({ try strategy(space, jobs: 100) }, network: SyntheticNetwork(space: space))
    #expect(Set(history.results.keys.map(\.candidate)).count == 3)
  }

  @Test("prefixes are taken at even distances and in proportion to the chains")
  func spread() {
    let long = (1...40).map { Candidate(ranks: ["a": $0]) }
    let short = (1...10).map { Candidate(ranks: ["b": $0]) }
    let taken = SensitivitySearch.spread([long, short], over: 10)
    #expect(taken.compactMap { $0.ranks["a"] } == [3, 8, 13, 18, 23, 28, 33, 38])
    #expect(taken.compactMap { $0.ranks["b"] } == [3, 8])
    #expect(SensitivitySearch.spread([long, short], over: 50).count == 50)
    #expect(SensitivitySearch.spread([long, short], over: nil).count == 50)
    #expect(SensitivitySearch.spread([], over: 5).isEmpty)
  }
}

extension [SearchSpace.Choice] {
  fileprivate func randomElementStably(_ index: Int) -> Candidate {
    let choice = self[index % count]
    return Candidate(ranks: [choice.layer: choice.ranks[0]])
  }
}
