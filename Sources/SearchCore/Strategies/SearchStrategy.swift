/// How a study chooses what to train.
///
/// A strategy is a pure function of space, settings, study seed and history. It asks in rounds: a round is determined
/// once all works of the earlier rounds that it has to know are finished or set aside, and from then on stays what it
/// is. So what is trained depends neither on the number of workers nor on the order in which results come, and what a
/// history says is a prefix of what any history says that knows more.
public protocol SearchStrategy: Sendable {
  var name: StrategyName { get }
  /// What the user should know of how the settings were applied, one line each.
  var notes: [String] { get }
  /// So many of the first rounds must be settled before this one can be decided: at most `round`.
  func roundsToKnow(before round: Int) -> Int
  /// - Parameters:
  ///   - number: 0, 1, …
  ///   - history: what was asked in earlier rounds, and results of those that have to be known, of no others.
  func round(_ number: Int, history: SearchHistory) -> SearchRound
  /// What follows once `round` wants nothing more and everything that was asked for is settled.
  func lastRound(history: SearchHistory) -> SearchRound
  /// How many works the whole search asks for: exact once its last round is determined, until then the most that it can
  /// be.
  func expectedWorks(history: SearchHistory) -> Int
  /// A decision takes so long that nothing should wait for it.
  var takesTime: Bool { get }
  /// Works of a round, where there are many rounds.
  var roundSize: Int? { get }
}

/// What a strategy decides for one round.
public struct SearchRound: Hashable, Sendable {
  /// In the order in which they should start; without any, the search is over.
  public var works: [Work]
  /// What the user should know of the decision, one line each.
  public var notes: [String]
  /// By how many points of accuracy what would be named now is expected to fall short of the best; nil where the
  /// strategy does not say.
  public var expectedLoss: Double?
  /// It answers what follows once the search wants nothing more.
  public var isLast = false
  /// Of the history that it was decided on (`SearchHistory.revision`).
  public var revision = 0

  public init(works: [Work], notes: [String] = [], expectedLoss: Double? = nil) {
    self.works = works
    self.notes = notes
    self.expectedLoss = expectedLoss
  }

  public static let over = SearchRound(works: [])
}

extension SearchStrategy {
  public var takesTime: Bool { false }
  public var roundSize: Int? { nil }
  public func lastRound(history: SearchHistory) -> SearchRound { .over }

  /// The next round, if it is determined.
  public func nextRound(_ history: SearchHistory) -> Int? {
    let number = history.rounds.count
    return history.settledRounds >= roundsToKnow(before: number) ? number : nil
  }

  /// Decides a round from as much of the history as it may know.
  public func decide(_ number: Int, history: SearchHistory) -> SearchRound {
    round(number, history: history.known(rounds: roundsToKnow(before: number), asked: number))
  }

  /// All works determined so far, in order; the rounds that the history has stay as they are.
  public func works(history: SearchHistory) -> [Work] {
    var history = history
    while let number = nextRound(history) {
      var round = decide(number, history: history)
      if round.works.isEmpty, history.isSettled { round = lastRound(history: history) }
      if round.works.isEmpty { break }
      history.ask(round.works)
    }
    return history.rounds.flatMap(\.self)
  }
}

/// A decision that is due: who answers it needs nothing else.
public struct SearchQuestion: Sendable {
  public let round: Int
  /// The search wants nothing more: whether anything follows.
  public let isLast: Bool
  private let strategy: any SearchStrategy
  private let history: SearchHistory

  /// Nil where the next round is not determined yet.
  /// - Parameter isLast: the strategy has wanted nothing more before.
  public init?(_ strategy: any SearchStrategy, history: SearchHistory, isLast: Bool) {
    guard isLast ? history.isSettled : strategy.nextRound(history) != nil else { return nil }
    round = history.rounds.count
    self.isLast = isLast
    self.strategy = strategy
    self.history = history
  }

  /// May take a second. What was asked for by a person, and what a round that was forgotten had asked for, is nothing
  /// that a decision knows: it depends on the rounds alone.
  public func answer() -> SearchRound {
    let history = history.ofRounds
    var answer = isLast ? strategy.lastRound(history: history) : strategy.decide(round, history: history)
    answer.isLast = isLast
    answer.revision = history.revision
    return answer
  }
}

/// Names as in the configuration.
public enum StrategyName: String, Codable, CaseIterable, Hashable, Sendable {
  case exhaustive, random, sensitivity, factorial, surrogate, nsga2
}

public struct StrategySettings: Codable, Hashable, Sendable {
  public var name: StrategyName
  /// Trainings of every candidate, which differ in their seed; for the surrogate search, of a new one.
  public var seeds: Int
  /// Works of a round, for strategies that ask in more than two.
  public var round: Int
  /// What candidates may cost.
  public var constraints: CostConstraints
  /// Of what is named, by the estimate, 0…1; nil for any.
  public var minAccuracy: Double?
  /// The search ends where its expected loss falls below, in points of accuracy; nil for never.
  public var tolerance: Double?
  /// How often each point of what was found is trained anew in the end (`ConfirmedSearch`).
  public var confirm = 0
  /// No candidate is trained more often.
  public var mostRepetitions = 1000
  /// Candidates begin at a lower rung, and those go on that may be the best (`HalvingSearch`); nil for the top at once.
  public var halving: HalvingSettings?
  /// What the model of effects reads of trainings.
  public var scores: TrainingScores
  /// It weighs what the analysis of the trained network found, which trainings start from.
  public var weighsTruncation = false

  public static let defaultRound = 16

  public init(
    name: StrategyName, seeds: Int, round: Int = defaultRound, constraints: CostConstraints = .none,
    tolerance: Double? = nil, scores: TrainingScores = .accuracies
  ) {
    self.scores = scores
    self.name = name
    self.seeds = seeds
    self.round = round
    self.constraints = constraints
    self.tolerance = tolerance
  }
}

/// What a study can hold in memory and in its database with ease.
let mostJobs = 1_000_000
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
  let first = StartedSearch.first(template)
  guard !first.isEmpty else { return try makeSearch(settings, space: space, budget: jobs, template: template) }
  guard jobs.map({ $0 > first.count }) ?? true else {
    throw .strategy(
      name: settings.name.rawValue,
      problem: "a budget of \(jobs ?? 0) jobs is spent on what trainings start from; allow more than \(first.count)")
  }
  let search = try makeSearch(settings, space: space, budget: jobs.map { $0 - first.count }, template: template)
  return StartedSearch(search, first: first)
}

/// From a start that is there.
func makeSearch(
  _ settings: StrategySettings, space: SearchSpace, budget jobs: Int?, template: WorkTemplate
) throws(SearchError) -> any SearchStrategy {
  guard settings.confirm == 0 else {
    var searching = settings
    searching.confirm = 0
    if let problem = settings.problemOfConfirming(within: jobs) {
      throw .strategy(name: settings.name.rawValue, problem: problem)
    }
    let settingsOfSearch = searching
    let left = jobs.map { $0 - ConfirmedSearch.reserve(settings.confirm) }
    return ConfirmedSearch(
      try makeSearch(searching, space: space, budget: left, template: template),
      within: { try? makeSearch(settingsOfSearch, space: space, budget: $0, template: template) }, budget: jobs,
      settings, space: space, template: template)
  }
  if let halving = settings.halving {
    return try HalvingSearch(settings, halving, space: space, jobs: jobs, template: template)
  }
  switch settings.name {
  case .exhaustive: return try ExhaustiveSearch(space: space, seeds: settings.seeds, jobs: jobs, template: template)
  case .random: return RandomSearch(settings, space: space, jobs: jobs, template: template)
  case .sensitivity: return SensitivitySearch(space: space, seeds: settings.seeds, jobs: jobs, template: template)
  case .factorial: return FactorialSearch(settings, space: space, jobs: jobs, template: template)
  case .surrogate: return SurrogateSearch(settings, space: space, jobs: jobs, template: template)
  case .nsga2: return GeneticSearch(settings, space: space, jobs: jobs, template: template)
  }
}

/// A search whose works are known from the start: one round.
protocol OneRoundSearch: SearchStrategy {
  var works: [Work] { get }
}

extension OneRoundSearch {
  func roundsToKnow(before round: Int) -> Int { 0 }

  /// All at once; where the budget has grown since, the rest.
  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    let asked = Set(history.asked)
    return SearchRound(works: asked.isEmpty ? works : works.filter { !asked.contains($0) })
  }

  func expectedWorks(history: SearchHistory) -> Int { works.count }
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
