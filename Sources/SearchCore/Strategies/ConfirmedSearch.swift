import Randomness

/// Wraps another search and, once that is over, trains what it found under seeds that no decision has seen: the dense
/// network and the points of the estimated frontier, spread over their costs.
///
/// The search learns from its own trainings alone. If it continues later under a larger budget, what it finds then is
/// confirmed, too: half of what was added is kept for that.
struct ConfirmedSearch: SearchStrategy {
  /// The search that is asked until something is confirmed.
  private let search: any SearchStrategy
  private let searchWithin: @Sendable (_ jobs: Int) -> (any SearchStrategy)?
  private let jobs: Int?
  private let trainings: Int
  private let constraints: CostConstraints
  private let minAccuracy: Double?
  private let space: SearchSpace
  private let template: WorkTemplate
  /// The template of the search's own trainings.
  private let searched: WorkTemplate

  /// The largest number of points that are confirmed, besides the dense network.
  static let mostPoints = 12

  /// Returns the number of trainings that are kept for confirmations, with `trainings` of each point.
  static func reserve(_ trainings: Int) -> Int { (mostPoints + 1) * trainings }

  /// - Parameters:
  ///   - search: the wrapped search, within what `reserve` leaves of the budget.
  ///   - searchWithin: makes the same search for another number of jobs.
  ///   - jobs: the budget; `nil` for no bound.
  init(
    _ search: any SearchStrategy, within searchWithin: @escaping @Sendable (_ jobs: Int) -> (any SearchStrategy)?,
    budget jobs: Int?, _ settings: StrategySettings, space: SearchSpace, template: WorkTemplate
  ) {
    self.search = search
    self.searchWithin = searchWithin
    self.jobs = jobs
    trainings = settings.confirm
    constraints = settings.constraints
    minAccuracy = settings.minAccuracy
    self.space = space
    searched = template
    // Confirmations are compared seed by seed, whatever the search's own seeding.
    self.template = WorkTemplate(kind: template.kind, studySeed: template.studySeed, seeding: .common)
  }

  var name: StrategyName { search.name }
  var notes: [String] { search.notes }
  var roundSize: Int? { search.roundSize }
  var takesTime: Bool { true }

  func roundsToKnow(before round: Int) -> Int { search.roundsToKnow(before: round) }

  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    let searched = history.withoutConfirmations
    // The search knows as much as it would without the rounds of confirmations in between.
    return search(after: history).decide(searched.rounds.count, history: searched)
  }

  private func search(after history: SearchHistory) -> any SearchStrategy {
    bound(after: history).flatMap(searchWithin) ?? search
  }

  /// Returns the budget of the search according to the rounds so far; `nil` before any confirmations. After them, the
  /// search gets half of what is left (all but `reserve`, if that is less than half), provided that the other half
  /// suffices to confirm two more points.
  private func bound(after history: SearchHistory) -> Int? {
    guard let jobs, let last = history.rounds.lastIndex(where: { $0.contains(where: Confirmation.includes) }) else {
      return nil
    }
    let spent = history.rounds[...last].joined()
    let left = max(0, jobs - spent.count)
    let more = left < 4 * trainings ? 0 : left - min(Self.reserve(trainings), left / 2)
    let bound = spent.count { !Confirmation.includes($0) } + more
    // If the budget has not grown, what is left was saved by confirming fewer points than `mostPoints`.
    return min(jobs - Self.reserve(trainings), bound)
  }

  func lastRound(history: SearchHistory) -> SearchRound {
    let rest = search(after: history).lastRound(history: history.withoutConfirmations)
    if !rest.works.isEmpty { return rest }
    var (points, expectedLoss) = points(history.withoutConfirmations)
    guard !points.isEmpty else { return .over }
    let asked = Set(history.asked)
    if bound(after: history) != nil {
      // Of the new points, as many as the budget confirms completely.
      let isNew = { !asked.contains(template.work($0, repetition: Confirmation.firstRepetition)) }
      let most = jobs.map { max(0, $0 - history.asked.count) / trainings } ?? .max
      let new = points.filter(isNew).enumerated().map { (size: Double($0.offset), $0.element) }
      let chosen = Set(most == 0 ? [] : EvenSpread.choose(of: new, over: most))
      points.removeAll { isNew($0) && !chosen.contains($0) }
    }
    let works = (0..<trainings).flatMap { number in
      ([.dense] + points).map { template.work($0, repetition: Confirmation.firstRepetition + number) }
    }.filter { !asked.contains($0) }
    // If the budget is larger than at the last confirmations, the search continues until it is spent.
    if works.isEmpty { return round(history.rounds.count, history: history) }
    return SearchRound(
      works: works, notes: ["dense and \(points.count) points of the estimated frontier are confirmed"],
      expectedLoss: expectedLoss)
  }

  /// Exact once the confirmations are asked for.
  func expectedWorks(history: SearchHistory) -> Int {
    let searched = history.withoutConfirmations
    let confirmations = history.asked.count - searched.asked.count
    let expected = search.expectedWorks(history: searched)
    guard confirmations > 0 else { return expected + Self.reserve(trainings) }
    let bounded = max(searched.asked.count, min(expected, bound(after: history) ?? .max))
    let later = bounded > searched.asked.count ? Self.reserve(trainings) : 0
    return min(jobs ?? .max, bounded + confirmations + later)
  }

  /// Returns at most `mostPoints` points of the estimated frontier, evenly over their costs, and its expected loss.
  private func points(_ history: SearchHistory) -> ([Candidate], expectedLoss: Double?) {
    guard let study = StudyModel(space, results: history.results, template: searched) else { return ([], nil) }
    let space = study.space
    let estimate = study.frontier(within: constraints)
    let points = study.spreadPoints(Self.mostPoints, of: estimate, atLeast: minAccuracy ?? 0)
    var random = StableRandom(seed: template.studySeed, purpose: "confirmation")
    let draws = FrontierDraws(
      study.model, solver: .coarse(space), count: Self.draws, within: constraints, excluding: study.unsound,
      random: &random)
    return (
      points.map { space.candidate(options: $0.options) }, draws.expectedLoss(of: estimate, at: CostLevels(space))
    )
  }

  private static let draws = 64
}

extension StrategySettings {
  /// Returns why a budget does not allow this number of confirmations; `nil` if it does.
  package func problemOfConfirming(within jobs: Int?) -> String? {
    let kept = ConfirmedSearch.reserve(confirm)
    guard let jobs, jobs - kept < jobs / 2 else { return nil }
    return "\(confirm) confirmations of up to \(ConfirmedSearch.mostPoints) points and dense take \(kept) of \(jobs) "
      + "jobs, more than half; raise the budget or confirm fewer times"
  }
}

extension SearchHistory {
  /// The history without confirmations.
  var withoutConfirmations: SearchHistory {
    guard rounds.joined().contains(where: Confirmation.includes) else { return self }
    var history = SearchHistory(
      results: results.filter { !Confirmation.includes($0.key) },
      setAside: setAside.filter { !Confirmation.includes($0) })
    for round in rounds where !round.contains(where: Confirmation.includes) { history.ask(round) }
    return history
  }
}
