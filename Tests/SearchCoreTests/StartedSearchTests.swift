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
}
