import Testing

@testable import SearchCore

@Suite("Confirmations")
struct ConfirmedSearchTests {
  private let settings = { (name: StrategyName, confirm: Int) -> StrategySettings in
    var settings = StrategySettings(name: name, seeds: 1)
    settings.confirm = confirm
    return settings
  }

  @Test(
    "dense and points of the estimated frontier are trained anew, the same whatever the workers, order and restarts",
    arguments: StrategyName.allCases)
  func confirmed(name: StrategyName) throws {
    let space = try StrategyTests.space(.resnet14)
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1", "layer2.1.conv2"], noise: 0.01)
    let make = {
      try makeStrategy(self.settings(name, 2), space: space, budget: 80, template: .example(studySeed: 5))
    }
    let one = try runStudy(make, network: network)
    let confirmations = one.results.keys.filter(Confirmation.includes)
    let points = Set(confirmations.map(\.candidate))
    #expect(points.contains(.dense) && (2...13).contains(points.count))
    #expect(confirmations.count == 2 * points.count)
    // Confirmations are paired by seed, and no other training has their seeds.
    let seeds = Set(confirmations.map(\.seed))
    #expect(seeds.count == 2)
    #expect(one.results.keys.allSatisfy { Confirmation.includes($0) || !seeds.contains($0.seed) })
    #expect(one.results.count - confirmations.count <= 80 - ConfirmedSearch.reserve(2))
    #expect(try make().expectedWorks(history: one) == one.results.count)
    #expect(try make().expectedWorks(history: SearchHistory()) <= 80)
    // Confirmations come last.
    let asked = one.asked
    #expect(asked.suffix(confirmations.count).allSatisfy(Confirmation.includes))
    for seed in 1...3 {
      let many = try runStudy(make, network: network, workers: 5, schedulingSeed: UInt64(seed), restarts: seed > 1)
      #expect(many.results == one.results)
    }
    // With a larger budget the search goes on, having learned nothing from the confirmations, and new points are
    // confirmed.
    let more = {
      try makeStrategy(self.settings(name, 2), space: space, budget: 110, template: .example(studySeed: 5))
    }
    #expect(Array(try more().works(history: one).prefix(asked.count)) == asked)
    let larger = try runStudy(more, network: network, after: one)
    #expect(try runStudy(more, network: network, workers: 5, restarts: true, after: one).results == larger.results)
    let added = larger.asked.dropFirst(asked.count)
    let searched = added.count { !Confirmation.includes($0) }
    #expect(larger.asked.count <= 110)
    if name != .sensitivity { #expect(searched >= 10) }
    // Every point that was found last is confirmed as often as the others.
    let found = Dictionary(grouping: larger.asked.filter(Confirmation.includes), by: \.candidate)
    #expect(found.values.allSatisfy { $0.count == 2 })
  }

  @Test("constraints and the lowest accuracy hold for what is confirmed")
  func constraints() throws {
    let space = try StrategyTests.space(.resnet14)
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1"], noise: 0.001)
    var limited = settings(.random, 1)
    limited.constraints = CostConstraints(parameters: space.denseCost.parameters * 7 / 10, multiplyAdds: nil)
    let points = { (settings: StrategySettings) in
      let history = try runStudy(
        { try makeStrategy(settings, space: space, budget: 60, template: .example(studySeed: 5)) }, network: network)
      return Set(history.results.keys.filter(Confirmation.includes).map(\.candidate)).subtracting([.dense])
    }
    let named = try points(limited)
    #expect(!named.isEmpty && named.allSatisfy { limited.constraints.allow(space.cost(of: $0)) })
    limited.minAccuracy = 0.999
    #expect(try points(limited).isEmpty, "and then nothing is trained, dense neither")
  }

  @Test("confirmations that take more than half of the budget are refused")
  func tooMany() throws {
    let space = try StrategyTests.space()
    let error = #expect(throws: SearchError.self) {
      try makeStrategy(self.settings(.random, 4), space: space, budget: 100, template: .example(studySeed: 5))
    }
    #expect(
      error?.description
        == "strategy random: 4 confirmations of up to 12 points and dense take 52 of 100 jobs, more than half; raise "
        + "the budget or confirm fewer times")
    #expect(throws: Never.self) {
      try makeStrategy(self.settings(.random, 4), space: space, budget: 104, template: .example(studySeed: 5))
    }
  }

  @Test("of many points those that lie evenly over the costs, the ends among them")
  func spread() {
    let many = (0...100).map { (size: Double($0), $0) }
    #expect(EvenSpread.choose(of: many, over: 5) == [0, 25, 50, 75, 100])
    #expect(EvenSpread.choose(of: Array(many.prefix(3)), over: 5) == [0, 1, 2])
    let uneven = [0.0, 1, 2, 3, 100].map { (size: $0, $0) }
    #expect(EvenSpread.choose(of: uneven, over: 3) == [0, 3, 100])
    #expect(EvenSpread.choose(of: many, over: 1) == [50])
    #expect(EvenSpread.choose(of: [(size: 1.0, 7)], over: 1) == [7])
  }

  @Test("what is noted of a round reads back")
  func notes() {
    for note in [
      RoundNote(round: 3, jobs: 16, expectedLoss: 0.416), RoundNote(round: 0, jobs: 1, expectedLoss: nil),
    ] {
      #expect(RoundNote(note.description) == note)
    }
    #expect(
      RoundNote(round: 3, jobs: 16, expectedLoss: 0.416).description
        == "round 3 asks for 16 jobs; the expected loss is 0.42 points")
    for text in [
      "", "round 3", "round x asks for 3 jobs", "round \(Int.max) asks for 3 jobs", "round 3 asks for -1 jobs",
      "round 3 asks for 3 jobs; the expected loss is much",
    ] {
      #expect(RoundNote(text) == nil)
    }
  }

  @Test("times that overlap count once on the clock, and each for workers")
  func times() {
    #expect(
      TimeSpent([(begun: 10, ended: 20), (begun: 0, ended: 5), (begun: 12, ended: 15), (begun: 18, ended: 30)])
        == TimeSpent(ofWorkers: 30, onClock: 25))
    #expect(TimeSpent([(begun: 3, ended: 1)]) == TimeSpent())
  }

  @Test("what is left of a bound on time: the nearer of the two, at so many trainings; nothing where nothing bounds")
  func timeLeft() {
    let spent = TimeSpent(ofWorkers: 30, onClock: 20)
    #expect(TimeLimits(ofWorkers: 90, onClock: 60).secondsLeft(after: spent, running: 2) == 30)
    #expect(TimeLimits(ofWorkers: 90, onClock: 60).secondsLeft(after: spent, running: 1) == 40)
    #expect(TimeLimits(ofWorkers: 90).secondsLeft(after: spent, running: 0) == nil)
    #expect(TimeLimits(onClock: 15).secondsLeft(after: spent, running: 0) == 0)
    #expect(TimeLimits().secondsLeft(after: spent, running: 2) == nil)
  }
}
