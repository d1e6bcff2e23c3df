/// How a study chooses what to train.
///
/// A strategy is a pure function of space, settings, study seed and history. It works in stages: all works of a stage are
/// finished or failed before the next begins, so that what is trained depends neither on the number of workers nor on the
/// order in which results come, and the recorded results are all that a restart needs.
public protocol SearchStrategy: Sendable {
  var name: StrategyName { get }
  /// What the user should know of how the settings were applied, one line each.
  var notes: [String] { get }
  /// All works of the current stage, settled ones among them, in the order in which they should start; empty when the
  /// search is over.
  func nextStage(history: SearchHistory) -> [Work]
  /// How many works the whole search asks for: exact in the last stage, until then the most that it can be.
  func expectedTrials(history: SearchHistory) -> Int
}

/// Names as in the configuration.
public enum StrategyName: String, Codable, CaseIterable, Hashable, Sendable {
  case exhaustive, random, sensitivity
}

public struct StrategySettings: Codable, Hashable, Sendable {
  public var name: StrategyName
  /// Trainings of every candidate, which differ in their seed.
  public var seeds: Int

  public init(name: StrategyName, seeds: Int) {
    self.name = name
    self.seeds = seeds
  }
}

/// What a study can hold in memory and in its database with ease.
private let mostJobs = 1_000_000
private let mostSeeds = 1000

/// `jobs` bounds the number of works in all; nil for no bound.
public func makeStrategy(
  _ settings: StrategySettings, space: SearchSpace, budget jobs: Int?, template: WorkTemplate
) throws(SearchError) -> any SearchStrategy {
  guard (1...mostSeeds).contains(settings.seeds) else {
    throw .strategy(
      name: settings.name.rawValue, problem: "seeds must be from 1 to \(mostSeeds), not \(settings.seeds)")
  }
  if let jobs, !(1...mostJobs).contains(jobs) {
    throw .strategy(name: settings.name.rawValue, problem: "the budget must be from 1 to \(mostJobs) jobs, not \(jobs)")
  }
  switch settings.name {
  case .exhaustive: return try ExhaustiveSearch(space: space, seeds: settings.seeds, jobs: jobs, template: template)
  case .random: return RandomSearch(space: space, seeds: settings.seeds, jobs: jobs, template: template)
  case .sensitivity: return SensitivitySearch(space: space, seeds: settings.seeds, jobs: jobs, template: template)
  }
}

/// A search whose works are known from the start: one stage.
protocol OneStageSearch: SearchStrategy {
  var works: [Work] { get }
}

extension OneStageSearch {
  func nextStage(history: SearchHistory) -> [Work] { works.allSatisfy(history.isSettled) ? [] : works }
  func expectedTrials(history: SearchHistory) -> Int { works.count }
}

/// All repetitions of one candidate before the next candidate, at most `jobs` in all.
func works(
  of candidates: some Sequence<Candidate>, seeds: Int, jobs: Int?, template: WorkTemplate
) -> [Work] {
  var works: [Work] = []
  for candidate in candidates {
    for repetition in 0..<seeds {
      if let jobs, works.count >= jobs { return works }
      works.append(template.work(candidate, repetition: repetition))
    }
  }
  return works
}
