import Randomness

/// Another search, and once that is over trainings of what it found, under seeds that no decision has seen: dense and
/// the points of the estimated frontier, spread over their costs.
///
/// What the search learns, it learns from its own trainings alone. Where it goes on later under a larger budget, what
/// it finds then is confirmed, too.
struct ConfirmedSearch: SearchStrategy {
  private let search: any SearchStrategy
  private let trainings: Int
  private let constraints: CostConstraints
  private let minAccuracy: Double?
  private let space: SearchSpace
  private let template: WorkTemplate
  /// Of the search's own trainings.
  private let searched: WorkTemplate

  /// Points that are confirmed at most, dense apart.
  static let mostPoints = 12

  /// Trainings that are kept for confirmations, `trainings` of each point.
  static func reserve(_ trainings: Int) -> Int { (mostPoints + 1) * trainings }

  /// - Parameter search: within what `reserve` leaves of the budget.
  init(_ search: any SearchStrategy, _ settings: StrategySettings, space: SearchSpace, template: WorkTemplate) {
    self.search = search
    trainings = settings.confirm
    constraints = settings.constraints
    minAccuracy = settings.minAccuracy
    self.space = space
    searched = template
    // Whatever the search's own seeds are, confirmations are compared seed by seed.
    self.template = WorkTemplate(kind: template.kind, studySeed: template.studySeed, seeding: .common)
  }

  var name: StrategyName { search.name }
  var notes: [String] { search.notes }
  var roundSize: Int? { search.roundSize }
  var takesTime: Bool { true }

  func roundsToKnow(before round: Int) -> Int { search.roundsToKnow(before: round) }

  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    let searched = history.withoutConfirmations
    // As much as the search would have known without the rounds in between.
    return search.decide(searched.rounds.count, history: searched)
  }

  func lastRound(history: SearchHistory) -> SearchRound {
    let rest = search.lastRound(history: history.withoutConfirmations)
    if !rest.works.isEmpty { return rest }
    let (points, expectedLoss) = points(history.withoutConfirmations)
    guard !points.isEmpty else { return .over }
    let asked = Set(history.asked)
    let works = (0..<trainings).flatMap { number in
      ([.dense] + points).map { template.work($0, repetition: Confirmation.firstRepetition + number) }
    }.filter { !asked.contains($0) }
    if works.isEmpty { return .over }
    return SearchRound(
      works: works, notes: ["dense and \(points.count) points of the estimated frontier are confirmed"],
      expectedLoss: expectedLoss)
  }

  /// Exact once the confirmations are asked for.
  func expectedWorks(history: SearchHistory) -> Int {
    let searched = history.withoutConfirmations
    let confirmations = history.asked.count - searched.asked.count
    let left = confirmations == 0 ? Self.reserve(trainings) : confirmations
    return search.expectedWorks(history: searched) + left
  }

  /// Of the estimated frontier, at most `mostPoints`, evenly over their costs, and what is expected to be lost by it.
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
  /// Why so many confirmations cannot be had of a budget; nil where they can.
  package func problemOfConfirming(within jobs: Int?) -> String? {
    let kept = ConfirmedSearch.reserve(confirm)
    guard let jobs, jobs - kept < jobs / 2 else { return nil }
    return "\(confirm) confirmations of up to \(ConfirmedSearch.mostPoints) points and dense keep \(kept) of \(jobs) "
      + "jobs, more than half; raise the budget or confirm fewer times"
  }
}

extension SearchHistory {
  /// As if nothing had been confirmed.
  var withoutConfirmations: SearchHistory {
    guard rounds.joined().contains(where: Confirmation.includes) else { return self }
    var history = SearchHistory(
      results: results.filter { !Confirmation.includes($0.key) },
      setAside: setAside.filter { !Confirmation.includes($0) })
    for round in rounds where !round.contains(where: Confirmation.includes) { history.ask(round) }
    return history
  }
}
