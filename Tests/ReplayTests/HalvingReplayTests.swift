import SearchCore
import Testing

@testable import Replay

@Suite("searches with rungs on recorded trainings")
struct HalvingReplayTests {
  private func row(_ report: ReplayReport, _ name: String, jobs: Int? = nil) throws -> ReplayReport.Row {
    try #require(report.rows.first { $0.name == name && (jobs == nil || $0.jobs == jobs) }, "\(name)")
  }

  private func table(
    _ landscape: Landscape, seeds: Int, _ firstEpoch: @escaping (Candidate, Double) -> Double
  ) throws -> TrainingTable {
    try TrainingTable(
      text: landscape.text(seeds: seeds, firstEpoch: firstEpoch), file: "landscape.csv", space: landscape.space)
  }

  @Test("a rung costs its share and what goes on the rest; a rung that agrees saves work, one that misleads no V")
  func worth() async throws {
    let landscape = try Landscape()
    var settings = Replay.Settings(jobs: [160], replays: 4)
    settings.strategies = [.surrogate]
    let good = try await landscape.replay(
      table(landscape, seeds: 6, landscape.agreeing), settings, halving: HalvingSettings()
    ).report(threads: 2)
    let (plain, halved) = (try row(good, "surrogate"), try row(good, "surrogate, halving"))
    #expect(halved.trainings == 160)
    #expect(halved.trainSeconds.mean < 0.85 * plain.trainSeconds.mean)
    #expect(halved.multiplyAdds.mean < 0.85 * plain.multiplyAdds.mean)
    #expect(halved.frontierAccuracy.mean > plain.frontierAccuracy.mean - 0.15)
    let bad = try await landscape.replay(
      table(landscape, seeds: 6, landscape.misleading), settings, halving: HalvingSettings()
    ).report(threads: 2)
    let (without, misled) = (try row(bad, "surrogate"), try row(bad, "surrogate, halving"))
    #expect(without.frontierAccuracy == plain.frontierAccuracy, "curves are read by rungs alone")
    let error = try #require(without.frontierAccuracy.standardError)
    #expect(misled.frontierAccuracy.mean > without.frontierAccuracy.mean - 3 * error - 0.1)
  }

  @Test("the same with any number of slots and threads; two slots hardly ever wait")
  func slots() async throws {
    let landscape = try Landscape(seedDeviation: 0.5)
    let table = try table(landscape, seeds: 3, landscape.agreeing)
    func report(_ strategies: [StrategyName], slots: Int, threads: Int, jobs: Int) async throws -> ReplayReport {
      var settings = Replay.Settings(jobs: [jobs], replays: 2)
      settings.strategies = strategies
      settings.slots = slots
      settings.durations = .lognormal
      return try await landscape.replay(table, settings, halving: HalvingSettings()).report(threads: threads)
    }
    let one = try await report(StrategyName.allCases, slots: 1, threads: 1, jobs: 50)
    let many = try await report(StrategyName.allCases, slots: 64, threads: 2, jobs: 50)
    #expect(one.rows.filter { $0.name.hasSuffix(", halving") }.count == 5, "exhaustive has none")
    for (left, right) in zip(one.rows, many.rows) {
      #expect(left.name == right.name && left.frontierAccuracy == right.frontierAccuracy, "\(left.name)")
      #expect(left.trainSeconds == right.trainSeconds)
    }
    let two = try await report([.random, .surrogate], slots: 2, threads: 2, jobs: 128)
    for name in ["random, halving", "surrogate, halving"] {
      let idle = try #require(try row(two, name).idleShare)
      #expect(idle.mean <= 0.05, "\(name): \(idle.mean)")
    }
  }

  @Test("a table without curves is told so, and how to make one; and curves that cannot be read")
  func curves() async throws {
    let landscape = try Landscape()
    var settings = Replay.Settings(jobs: [20], replays: 1)
    settings.strategies = [.random]
    let replay = landscape.replay(try landscape.table(seeds: 2), settings, halving: HalvingSettings())
    let error = await #expect(throws: ReplayError.self) { try await replay.report(threads: 1) }
    #expect(
      error?.description
        == "landscape.csv: a training of dense has 0 of 3 epoch_accuracies, which halving needs; recipes with "
        + "`curve: true` record them")
    #expect(error?.isUsage == true)
    let text = landscape.text(seeds: 1, firstEpoch: landscape.agreeing)
    let broken = text.replacing(";", with: ";x", maxReplacements: 1)
    #expect(
      throws: ReplayError.line(
        file: "t.csv", line: 2, problem: "epoch_accuracies must be numbers from 0 to 1 with ';' between them")
    ) { try TrainingTable(text: broken, file: "t.csv", space: landscape.space) }
  }

  @Test("what diverged after a rung was sound there")
  func divergence() throws {
    let recipe = TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .cifar10, trainImages: 1, validationImages: 1, splitSeed: 1), epochs: 3)
    let lower = try HalvingSettings(rungs: [0.33, 0.67, 1]).lowerRungs(of: recipe, for: .random)
    let kinds = lower + [.proxyTraining(recipe)]
    let rungs = try TableRungs(kinds)
    var training = TrainingTable.Training(seed: 1, accuracy: 0.1, diverged: true, seconds: 9, curve: [0.3])
    let parts = try (0..<3).map { try rungs.training(training, at: $0, of: .dense, in: "t.csv") }
    #expect(parts.map(\.diverged) == [false, true, true])
    #expect(parts.map(\.accuracy) == [0.3, 0.1, 0.1])
    #expect(parts.map(\.rung) == [2, 1, 0])
    #expect(abs(parts.reduce(0) { $0 + $1.seconds } - 9) < 1e-9)
    training.diverged = false
    training.curve = [0.3, 0.4, 0.5]
    #expect(try rungs.training(training, at: 1, of: .dense, in: "t.csv").accuracy == 0.4)
    #expect(kinds.map { rungs.rung(kindText: $0.served.text) } == [0, 1, 2])
    #expect(throws: ReplayError.self) { try TableRungs([.proxyTraining(recipe), .proxyTraining(recipe)]) }
  }

  private func started(_ epochs: Epochs) -> TrainingRecipe {
    var recipe = TrainingRecipe(
      model: .resnet8, data: DataSelection(set: .cifar10, trainImages: 10_000, validationImages: 5000, splitSeed: 1),
      epochs: 1)
    recipe.epochs = epochs
    recipe.start = TrainedStart(origin: .checkpoint(weights: String(repeating: "0", count: 64)))
    return recipe
  }

  @Test("a rung that is a training of its own is served by its own table, under the same seed, and costs its passes")
  func tables() throws {
    let landscape = try Landscape()
    let candidates = Array(landscape.candidates.prefix(4))
    func table(_ name: String, seeds: Int) throws -> TrainingTable {
      try TrainingTable(
        text: landscape.text(seeds: seeds, candidates: candidates), file: name, space: landscape.space)
    }
    let (converted, quarter) = (try table("converted.csv", seeds: 1), try table("quarter.csv", seeds: 2))
    let recipe = started(1)
    let lower = try HalvingSettings(rungs: [0, 0.25, 1]).lowerRungs(of: recipe, for: .random)
    let rungs = try TableRungs(lower + [.proxyTraining(recipe)], tables: [0: converted, 1: quarter])
    let training = TrainingTable.Training(seed: 1001, accuracy: 0.5, diverged: false, seconds: 39)
    let parts = try (0..<3).map { try rungs.training(training, at: $0, of: candidates[1], in: "t.csv") }
    #expect(parts.map(\.rung) == [2, 1, 0])
    #expect(parts[0].accuracy == converted.trainings[candidates[1]]?[0].accuracy, "without training there is no seed")
    #expect(parts[1].accuracy == quarter.trainings[candidates[1]]?[1].accuracy)
    #expect(parts[2].accuracy == 0.5)
    // 39 s are 39,000 passes: 5,000 images to validate, 2 × 2,000 to convert, and three for each image of an epoch.
    #expect(abs(parts[0].seconds - 9) < 1e-9 && abs(parts[1].seconds - 16.5) < 1e-9 && parts[2].seconds == 39)
    let other = TrainingTable.Training(seed: 7, accuracy: 0.5, diverged: false, seconds: 39)
    let error = #expect(throws: ReplayError.self) {
      try rungs.training(other, at: 1, of: candidates[1], in: "t.csv")
    }
    #expect(
      error?.description
        == "quarter.csv: the table has no training of \(candidates[1]) under the seed 7, which its rung needs")
    #expect(throws: ReplayError.self, "a rung without curve and table") {
      try TableRungs(lower + [.proxyTraining(recipe)], tables: [0: converted])
    }
  }

  @Test("a search with halving whose first rung is no training at all")
  func conversions() async throws {
    let landscape = try Landscape()
    let table = try landscape.table(seeds: 4)
    let converted = try TrainingTable(
      text: landscape.text(seeds: 1), file: "converted.csv", space: landscape.space)
    var settings = Replay.Settings(jobs: [100], replays: 3)
    settings.strategies = [.surrogate]
    settings.rungTables = [0: converted]
    var strategy = StrategySettings(name: .surrogate, seeds: 1)
    strategy.halving = HalvingSettings(rungs: [0, 1])
    let report = try await Replay(
      table, space: landscape.space, strategy: strategy, kind: .proxyTraining(started(1)), settings: settings
    ).report(threads: 2)
    let (plain, halved) = (try row(report, "surrogate"), try row(report, "surrogate, halving"))
    #expect(halved.trainings == 100)
    #expect(halved.multiplyAdds.mean < 0.7 * plain.multiplyAdds.mean)
    #expect(halved.frontierAccuracy.mean > plain.frontierAccuracy.mean - 0.3)
  }
}
