import Testing

@testable import SearchCore

@Suite("Searches with a start")
struct StartedSearchTests {
  private let hash = String(repeating: "a", count: 64)

  private func template(_ origin: TrainedStart.Origin) -> WorkTemplate {
    var recipe = WorkTemplate.example().kind.recipe
    recipe.start = TrainedStart(origin: origin, calibrationImages: 50)
    return WorkTemplate(kind: .proxyTraining(recipe), studySeed: 5, seeding: .common)
  }

  private func search(
    _ origin: TrainedStart.Origin, _ name: StrategyName = .surrogate, budget: Int? = 60, confirm: Int = 0
  ) throws -> any SearchStrategy {
    var settings = StrategySettings(name: name, seeds: 1)
    settings.confirm = confirm
    return try makeStrategy(
      settings, space: StrategyTests.space(.resnet14), budget: budget, template: template(origin))
  }

  private let dense = TrainedStart.Origin.dense(epochs: 20, trainImages: 90, seed: 5)

  @Test("the dense network is trained first, then its layers are analyzed, and only then a candidate is asked for")
  func order() throws {
    let search = try search(dense)
    var history = SearchHistory()
    let first = search.works(history: history)
    #expect(first.count == 1)
    guard case .startTraining(let recipe)? = first.first?.kind else {
      Issue.record("\(first) is no training of a start")
      return
    }
    #expect(recipe.epochs == 20 && recipe.data.trainImages == 90 && recipe.start == nil && first[0].seed == 5)
    history.record(result(accuracy: 0.9), for: first[0])
    let second = search.works(history: history)
    #expect(second.count == 2 && second.prefix(1) == first[...0])
    guard case .layerAnalysis(let analyzed)? = second.last?.kind else {
      Issue.record("\(second) has no analysis")
      return
    }
    #expect(analyzed.start?.origin == dense && analyzed.epochs == .none)
    history.record(result(accuracy: 0.9), for: second[1])
    let third = search.works(history: history)
    #expect(third.count > 10)
    #expect(third.dropFirst(2).allSatisfy { template(dense).rung(of: $0) == 0 })
  }

  @Test("a checkpoint is analyzed first, and from scratch nothing comes before the search")
  func checkpoint() throws {
    let works = try search(.checkpoint(weights: hash)).works(history: SearchHistory())
    #expect(works.count == 1)
    if case .layerAnalysis? = works.first?.kind {} else { Issue.record("\(works) is no analysis") }
    #expect(StartedSearch.first(.example()).isEmpty)
  }

  @Test(
    "the search behind it is what it is without a start, whatever the workers, order and restarts",
    arguments: StrategyName.allCases)
  func same(name: StrategyName) throws {
    let space = try StrategyTests.space(.resnet14)
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1"], noise: 0.01)
    let make = { try self.search(self.dense, name, budget: 82, confirm: 2) }
    let one = try runStudy(make, network: network)
    #expect(one.results.count <= 82)
    #expect(try make().expectedWorks(history: one) == one.results.count)
    let own = one.asked.dropFirst(2)
    let plain = try runStudy(
      {
        var settings = StrategySettings(name: name, seeds: 1)
        settings.confirm = 2
        var recipe = self.template(self.dense).kind.recipe
        recipe.start = nil
        return try makeStrategy(
          settings, space: space, budget: 80,
          template: WorkTemplate(kind: .proxyTraining(recipe), studySeed: 5, seeding: .common))
      }, network: network)
    #expect(own.map(\.candidate) == plain.asked.map(\.candidate) && own.map(\.seed) == plain.asked.map(\.seed))
    for seed in 1...3 {
      let many = try runStudy(make, network: network, workers: 5, schedulingSeed: UInt64(seed), restarts: seed > 1)
      #expect(many.results == one.results)
    }
  }

  @Test("a start that is set aside or diverged ends the search, and says so")
  func failed() throws {
    let search = try search(dense)
    let first = search.works(history: SearchHistory())
    var setAside = SearchHistory(setAside: [first[0]])
    setAside.ask(first)
    #expect(search.works(history: setAside) == first && search.lastRound(history: setAside).works.isEmpty)
    #expect(
      search.decide(1, history: setAside).notes.first?.contains("was set aside, and nothing can be trained") == true)
    var failed = result(accuracy: 0.1)
    failed.diverged = true
    var diverged = SearchHistory(results: [first[0]: failed])
    diverged.ask(first)
    #expect(search.decide(1, history: diverged).notes.first?.contains("diverged") == true)
  }

  @Test("a budget that is spent on the start is refused")
  func budget() throws {
    #expect(throws: SearchError.self) { try self.search(self.dense, budget: 2) }
    #expect(try search(dense, budget: 3).expectedWorks(history: SearchHistory()) == 3)
  }

  /// An analysis in which one layer alone loses anything substantial, most at rank 4.
  private func analysis(losingIn layer: String, of architecture: Architecture) -> Observation {
    var found = result(accuracy: 0.9)
    found[.truncationErrors] = architecture.layers.filter { $0.kernelSize == 3 }.flatMap { own in
      (1...own.outputChannels).map { own.name == layer ? 0.9 / Double($0) : 0.01 / Double($0) }
    }
    return found
  }

  private func weighing(_ isWeighed: Bool) -> WorkTemplate {
    WorkTemplate(
      kind: template(dense).kind, studySeed: 5, seeding: .common, weighsTruncation: isWeighed)
  }

  @Test("the model weighs what the analysis found once it is known, where that is wanted")
  func truncation() throws {
    let space = try StrategyTests.space(.resnet14)
    let weighing = weighing(true)
    let known = [
      try #require(weighing.layerAnalysis): analysis(losingIn: "layer1.0.conv1", of: space.architecture)
    ]
    #expect(weighing.effectSpace(space, knowing: [:]).featureCount == EffectSpace.featureCount)
    let effects = weighing.effectSpace(space, knowing: known)
    #expect(effects.featureCount == EffectSpace.featureCount + 1)
    let of = Dictionary(uniqueKeysWithValues: effects.layers.map { ($0.name, $0.truncation ?? []) })
    let (lost, kept) = (try #require(of["layer1.0.conv1"]), try #require(of["layer3.0.conv1"]))
    #expect(lost.count == 3 && lost[0] == 0 && lost[1] > lost[2] && lost[2] > kept[1])
    #expect(self.weighing(false).effectSpace(space, knowing: known).featureCount == EffectSpace.featureCount)
    #expect(WorkTemplate.example().layerAnalysis == nil)
  }

  @Test(
    "searches with a model go another way with it, the same with any workers, order and restarts; without it, theirs",
    arguments: [StrategyName.surrogate, .factorial, .random])
  func weighed(name: StrategyName) throws {
    let space = try StrategyTests.space(.resnet14)
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1"], noise: 0.01)
    func run(_ isWeighed: Bool, workers: Int = 1, seed: UInt64 = 0, confirm: Int = 2) throws -> SearchHistory {
      try runStudy(
        {
          var settings = StrategySettings(name: name, seeds: 1)
          settings.confirm = confirm
          return try makeStrategy(settings, space: space, budget: 82, template: self.weighing(isWeighed))
        }, network: network, workers: workers, schedulingSeed: seed, restarts: seed > 0,
        train: { work in
          guard case .layerAnalysis = work.kind else { return network.train(work) }
          return self.analysis(losingIn: "layer1.0.conv1", of: space.architecture)
        })
    }
    let (plain, weighed) = (try run(false), try run(true))
    // In other strategies, only the confirmations follow from a model.
    if name == .surrogate {
      #expect(plain.withoutConfirmations.asked != weighed.withoutConfirmations.asked)
      // The search itself weighs the analysis from its first decision on, whether or not anything is confirmed
      // afterwards.
      let unconfirmed = try run(true, confirm: 0).asked
      let common = weighed.withoutConfirmations.asked
      #expect(Array(unconfirmed.prefix(common.count)) == common)
    }
    for seed in 1...2 as ClosedRange<UInt64> {
      #expect(try run(true, workers: 5, seed: seed).results == weighed.results)
    }
  }
}
