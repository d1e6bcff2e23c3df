import SearchCore
import Testing

@testable import Replay

@Suite("searches on recorded trainings")
struct ReplayTests {
  private func row(_ report: ReplayReport, _ name: String, jobs: Int? = nil) throws -> ReplayReport.Row {
    try #require(report.rows.first { $0.name == name && (jobs == nil || $0.jobs == jobs) }, "\(name)")
  }

  @Test("without noise the model of all trainings names the best, claims what holds, and is worth all that is open")
  func truth() async throws {
    let landscape = try Landscape(noise: 1e-6)
    let report = try await landscape.replay(landscape.table(seeds: 3), .init(jobs: [], replays: 2)).report(threads: 1)
    for name in ["model of all trainings", "raw means, k = 1", "raw means, k = 2"] {
      let row = try row(report, name)
      #expect(abs(row.frontierAccuracy.mean - landscape.best) < 1e-3, "\(name)")
      #expect(abs(try #require(row.claim).mean) < 1e-3)
      #expect(abs(try #require(row.openHypervolume).mean - 1) < 1e-3)
    }
    #expect(report.rows.count == 4)
    let none = try #require(report.rows.first)
    #expect(none.name.hasPrefix("no training: ") && none.trainings == 0 && none.claim == nil)
    #expect(none.frontierAccuracy.mean < landscape.best - 0.1)
    let difference = try #require(none.differences.first { $0.reference == "model of all trainings" })
    #expect(abs(difference.spread.mean - (none.frontierAccuracy.mean - landscape.best)) < 1e-3)
  }

  @Test(
    "under noise estimates of few trainings beat raw means of many, hold what they claim, and their intervals cover")
  func estimates() async throws {
    let landscape = try Landscape()
    var settings = Replay.Settings(jobs: [26, 128], replays: 6)
    settings.strategies = [.random, .surrogate]
    let report = try await landscape.replay(landscape.table(seeds: 6), settings).report(threads: 2)
    let surrogate = try row(report, "surrogate", jobs: 128)
    #expect(surrogate.trainings == 128)
    #expect(surrogate.frontierAccuracy.mean > landscape.best - 0.35)
    #expect(surrogate.frontierAccuracy.mean < landscape.best + 0.35)
    #expect(abs(try #require(surrogate.claim).mean) < 0.5)
    #expect((0.8...1).contains(try #require(surrogate.coverage).mean))
    // Raw means claim that lucky candidates are better than they are.
    let lucky = try row(report, "raw means, k = 1")
    #expect(try #require(lucky.claim).mean > 1)
    #expect(lucky.frontierAccuracy.mean < surrogate.frontierAccuracy.mean)
    // A single training of a candidate is off by the noise. The model's estimates are closer.
    let noise = try #require(report.trainingDeviation)
    #expect(abs(try #require(lucky.squaredError).mean.squareRoot() - noise) < 0.15 * noise)
    #expect(try #require(surrogate.squaredError).mean < 0.25 * noise * noise)
    #expect(lucky.trainings == 128)
    let early = try row(report, "surrogate", jobs: 26)
    #expect(early.trainings == 26 && early.trainSeconds.mean < surrogate.trainSeconds.mean / 4)

    settings.naming = .rawMeans
    settings.jobs = [128]
    let raw = try await landscape.replay(landscape.table(seeds: 6), settings).report(threads: 2)
    let named = try row(raw, "surrogate", jobs: 128)
    #expect(named.coverage == nil)
    #expect(named.frontierAccuracy.mean < surrogate.frontierAccuracy.mean)
  }

  @Test("losses of the table are read where the configuration says so, and are refused where they are no numbers")
  func losses() async throws {
    let landscape = try Landscape()
    let text = landscape.text(seeds: 3, loss: { candidate, _ in 2 - landscape.accuracy(candidate) / 40 })
    let table = try TrainingTable(text: text, file: "t.csv", space: landscape.space)
    #expect(table.trainings[.dense]?.first?.losses.count == 3)
    var settings = Replay.Settings(jobs: [16], replays: 4)
    settings.strategies = [.factorial]
    var errors: [Double] = []
    for scores in [TrainingScores.accuracies, .accuraciesAndLosses] {
      let report = try await landscape.replay(table, settings, scores: scores).report(threads: 2)
      errors.append(try #require(row(report, "factorial", jobs: 16).squaredError).mean)
    }
    #expect(errors[1] != errors[0])
    #expect(
      throws: ReplayError.line(
        file: "t.csv", line: 2, problem: "epoch_losses must be finite numbers with ';' between them")
    ) {
      try TrainingTable(
        text: text.replacing("3.0;", with: "inf;", maxReplacements: 1), file: "t.csv", space: landscape.space)
    }
  }

  @Test("every strategy, in the same report whatever the number of threads and slots")
  func deterministic() async throws {
    let landscape = try Landscape(seedDeviation: 0.5)
    let table = try landscape.table(seeds: 3)
    func report(threads: Int, slots: Int) async throws -> ReplayReport {
      var settings = Replay.Settings(jobs: [16, 40], replays: 3)
      settings.strategies = StrategyName.allCases
      settings.slots = slots
      return try await landscape.replay(table, settings).report(threads: threads)
    }
    let one = try await report(threads: 1, slots: 1)
    let three = try await report(threads: 3, slots: 1)
    #expect(one.lines == three.lines)
    #expect(one.rows.map(\.replays) == three.rows.map(\.replays))
    #expect(one.hasCommonSeeds)
    let many = try await report(threads: 2, slots: 64)
    for (left, right) in zip(one.rows, many.rows) {
      #expect(left.name == right.name && left.frontierAccuracy == right.frontierAccuracy, "\(left.name)")
      #expect(left.claim == right.claim && left.trainSeconds == right.trainSeconds)
      if left.kind == .search {
        #expect(try #require(left.clockSeconds).mean > #require(right.clockSeconds).mean)
        // A single slot never waits, except for messages.
        #expect(try #require(left.idleShare).mean < 0.001)
      }
    }
    #expect(one.rows.filter { $0.kind == .search }.count == 12)
    // Replays differ.
    let random = try row(one, "random", jobs: 16)
    #expect(Set(random.replays.map(\.frontierAccuracy)).count > 1)
  }

  @Test("up to eight slots hardly ever wait for the surrogate search, also where trainings take differently long")
  func idle() async throws {
    let landscape = try Landscape()
    let table = try landscape.table(seeds: 6)
    for slots in [1, 2, 4, 8] {
      var settings = Replay.Settings(jobs: [128], replays: 4)
      settings.strategies = [.surrogate]
      settings.slots = slots
      settings.durations = .lognormal
      let report = try await landscape.replay(table, settings).report(threads: 2)
      let idle = try #require(try row(report, "surrogate").idleShare)
      #expect(idle.mean <= 0.05, "\(slots) slots: \(idle.mean)")
    }
  }

  @Test("trainings that take months, or no time, pass on the clock that jumps")
  func durations() throws {
    let landscape = try Landscape()
    for seconds in [0, 1e9] {
      let text = landscape.text(seeds: 2).split(separator: "\n").enumerated().map { number, line in
        number == 0 ? String(line) : line.split(separator: ",").dropLast().joined(separator: ",") + ",\(seconds)"
      }.joined(separator: "\n")
      let table = try TrainingTable(text: text, file: "t.csv", space: landscape.space)
      let strategy = try makeStrategy(
        StrategySettings(name: .random, seeds: 1), space: landscape.space, budget: 40,
        template: WorkTemplate(
          kind: .proxyTraining(
            TrainingRecipe(
              model: .resnet8,
              data: DataSelection(set: .cifar10, trainImages: 1, validationImages: 1, splitSeed: 1), epochs: 1)),
          studySeed: 1))
      let search = try SearchReplay(
        strategy, on: ReplayDraw(table, number: 0, seed: 1), jobs: 40, slots: 4, durations: .recorded)
      #expect(search.served.count == 40)
      #expect(search.clockSeconds >= seconds * 10 && search.clockSeconds < seconds * 10.1 + 1)
    }
  }

  @Test("a search that asks for more than the table has is told which candidate, and how many it has")
  func exhausted() async throws {
    let landscape = try Landscape()
    let table = try landscape.table(seeds: 3)
    var settings = Replay.Settings(jobs: [40], replays: 2)
    settings.strategies = [.random]
    settings.trainingsOfCandidate = 3
    let greedy = landscape.replay(table, settings)
    await #expect(throws: ReplayError.exhausted(candidate: "dense", has: 2, file: "landscape.csv")) {
      try await greedy.report(threads: 1)
    }
    // A table that is still growing lacks candidates.
    settings.trainingsOfCandidate = 1
    let growing = try landscape.table(seeds: 3, candidates: Array(landscape.candidates.prefix(20)))
    let error = await #expect(throws: ReplayError.self) {
      try await landscape.replay(growing, settings).report(threads: 1)
    }
    guard case .exhausted(_, has: 0, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("the surrogate search repeats a candidate no more often than the table has it")
  func repetitions() async throws {
    let landscape = try Landscape()
    var settings = Replay.Settings(jobs: [128], replays: 2)
    settings.strategies = [.surrogate]
    let report = try await landscape.replay(landscape.table(seeds: 2), settings).report(threads: 2)
    // Some candidates are never worth a training, and the others must not be repeated.
    #expect((100...128).contains(try row(report, "surrogate").trainings))
  }

  @Test("tables and pictures of a report")
  func files() async throws {
    let landscape = try Landscape()
    var settings = Replay.Settings(jobs: [16, 32], replays: 2)
    settings.strategies = [.random]
    let report = try await landscape.replay(landscape.table(seeds: 3), settings).report(threads: 2)
    let files = Dictionary(uniqueKeysWithValues: report.files.map { ($0.name, $0.text) })
    let replays = try #require(files["replays.csv"]).split(separator: "\n")
    let columns =
      "name,kind,jobs,replay,trainings,frontier_accuracy,claim,open_hypervolume,coverage,train_seconds,"
      + "multiply_adds,clock_seconds,idle_share,squared_error"
    #expect(replays.first.map(String.init) == columns)
    // Four references and two budgets, two replays each.
    #expect(replays.count == 1 + 6 * 2)
    #expect(replays.contains { $0.hasPrefix("\"raw means, k = 1\",reference,,0,128,") })
    #expect(replays.contains { $0.hasPrefix("random,search,32,1,32,") })
    let summary = try #require(files["summary.csv"]).split(separator: "\n")
    #expect(summary.count == 7 && Set(summary.map { SeparatedColumns.count($0) }).count == 1)
    for name in ["accuracy-by-trainings.svg", "accuracy-by-hours.svg"] {
      let picture = try #require(files[name])
      #expect(picture.contains("random") && picture.contains("raw means of all candidates"))
      #expect(picture.contains("no training: ") && picture.hasSuffix("</svg>\n"))
    }
  }
}

private enum SeparatedColumns {
  /// The number of fields of a line. Only the first field may be quoted, and then holds one comma.
  static func count(_ line: Substring) -> Int {
    line.split(separator: ",", omittingEmptySubsequences: false).count - (line.hasPrefix("\"") ? 1 : 0)
  }
}
