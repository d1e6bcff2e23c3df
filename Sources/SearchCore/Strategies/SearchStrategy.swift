/// How a study chooses what to train.
///
/// A strategy is a pure function of space, settings, study seed and history. It asks in rounds: a round is determined
/// once all works of the earlier rounds that it must know are finished or set aside, and never changes from then on.
/// What is trained therefore depends neither on the number of workers nor on the order in which results arrive, and the
/// works that a history determines are a prefix of those that any later history determines.
public protocol SearchStrategy: Sendable {
  var name: StrategyName { get }
  /// What the user should know about how the settings were applied, one line each.
  var notes: [String] { get }
  /// Returns the number of leading rounds that must be settled before this one can be decided: at most `round`.
  func roundsToKnow(before round: Int) -> Int
  /// Decides a round.
  /// - Parameters:
  ///   - number: the number of the round: 0, 1, …
  ///   - history: what was asked for in earlier rounds, and the results of only those that must be known.
  func round(_ number: Int, history: SearchHistory) -> SearchRound
  /// Decides what follows once `round` wants nothing more and everything that was asked for is settled.
  func lastRound(history: SearchHistory) -> SearchRound
  /// Returns the number of works that the whole search asks for: exact once its last round is determined, until then
  /// the most that it can be, if that is known.
  func expectedWorks(history: SearchHistory) -> Int
  /// Whether a decision takes so long that the caller must not wait for it.
  var takesTime: Bool { get }
  /// The number of works of a round, for searches of many rounds; `nil` for others.
  var roundSize: Int? { get }
}

/// What a strategy decides for one round.
public struct SearchRound: Hashable, Sendable {
  /// The works in the order in which they should start; if there are none, the search is over.
  public var works: [Work]
  /// What the user should know about the decision, one line each.
  public var notes: [String]
  /// The number of points of accuracy by which the candidates named now are expected to fall short of the best; `nil`
  /// if the strategy does not estimate it.
  public var expectedLoss: Double?
  /// Whether this answers what follows once the search wants nothing more.
  public var isLast = false
  /// The revision of the history that it was decided on (`SearchHistory.revision`).
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

  /// Returns the number of the next round; `nil` if it is not determined yet.
  public func nextRound(_ history: SearchHistory) -> Int? {
    let number = history.rounds.count
    return history.settledRounds >= roundsToKnow(before: number) ? number : nil
  }

  /// Decides a round from the part of the history that it may know.
  public func decide(_ number: Int, history: SearchHistory) -> SearchRound {
    round(number, history: history.known(rounds: roundsToKnow(before: number), asked: number))
  }

  /// Returns all works determined so far, in order; the rounds of the history stay as they are.
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

/// A decision that is due, with everything that is needed to answer it.
public struct SearchQuestion: Sendable {
  public let round: Int
  /// Whether the search wants nothing more, and the question is what follows.
  public let isLast: Bool
  private let strategy: any SearchStrategy
  private let history: SearchHistory

  /// Creates the question that is due; `nil` if the next round is not determined yet.
  /// - Parameter isLast: whether the strategy has wanted nothing more before.
  public init?(_ strategy: any SearchStrategy, history: SearchHistory, isLast: Bool) {
    guard isLast ? history.isSettled : strategy.nextRound(history) != nil else { return nil }
    round = history.rounds.count
    self.isLast = isLast
    self.strategy = strategy
    self.history = history
  }

  /// Answers the question, which may take a second. A decision depends on the rounds alone: it does not know what users
  /// asked for, nor what forgotten rounds had asked for.
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

/// The settings of a search.
public struct StrategySettings: Codable, Hashable, Sendable {
  public var name: StrategyName
  /// The number of trainings of every candidate (in the surrogate search, of a new one), which differ in their seeds.
  public var seeds: Int
  /// The number of works of a round, for strategies that ask in more than two rounds.
  public var round: Int
  /// What candidates may cost.
  public var constraints: CostConstraints
  /// The least estimated accuracy of candidates that are named, 0…1; `nil` for any.
  public var minAccuracy: Double?
  /// The search ends when its expected loss falls below this, in points of accuracy; `nil` for never.
  public var tolerance: Double?
  /// The number of times that each point found is trained again at the end (`ConfirmedSearch`).
  public var confirm = 0
  /// The largest number of trainings of a candidate.
  public var mostRepetitions = 1000
  /// If set, candidates begin at a lower rung, and those that may be the best are promoted (`HalvingSearch`); `nil` to
  /// train all of them at the top.
  public var halving: HalvingSettings?
  /// The figures of trainings that the model of effects reads.
  public var scores: TrainingScores
  /// Whether the model of effects weighs the truncation errors of the trained network that trainings start from.
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

/// The largest number of jobs of a study, which it can easily hold in memory and in its database.
let mostJobs = 1_000_000
private let mostSeeds = 1000

/// Makes the strategy of a study. `jobs` bounds the number of works in all; `nil` for no bound.
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
      problem: "a budget of \(jobs ?? 0) jobs is used up before the first training; allow more than \(first.count)")
  }
  let search = try makeSearch(settings, space: space, budget: jobs.map { $0 - first.count }, template: template)
  return StartedSearch(search, first: first)
}

/// Makes the search that follows the start.
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

/// A search whose works are all known at the start and form one round.
protocol OneRoundSearch: SearchStrategy {
  var works: [Work] { get }
}

extension OneRoundSearch {
  func roundsToKnow(before round: Int) -> Int { 0 }

  /// Asks for all works at once or, if the budget has grown since, for the rest.
  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    let asked = Set(history.asked)
    return SearchRound(works: asked.isEmpty ? works : works.filter { !asked.contains($0) })
  }

  func expectedWorks(history: SearchHistory) -> Int { works.count }
}

/// Returns all repetitions of one candidate before the next candidate, at most `jobs` works in all.
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
