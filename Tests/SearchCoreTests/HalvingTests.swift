import Randomness
import Testing

@testable import SearchCore

@Suite("Halving")
struct HalvingTests {
  private static let strategies = StrategyName.allCases.filter { $0 != .exhaustive }

  private func settings(_ name: StrategyName, _ halving: HalvingSettings = HalvingSettings()) -> StrategySettings {
    var settings = StrategySettings(name: name, seeds: 1, round: 12)
    settings.halving = halving
    return settings
  }

  @Test(
    "budgets are spent, trainings are distinct, begin at the bottom, and depend on no workers, order or restarts",
    arguments: strategies, [9, 44])
  func invariants(name: StrategyName, jobs: Int) throws {
    let space = try StrategyTests.space()
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1", "layer2.0.conv2"], noise: 0.01)
    let template = try WorkTemplate.example(studySeed: 5, halving: HalvingSettings())
    let make = { try makeStrategy(self.settings(name), space: space, budget: jobs, template: template) }
    let train = { network.train($0, in: template) }
    let one = try runStudy(make, network: network, train: train)
    #expect(one.results.count <= jobs)
    #expect(one.results.count >= jobs - 2)
    #expect(try make().expectedWorks(history: one) == one.results.count)
    #expect(try make().expectedWorks(history: SearchHistory()) <= jobs)
    let asked = Set(one.asked)
    for work in one.asked where template.rung(of: work) == 1 {
      #expect(asked.contains(template.work(work, at: 0)))
      let (low, high) = (
        one.rounds.firstIndex { $0.contains(template.work(work, at: 0)) }, one.rounds.firstIndex { $0.contains(work) }
      )
      #expect(try #require(low) < #require(high))
    }
    for seed in 1...2 {
      let many = try runStudy(
        make, network: network, workers: 5, schedulingSeed: UInt64(seed), restarts: seed > 1, train: train)
      #expect(many.results == one.results)
    }
    // With a larger budget the search goes on where the smaller one ended.
    let larger = try makeStrategy(settings(name), space: space, budget: jobs + 60, template: template)
    let more = larger.works(history: one)
    #expect(Array(more.prefix(one.asked.count)) == one.asked && more.count > one.asked.count)
  }

  /// Runs a search. Returns its history and its notes.
  private func searched(
    _ name: StrategyName = .random, jobs: Int, agreement: Double, diverges: @escaping (Work) -> Bool = { _ in false }
  ) throws -> (history: SearchHistory, notes: [String], template: WorkTemplate, space: SearchSpace) {
    let space = try StrategyTests.space(.resnet14)
    let network = SyntheticNetwork(
      space: space, sensitive: ["layer1.0.conv1", "layer1.1.conv1", "layer2.0.conv2", "layer2.1.conv2"], noise: 0.004)
    let template = try WorkTemplate.example(studySeed: 5, halving: HalvingSettings())
    var notes: [String] = []
    let history = try runStudy(
      { try makeStrategy(settings(name), space: space, budget: jobs, template: template) }, network: network,
      workers: 3,
      notes: { notes.append($0) }
    ) { work in
      var result = network.train(work, in: template, agreement: agreement)
      if agreement == 0, template.rung(of: work) == 0 {
        var random = StableRandom(seed: StableHash.fnv1a64("\(work.candidate)"))
        result[.accuracy] = 0.3 + 0.1 * random.uniform()
      }
      result.diverged = diverges(work)
      return result
    }
    return (history, notes, template, space)
  }

  @Test("a rung that agrees decides: those go on that are better at their cost, references, and a few by chance")
  func agreement() throws {
    let (history, notes, template, space) = try searched(jobs: 200, agreement: 0.7)
    let last = try #require(history.rounds.indices.last { history.rounds[$0].contains { template.rung(of: $0) == 0 } })
    let lowest = history.rounds[...last].joined().filter { template.rung(of: $0) == 0 }
    let top = Set(history.asked.filter { template.rung(of: $0) == 1 }.map(\.candidate))
    for reference in [.dense] + space.allLayersReferences { #expect(top.contains(reference)) }
    // The first brackets go on as a whole, until the rungs are known to agree.
    #expect(notes.contains { $0.hasSuffix("not known yet: everything is kept") })
    let judged = lowest.dropFirst(60).map(\.candidate)
    let kept = judged.filter(top.contains)
    #expect((0.25...0.7).contains(Double(kept.count) / Double(judged.count)))
    func sensitive(_ candidates: [Candidate]) -> Double {
      Statistics.mean(
        candidates.map { candidate in
          Double(
            candidate.decomposedLayers.count {
              ["layer1.0.conv1", "layer1.1.conv1", "layer2.0.conv2", "layer2.1.conv2"].contains($0)
            })
        })
    }
    let left = judged.filter { !top.contains($0) }
    #expect(sensitive(left) > sensitive(kept) + 0.4)
    #expect(left.contains { $0.decomposedLayers.count < 4 } && kept.contains { $0.decomposedLayers.count > 4 })
  }

  @Test("where rungs may not agree everything goes on, and that is said")
  func disagreement() throws {
    let (history, notes, template, _) = try searched(jobs: 160, agreement: 0)
    let brackets = history.rounds.map { $0.filter { template.rung(of: $0) == 0 } }.filter { !$0.isEmpty }
    let top = Set(history.asked.filter { template.rung(of: $0) == 1 }.map(\.candidate))
    // The budget ends within the last brackets.
    #expect(brackets.count > 5 && Set(brackets.dropLast(2).joined().map(\.candidate)).isSubset(of: top))
    #expect(
      notes.contains {
        $0.hasPrefix("Kendall's tau of rungs 1 and 2 within bands of similar cost is ")
          && $0.hasSuffix(", which may be 0.3 or less: everything is kept")
      })
  }

  @Test("what a tolerance ended stays ended, whatever is known later", arguments: [0.2, 0.8])
  func tolerance(points: Double) throws {
    let space = try StrategyTests.space()
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1", "layer2.0.conv2"], noise: 0.01)
    let template = try WorkTemplate.example(studySeed: 5, halving: HalvingSettings())
    var settings = settings(.surrogate)
    settings.tolerance = points
    let make = { try makeStrategy(settings, space: space, budget: 120, template: template) }
    let train = { network.train($0, in: template, agreement: 0.7) }
    let history = try runStudy(make, network: network, workers: 3, train: train)
    let brackets = history.rounds.indices.filter { history.rounds[$0].contains { template.rung(of: $0) == 0 } }
    // Rounds with brackets come first; after them there are none.
    #expect(brackets == Array(brackets.indices))
    let again = try runStudy(make, network: network, workers: 5, schedulingSeed: 2, restarts: true, train: train)
    #expect(again.results == history.results)
  }

  @Test("what diverged does not go on")
  func divergence() throws {
    let diverges = { (work: Work) in StableHash.fnv1a64("\(work.candidate)") % 4 == 0 }
    let (history, _, template, _) = try searched(.surrogate, jobs: 60, agreement: 0.7, diverges: diverges)
    let top = history.asked.filter { template.rung(of: $0) == 1 }
    #expect(!top.isEmpty && !top.contains(where: diverges))
    #expect(history.asked.contains(where: diverges))
  }

  @Test(
    "from a trained network, what it is made of comes first, and then the same",
    arguments: [StrategyName.random, .surrogate])
  func started(name: StrategyName) throws {
    let space = try StrategyTests.space()
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1"], noise: 0.01)
    let plain = try WorkTemplate.example(studySeed: 5, halving: HalvingSettings())
    var recipe = plain.kind.recipe
    recipe.start = TrainedStart(origin: .dense(epochs: 9, trainImages: 90, seed: 5), calibrationImages: 50)
    let template = WorkTemplate(
      kind: .proxyTraining(recipe), lower: try HalvingSettings().lowerRungs(of: recipe, for: name), studySeed: 5)
    func searched(_ template: WorkTemplate, jobs: Int) throws -> SearchHistory {
      try runStudy(
        { try makeStrategy(settings(name), space: space, budget: jobs, template: template) }, network: network,
        workers: 3, train: { network.train($0, in: template) })
    }
    let history = try searched(template, jobs: 46)
    #expect(history.asked.prefix(2).allSatisfy { template.rung(of: $0) == nil })
    let asked = history.asked.dropFirst(2)
    let same = try searched(plain, jobs: 44).asked
    #expect(asked.map(\.candidate) == same.map(\.candidate))
    #expect(asked.map(template.rung) == same.map(plain.rung))
  }

  @Test("several rungs under a budget: trainings come to the top, and references always do", arguments: [60, 100, 150])
  func severalRungs(jobs: Int) throws {
    let halving = HalvingSettings(rungs: jobs == 60 ? [0.34, 0.67, 1] : [0.17, 0.34, 0.67, 1])
    let space = try StrategyTests.space()
    let network = SyntheticNetwork(space: space, sensitive: ["layer1.0.conv1", "layer2.0.conv2"], noise: 0.01)
    let template = try WorkTemplate.example(studySeed: 5, halving: halving)
    for name in [StrategyName.random, .surrogate, .nsga2] {
      let make = { try makeStrategy(self.settings(name, halving), space: space, budget: jobs, template: template) }
      let train = { network.train($0, in: template) }
      let history = try runStudy(make, network: network, workers: 3, train: train)
      #expect(history.results.count <= jobs && history.results.count >= jobs - 4)
      let top = Set(history.asked.filter { template.rung(of: $0) == template.topRung }.map(\.candidate))
      #expect(top.isSuperset(of: [.dense] + space.allLayersReferences) && top.count > 5, "\(name): \(top.count)")
      let again = try runStudy(make, network: network, workers: 5, schedulingSeed: 2, restarts: true, train: train)
      #expect(again.results == history.results)
    }
  }

  @Test(
    "brackets are cut between candidates: each has all of its seeds", arguments: [StrategyName.factorial, .surrogate])
  func wholeCandidates(name: StrategyName) throws {
    let space = try StrategyTests.space(.resnet14)
    let network = SyntheticNetwork(space: space, noise: 0.01)
    let template = try WorkTemplate.example(studySeed: 5, halving: HalvingSettings())
    var settings = settings(name)
    settings.seeds = 3
    settings.round = 16
    let history = try runStudy(
      { try makeStrategy(settings, space: space, budget: 90, template: template) }, network: network,
      train: { network.train($0, in: template) })
    let lowest = Dictionary(grouping: history.asked.filter { template.rung(of: $0) == 0 }, by: \.candidate)
    #expect(lowest.count > 5 && lowest.values.allSatisfy { $0.count >= 3 })
  }

  @Test("estimates are the top's, of what was trained there")
  func estimates() throws {
    let (history, _, template, space) = try searched(.surrogate, jobs: 90, agreement: 0.7)
    let estimates = try #require(
      StudyEstimates(space, results: history.results, template: template, seed: 1, draws: 40))
    let top = Set(history.asked.filter { template.rung(of: $0) == 1 }.map(\.candidate))
    #expect(Set(estimates.entries.filter(\.isTrained).map(\.candidate)) == top)
    #expect(estimates.trainings == history.results.count && estimates.priors.rungs.count == 1)
    let dense = try #require(estimates.entries.first { $0.candidate == .dense })
    #expect(abs(dense.accuracy - 0.8) < 0.02)
  }

  // MARK: bad input

  @Test("rungs and shares that are none are refused in one line")
  func problems() throws {
    let space = try StrategyTests.space()
    let template = try WorkTemplate.example(halving: HalvingSettings())
    func problem(_ rungs: [Double], keep: Double = 0.33, _ name: StrategyName = .random) -> String? {
      let error = #expect(throws: SearchError.self) {
        try makeStrategy(
          settings(name, HalvingSettings(rungs: rungs, keep: keep)), space: space, budget: 40, template: template)
      }
      return error?.description
    }
    #expect(problem([1]) == "strategy random: halving needs two rungs or more, such as [0.33, 1]")
    #expect(problem([0.5, 0.25, 1]) == "strategy random: rungs of halving must increase, but 0.25 follows 0.5")
    #expect(problem([0.5, 0.5, 1]) == "strategy random: rungs of halving must increase, but 0.5 follows 0.5")
    #expect(problem([0.5, 2]) == "strategy random: a rung of halving is a share of the epochs from 0 to 1, not 2.0")
    #expect(problem([-0.1, 1]) == "strategy random: a rung of halving is a share of the epochs from 0 to 1, not -0.1")
    #expect(problem([.nan, 1]) == "strategy random: a rung of halving is a share of the epochs from 0 to 1, not nan")
    #expect(problem([0.33, 0.9]) == "strategy random: the last rung of halving must be 1, not 0.9")
    for keep in [0, 1, -1, .nan] {
      #expect(
        problem([0.33, 1], keep: keep)
          == "strategy random: keep of halving must be more than 0 and less than 1, not \(keep)")
    }
    #expect(
      problem([0.33, 1], .exhaustive)
        == "strategy exhaustive: halving leaves candidates out, and exhaustive trains all; remove halving or choose "
        + "another strategy")
    #expect(
      problem([0.2, 0.33, 1])
        == "strategy random: halving has 3 rungs, but the study's trainings have 2")
  }

  @Test("rungs are epochs of the schedule; from a trained network also parts of one, and none")
  func lowerRungs() throws {
    var recipe = TrainingRecipe(
      model: .resnet20, data: DataSelection(set: .shapes10, trainImages: 100, validationImages: 10, splitSeed: 1),
      epochs: 6)
    func lower(_ rungs: [Double]) throws -> [(until: Int?, epochs: Epochs)] {
      try HalvingSettings(rungs: rungs).lowerRungs(of: recipe, for: .random).map {
        ($0.recipe.until, $0.recipe.epochs)
      }
    }
    #expect(try lower([0.33, 1]).map(\.until) == [2])
    #expect(try lower([0.1, 0.5, 1]).map(\.until) == [1, 3])
    #expect(
      #expect(throws: SearchError.self) { try lower([0.3, 0.33, 1]) }?.description
        == "strategy random: rung 0.33 of halving ends after 2 of 6 epochs, like another one; train for more epochs or "
        + "choose other rungs")
    #expect(throws: SearchError.self) { try lower([0.99, 1]) }
    #expect(
      #expect(throws: SearchError.self) { try lower([0, 1]) }?.description
        == "strategy random: a rung of 0 judges without training, which needs a trained network to start from")
    recipe.start = TrainedStart(origin: .checkpoint(weights: String(repeating: "a", count: 64)))
    recipe.epochs = 2
    let warm = try lower([0, 0.125, 0.5, 1])
    #expect(warm.map(\.until) == [nil, nil, 1])
    #expect(try warm.map(\.epochs) == [.none, #require(Epochs(0.25)), 2])
  }
}
