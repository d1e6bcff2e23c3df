import Randomness
import Testing

@testable import SearchCore

/// A network in which some layers tolerate decomposition and others do not: the accuracy falls by the sum of what each
/// layer costs.
struct SyntheticNetwork {
  var space: SearchSpace
  var sensitive: Set<String> = []
  var noise = 0.0

  func train(_ work: Work) -> Observation {
    var random = StableRandom(seed: Work.example(work.candidate, work.repetition, studySeed: 9).seed)
    var accuracy = 0.8
    // In canonical order: a dictionary's order differs from run to run, and with it the last bit of a sum.
    for layer in work.candidate.decomposedLayers {
      let rank = work.candidate.ranks[layer] ?? 0
      accuracy -= (sensitive.contains(layer) ? 0.05 : 0.001) * (rank == 4 ? 2 : 1)
    }
    return result(accuracy: accuracy + noise * random.normal())
  }
}

extension SyntheticNetwork {
  /// Trains at any rung. Lower rungs have the differences of the top rung, scaled by `agreement`.
  func train(_ work: Work, in template: WorkTemplate, agreement: Double = 0.7) -> Observation {
    let below = template.rung(of: work).map { template.topRung - $0 } ?? 0
    let whole = train(work)
    guard below > 0, let accuracy = whole[.accuracy] else { return whole }
    return result(accuracy: 0.5 - 0.1 * Double(below) + agreement * (accuracy - 0.6))
  }
}

/// Runs a study to its end as a coordinator does: with several trials under way, results in random order and, with
/// `restarts`, everything but the history forgotten from time to time.
func runStudy(
  _ make: () throws -> any SearchStrategy, network: SyntheticNetwork, workers: Int = 1, schedulingSeed: UInt64 = 0,
  restarts: Bool = false, failing: (Work) -> Bool = { _ in false }, notes: ((String) -> Void)? = nil,
  after history: SearchHistory = SearchHistory(), train: ((Work) -> Observation)? = nil
) throws -> SearchHistory {
  var random = StableRandom(seed: schedulingSeed)
  var history = history
  var strategy = try make()
  var running: [Work] = []
  while true {
    while let number = strategy.nextRound(history) {
      var round = strategy.decide(number, history: history)
      if round.works.isEmpty, history.isSettled { round = strategy.lastRound(history: history) }
      for note in round.notes { notes?(note) }
      if round.works.isEmpty { break }
      #expect(Set(round.works).isDisjoint(with: history.asked))
      history.ask(round.works)
    }
    let asked = history.asked
    #expect(Set(asked).count == asked.count)
    if asked.allSatisfy(history.isSettled) { return history }
    let waiting = asked.filter { !history.isSettled($0) && !running.contains($0) }
    running += waiting.prefix(workers - running.count)
    let work = running.remove(at: random.integer(below: running.count))
    if failing(work) {
      history.recordSetAside(of: work)
    } else {
      history.record(train?(work) ?? network.train(work), for: work)
    }
    if restarts, random.uniform() < 0.2 {
      strategy = try make()
      running = []
    }
  }
}

extension SearchHistory {
  var settled: Set<Work> { Set(results.keys).union(setAside) }
}

@Suite("Strategies")
struct StrategyTests {
  static func space(_ model: Model = .resnet8, ranks: [Int] = [4, 8], include: [String] = ["layer*"]) throws
    -> SearchSpace
  {
    try SearchSpace(architecture: Architecture(model), ranks: .absolute(ranks), include: include)
  }

  @Test(
    "budgets are kept, trials are distinct and the set of trials does not depend on workers, order or restarts",
    arguments: StrategyName.allCases, [1, 7, 40, 61])
  func invariants(name: StrategyName, jobs: Int) throws {
    let space = try Self.space(.resnet14)
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1", "layer2.1.conv2"], noise: 0.01)
    let make = {
      try makeStrategy(
        StrategySettings(name: name, seeds: 2), space: space, budget: jobs, template: .example(studySeed: 5))
    }
    let one = try runStudy(make, network: network)
    #expect(one.results.count <= jobs)
    #expect(one.results.count >= jobs - 1, "what is left does not suffice for one more candidate")
    #expect(try make().expectedWorks(history: one) == one.results.count)
    #expect(try make().expectedWorks(history: SearchHistory()) >= one.results.count)
    #expect(try make().expectedWorks(history: SearchHistory()) <= jobs)
    #expect(one.results.keys.contains { $0.candidate == .dense })
    for work in one.results.keys {
      #expect(throws: Never.self) { try work.candidate.validate(in: space.architecture) }
    }
    for seed in 1...3 {
      let many = try runStudy(make, network: network, workers: 5, schedulingSeed: UInt64(seed), restarts: seed > 1)
      #expect(many.results == one.results)
    }
  }

  @Test("failed trials hold up nothing, whichever they are", arguments: StrategyName.allCases)
  func failures(name: StrategyName) throws {
    let space = try Self.space()
    let network = SyntheticNetwork(space: space)
    for seed in 0..<6 {
      let history = try runStudy(
        {
          try makeStrategy(
            StrategySettings(name: name, seeds: 2), space: space, budget: 50, template: .example(studySeed: 5))
        },
        network: network, workers: 3,
        failing: { work in
          var random = StableRandom(seed: Work.example(work.candidate, work.repetition, studySeed: UInt64(seed)).seed)
          // In the last iteration every training fails.
          return random.uniform() < (seed == 5 ? 1 : 0.3) || (seed == 4 && work.candidate == .dense)
        })
      #expect(!history.setAside.isEmpty)
      #expect(history.settled.count <= 50)
    }
  }

  @Test("the exhaustive search visits the whole of a small space once, small sets first")
  func exhaustive() throws {
    let space = try Self.space(include: ["layer1*", "layer2.0.conv1"])
    let strategy = try makeStrategy(
      StrategySettings(name: .exhaustive, seeds: 1), space: space, budget: nil, template: .example(studySeed: 0))
    let candidates = strategy.works(history: SearchHistory()).map(\.candidate)
    #expect(candidates.count == 27)
    #expect(Set(candidates).count == 27)
    #expect(Double(candidates.count) == space.count)
    #expect(
      candidates.prefix(9).map(\.description) == [
        "dense", "layer1.0.conv1=4", "layer1.0.conv1=8", "layer1.0.conv2=4", "layer1.0.conv2=8", "layer2.0.conv1=4",
        "layer2.0.conv1=8", "layer1.0.conv1=4,layer1.0.conv2=4", "layer1.0.conv1=4,layer1.0.conv2=8",
      ])
    #expect(candidates.map(\.ranks.count) == candidates.map(\.ranks.count).sorted())
  }

  @Test("an astronomical space costs no more than its budget, and is refused without one")
  func astronomical() throws {
    let space = try Self.space(.resnet110, ranks: Array(1...15))
    let settings = StrategySettings(name: .exhaustive, seeds: 1)
    let strategy = try makeStrategy(settings, space: space, budget: 2000, template: .example(studySeed: 0))
    #expect(strategy.works(history: SearchHistory()).count == 2000)
    #expect(strategy.notes.count == 1)
    #expect(throws: SearchError.self) {
      try makeStrategy(settings, space: space, budget: nil, template: .example(studySeed: 0))
    }
  }

  @Test("random candidates are distinct, spread over all sizes, and the study's seed decides")
  func random() throws {
    let space = try Self.space(.resnet20)
    func candidates(_ seed: UInt64) throws -> [Candidate] {
      try makeStrategy(
        StrategySettings(name: .random, seeds: 1), space: space, budget: 400, template: .example(studySeed: seed)
      )
      .works(history: SearchHistory()).map(\.candidate)
    }
    let first = try candidates(1)
    #expect(Set(first).count == 400)
    #expect(first.prefix(3) == [.dense, space.allLayers(rankIndex: 0), space.allLayers(rankIndex: 1)])
    #expect(try candidates(1) == first)
    #expect(try candidates(2) != first)
    for sizes in [1...6, 7...12, 13...18] {
      #expect(first.filter { sizes.contains($0.ranks.count) }.count > 90, "\(sizes)")
    }
  }

  @Test("a random search of a small space takes all of it and ends")
  func randomExhausts() throws {
    let space = try Self.space(include: ["layer1*"])
    for budget in [nil, 1000] {
      let strategy = try makeStrategy(
        StrategySettings(name: .random, seeds: 1), space: space, budget: budget, template: .example(studySeed: 1))
      #expect(Set(strategy.works(history: SearchHistory())).count == 9)
      #expect(strategy.notes.contains { $0.contains("only 9 candidates") })
    }
  }

  @Test("settings that cannot be are refused")
  func refused() throws {
    let space = try Self.space()
    for (seeds, jobs) in [(0, 10), (-1, nil), (1, 0), (1, Int.max), (Int.max, nil)] as [(Int, Int?)] {
      #expect(throws: SearchError.self) {
        try makeStrategy(
          StrategySettings(name: .random, seeds: seeds), space: space, budget: jobs, template: .example(studySeed: 1))
      }
    }
  }
}
