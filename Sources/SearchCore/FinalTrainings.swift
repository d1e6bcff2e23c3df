/// Final trainings of a few points of a search: trained in full, and scored once on the test images, which no decision
/// has seen.
///
/// They are jobs of the study beside those of its search, with their own range of job numbers, so that neither budgets
/// nor later rounds depend on them.
public enum FinalTrainings {
  /// The first job number of final trainings; a search has at most a million jobs.
  public static let firstJob: Int64 = 1_000_001
  /// The first repetition of final trainings, whose seeds are used neither by a search nor by a confirmation.
  static let firstRepetition = 1_000_000

  public static func includes(_ job: Int64) -> Bool { job >= firstJob && !HandAsked.includes(job) }

  /// Returns whether a job is one of the search's own, which are counted by budgets and rounds.
  public static func isOfSearch(_ job: Int64) -> Bool { job < firstJob }

  /// Returns whether a job may begin within a budget, which bounds the search's own jobs only.
  public static func isWithin(_ budget: Int?, job: Int64) -> Bool {
    !isOfSearch(job) || job <= budget.map(Int64.init) ?? .max
  }

  /// Returns the candidates to train: dense, all layers at every rank, points of the estimated frontier, and its knee.
  ///
  /// - Parameters:
  ///   - results: The results of the study.
  ///   - points: The maximum number of points of the frontier, evenly over its costs, not counting the knee.
  ///   - objectives: The objectives of the study, which determine the cost that the knee is seen against.
  /// - Returns: The candidates without duplicates; `nil` without sound trainings.
  package static func candidates(
    _ space: SearchSpace, results: [Work: Observation], template: WorkTemplate, points: Int,
    objectives: [Objective], within constraints: CostConstraints, atLeast accuracy: Double
  ) -> [Candidate]? {
    guard let study = StudyModel(space, results: results, template: template) else { return nil }
    let frontier = study.frontier(within: constraints)
    var count: (Cost) -> Int = \.parameters
    switch Objective.abscissa(of: objectives).descriptor.quantity {
    case .count(let cost, _): count = cost
    case .time(let time, _): count = { time($0) ?? $0.effort }
    case .fraction, .ratio: break
    }
    let entries =
      study.spreadPoints(points, of: frontier, atLeast: accuracy)
      + [study.knee(of: frontier, against: count, atLeast: accuracy)].compactMap(\.self)
    let named = entries.map { study.space.candidate(options: $0.options) }
    var candidates: [Candidate] = []
    for candidate in [.dense] + space.allLayersReferences + named where !candidates.contains(candidate) {
      candidates.append(candidate)
    }
    return candidates
  }

  /// Returns the works of every candidate under the same seeds, seed by seed.
  package static func works(_ candidates: [Candidate], recipe: TrainingRecipe, seeds: Int, studySeed: UInt64) -> [Work]
  {
    let template = WorkTemplate(kind: .finalTraining(recipe), studySeed: studySeed, seeding: .common)
    return (0..<seeds).flatMap { seed in
      candidates.map { template.work($0, repetition: firstRepetition + seed) }
    }
  }

  /// The outcome of one candidate's final trainings by one recipe.
  package struct Entry: Hashable, Sendable {
    package var candidate: Candidate
    /// The recipe of the trainings; a study may have final trainings by several.
    package var recipe: TrainingRecipe
    /// Mean accuracy on the test images, 0…1, over the trainings that did not diverge; `nil` if all diverged.
    package var accuracy: Double?
    package var seeds: Int
    package var diverged: Int
    /// Mean difference to the dense network under the same seeds, and the ends of its 95 % interval (Student's t, all
    /// intervals together); `nil` if fewer than two seeds have both.
    package var difference: Double?
    package var low: Double?
    package var high: Double?
    /// SHA-256 of the trained networks, seed by seed, of trainings that did not diverge, by workers that leave a
    /// network.
    package var networks: [String] = []
  }

  /// Returns the entries by the recipe's epochs, then by candidate's text; candidates whose trainings all diverged come
  /// last.
  package static func entries(_ results: [Work: Observation]) -> [Entry] {
    var byRecipe: [TrainingRecipe: [Work: Observation]] = [:]
    for (work, result) in results {
      if case .finalTraining(let recipe) = work.kind { byRecipe[recipe, default: [:]][work] = result }
    }
    return byRecipe.sorted { $0.key.epochs < $1.key.epochs }.flatMap { recipe, results in
      let comparison = PairedComparison(
        results.compactMap { work, result in
          guard !result.diverged, let accuracy = result[.testAccuracy] else { return nil }
          return PairedComparison.Score(candidate: work.candidate, seed: work.repetition, accuracy: accuracy)
        })
      let diverged = Dictionary(grouping: results.filter(\.value.diverged).keys, by: \.candidate).mapValues(\.count)
      let sound = Set(comparison.entries.map(\.candidate))
      let networks = Dictionary(
        grouping: results.sorted { $0.key.repetition < $1.key.repetition }, by: \.key.candidate
      ).mapValues { $0.compactMap { $0.value.artifacts[Artifact.weights]?.hash } }
      return comparison.entries.map { entry in
        Entry(
          candidate: entry.candidate, recipe: recipe, accuracy: entry.accuracy, seeds: entry.seeds,
          diverged: diverged[entry.candidate] ?? 0, difference: entry.difference, low: entry.low, high: entry.high,
          networks: networks[entry.candidate] ?? [])
      }
        + diverged.filter { !sound.contains($0.key) }.map { candidate, count in
          Entry(candidate: candidate, recipe: recipe, accuracy: nil, seeds: 0, diverged: count)
        }
    }
  }
}
