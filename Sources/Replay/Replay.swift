import Randomness
import SearchCore

/// Replays searches on recorded trainings repeatedly, each time with other trainings served and others judging.
package struct Replay: Sendable {
  package struct Settings: Sendable {
    package var strategies: [StrategyName] = []
    package var sequences: [SequenceSet] = []
    /// The numbers of trainings at which searches are measured; each is a separate budget.
    package var jobs: [Int]
    package var replays: Int
    /// The number of trainings that every candidate gets at first.
    package var trainingsOfCandidate = 1
    package var naming = ReplayNaming.estimates
    /// The number of a candidate's trainings that judge; `nil` for a third of them, rounded up.
    package var judging: Int?
    package var slots = 8
    package var durations = ReplayDurations.recorded
    package var seed: UInt64 = 1
    /// The tables of rungs that are separate trainings, by their share of the epochs in the settings of halving.
    package var rungTables: [Double: TrainingTable] = [:]

    package init(jobs: [Int], replays: Int) {
      self.jobs = jobs
      self.replays = replays
    }
  }

  package let table: TrainingTable
  package let settings: Settings
  private let searchSpace: SearchSpace
  private let space: EffectSpace
  private let strategy: StrategySettings
  private let kind: WorkKind

  /// - Parameters:
  ///   - strategy: What all strategies have in common: a round's size, constraints, what the model reads of trainings,
  ///     and halving, with and without which each of them is tried.
  ///   - kind: The kind of the table's trainings.
  package init(
    _ table: TrainingTable, space: SearchSpace, strategy: StrategySettings, kind: WorkKind, settings: Settings
  ) {
    self.table = table
    self.settings = settings
    searchSpace = space
    self.space = EffectSpace(space)
    self.strategy = strategy
    self.kind = kind
  }

  package func draw(_ number: Int) -> ReplayDraw {
    ReplayDraw(table, number: number, seed: settings.seed, judging: settings.judging)
  }

  private var references: [Candidate] { [.dense] + searchSpace.allLayersReferences }

  /// Runs all replays. Throws the `ReplayError` of the first replay that fails.
  ///
  /// - Parameters:
  ///   - threads: The number of replays at the same time; the report does not depend on it.
  ///   - onProgress: Called with the number of finished replays.
  package func report(threads: Int, onProgress: (Int) -> Void = { _ in }) async throws -> ReplayReport {
    typealias Outcome = Result<[ReplaySubject: ReplayMeasures], any Error>
    let count = settings.replays
    let outcomes = await withTaskGroup(of: (Int, Outcome).self, returning: [Int: Outcome].self) { group in
      var outcomes: [Int: Outcome] = [:]
      var next = 0
      var hasFailed = false
      while true {
        while next < count, next - outcomes.count < max(1, threads), !hasFailed {
          let number = next
          next += 1
          group.addTask { (number, Outcome { try measures(ofReplay: number) }) }
        }
        guard let (number, outcome) = await group.next() else { return outcomes }
        outcomes[number] = outcome
        if case .failure = outcome { hasFailed = true }
        onProgress(outcomes.count)
      }
    }
    var replays: [[ReplaySubject: ReplayMeasures]] = []
    for number in 0..<settings.replays {
      // Replays after the first failure may be missing.
      guard let outcome = outcomes[number] else { break }
      replays.append(try outcome.get())
    }
    return ReplayReport(table, settings, subjects: subjects, replays: replays)
  }

  // MARK: subjects

  /// The subjects, in the report's order.
  private var subjects: [ReplaySubject] {
    let counts = [1, 2, 4, 8].filter { $0 <= draw(0).mostServed }
    var subjects = TableEstimates.NoTraining.allCases.map(ReplaySubject.noTraining)
    subjects += counts.map(ReplaySubject.rawMeans) + [.everything]
    for name in settings.strategies {
      let ways = strategy.halving == nil || name == .exhaustive ? [false] : [false, true]
      for isHalved in ways {
        for jobs in settings.jobs { subjects.append(.search(name, jobs: jobs, isHalved: isHalved)) }
      }
    }
    for sequence in settings.sequences {
      for jobs in settings.jobs { subjects.append(.sequence(sequence.name, jobs: jobs)) }
    }
    return subjects
  }

  private func measures(ofReplay number: Int) throws(ReplayError) -> [ReplaySubject: ReplayMeasures] {
    let draw = draw(number)
    let stage = ReplayStage(
      draw, space: space, constraints: strategy.constraints, references: references, naming: settings.naming,
      passes: kind.recipe.passes, scores: strategy.scores)
    var measures: [ReplaySubject: ReplayMeasures] = [:]
    for subject in subjects {
      switch subject {
      case .noTraining(let rule): measures[subject] = stage.measures(rule)
      case .rawMeans(let seeds): measures[subject] = stage.rawMeasures(draw.everything(seeds: seeds))
      case .everything: measures[subject] = stage.everything
      case .search(let name, let jobs, let isHalved):
        let lower = try isHalved ? lowerRungs(name) : []
        let search = try SearchReplay(
          makeStrategy(name, jobs: jobs, draw, lower: lower), on: draw, jobs: jobs, slots: settings.slots,
          durations: settings.durations, rungs: TableRungs(lower + [kind], tables: rungTables))
        var own = stage.measures(search.served)
        own.clockSeconds = search.clockSeconds
        own.idleShare = search.idleShare
        measures[subject] = own
      case .sequence(let name, let jobs):
        guard let sequences = settings.sequences.first(where: { $0.name == name }) else { continue }
        measures[subject] = stage.measures(try sequences.sequence(ofReplay: number).served(jobs, from: draw))
      }
    }
    return measures
  }

  /// The tables of rungs, by the index of the rung.
  private var rungTables: [Int: TrainingTable] {
    let shares = strategy.halving?.rungs ?? []
    let placed = shares.enumerated().compactMap { place, share in settings.rungTables[share].map { (place, $0) } }
    return Dictionary(uniqueKeysWithValues: placed)
  }

  private func lowerRungs(_ name: StrategyName) throws(ReplayError) -> [WorkKind] {
    do { return try strategy.halving?.lowerRungs(of: kind.recipe, for: name) ?? [] } catch {
      throw .failed("\(error)")
    }
  }

  /// - Parameter lower: The kinds of the rungs below the top; empty for a search without halving.
  private func makeStrategy(
    _ name: StrategyName, jobs: Int, _ draw: ReplayDraw, lower: [WorkKind]
  ) throws(ReplayError) -> any SearchStrategy {
    var settings = strategy
    settings.name = name
    settings.seeds = self.settings.trainingsOfCandidate
    // A search ends by its budget, the number of trainings that is measured, and not by a tolerance.
    settings.tolerance = nil
    settings.confirm = 0
    if lower.isEmpty { settings.halving = nil }
    settings.mostRepetitions = max(1, draw.fewestServed)
    // Seeded as the table's own study was: a search may use what trainings under one seed share.
    let template = WorkTemplate(
      kind: kind.served, lower: lower.map(\.served),
      studySeed: StableHash.fnv1a64("replay \(draw.number) of \(self.settings.seed)") >> 11,
      seeding: table.servesCommonSeeds ? .common : .perCandidate, scores: strategy.scores)
    do {
      return try SearchCore.makeStrategy(settings, space: searchSpace, budget: jobs, template: template)
    } catch { throw .failed("\(error)") }
  }
}

/// What is judged in every replay: references and searches.
package enum ReplaySubject: Hashable, Sendable {
  /// This case and the next two are references: what a search has to be better than, or would like to reach.
  case noTraining(TableEstimates.NoTraining)
  /// The raw means of all candidates of the table, with this number of trainings each.
  case rawMeans(Int)
  /// The model of all served trainings.
  case everything
  case search(StrategyName, jobs: Int, isHalved: Bool = false)
  case sequence(String, jobs: Int)
}
