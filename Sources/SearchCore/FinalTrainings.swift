/// The last word on a few points of a search: trained in full, and judged once by the test images, which no decision
/// has seen.
///
/// They are jobs of the study beside those of its search: they have numbers of their own, so that neither budgets nor
/// later rounds depend on them.
public enum FinalTrainings {
  /// Numbers of jobs from here on are theirs: a search has at most a million.
  public static let firstJob: Int64 = 1_000_001
  /// Repetitions from here on: seeds that neither a search nor a confirmation has.
  static let firstRepetition = 1_000_000

  public static func includes(_ job: Int64) -> Bool { job >= firstJob && !HandAsked.includes(job) }

  /// Whether a job may begin within so many jobs of a search.
  public static func isWithin(_ budget: Int?, job: Int64) -> Bool {
    job >= firstJob || job <= budget.map(Int64.init) ?? .max
  }

  /// Whom to train: dense, all layers at every rank, points of the estimated frontier, and its knee.
  ///
  /// - Parameters:
  ///   - results: of the study.
  ///   - points: at most so many of the frontier, evenly over its costs; the knee is besides.
  ///   - objectives: of the study, which tell what the knee is seen against.
  /// - Returns: without repetitions; nil without sound trainings.
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

  /// Every candidate under the same seeds, seed by seed.
  package static func works(_ candidates: [Candidate], recipe: TrainingRecipe, seeds: Int, studySeed: UInt64) -> [Work]
  {
    let template = WorkTemplate(kind: .finalTraining(recipe), studySeed: studySeed, seeding: .common)
    return (0..<seeds).flatMap { seed in
      candidates.map { template.work($0, repetition: firstRepetition + seed) }
    }
  }

  /// What is known of one candidate in the end.
  package struct Entry: Hashable, Sendable {
    package var candidate: Candidate
    /// Recipe by which it was trained: a study may have final trainings by several.
    package var recipe: TrainingRecipe
    /// Mean accuracy on the test images, 0…1, over the trainings that did not diverge; nil where all did.
    package var accuracy: Double?
    package var seeds: Int
    package var diverged: Int
    /// Mean difference to the dense network under the same seeds, and the ends of its 95 % interval (Student's t,
    /// all intervals together); nil where fewer than two seeds have both.
    package var difference: Double?
    package var low: Double?
    package var high: Double?
    /// SHA-256 of the trained networks, seed by seed: those that did not diverge, of workers that leave one.
    package var networks: [String] = []
  }

  /// By recipe, then by candidate's text.
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
