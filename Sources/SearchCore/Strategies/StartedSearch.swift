/// Wraps a search whose trainings start from a trained network: what they start from comes first, one work per round.
///
/// Rounds of the wrapped search follow once these are settled, so that no work that starts from weights is asked for
/// before they exist.
struct StartedSearch: SearchStrategy {
  private let search: any SearchStrategy
  /// The works of the start, one per round.
  private let first: [Work]

  /// - Parameter search: the wrapped search, within what `first` leaves of the budget.
  init(_ search: any SearchStrategy, first: [Work]) {
    self.search = search
    self.first = first
  }

  /// Returns the works that a study of this template must do before all others; none if it trains from scratch.
  static func first(_ template: WorkTemplate) -> [Work] {
    guard let start = template.kind.start, let analysis = template.layerAnalysis else { return [] }
    guard let training = start.training(of: template.kind.recipe), case .dense(_, _, let seed) = start.origin else {
      return [analysis]
    }
    return [Work(candidate: .dense, kind: .startTraining(training), repetition: 0, seed: seed), analysis]
  }

  var name: StrategyName { search.name }
  var notes: [String] { search.notes }
  var roundSize: Int? { search.roundSize }
  var takesTime: Bool { search.takesTime }

  func roundsToKnow(before round: Int) -> Int {
    round < first.count ? round : first.count + search.roundsToKnow(before: round - first.count)
  }

  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    if let problem = problem(in: history, before: number) { return SearchRound(works: [], notes: [problem]) }
    if number < first.count { return SearchRound(works: [first[number]]) }
    return search.round(number - first.count, history: history.without(firstRounds: first.count))
  }

  func lastRound(history: SearchHistory) -> SearchRound {
    guard history.rounds.count >= first.count, problem(in: history, before: first.count) == nil else { return .over }
    return search.lastRound(history: history.without(firstRounds: first.count))
  }

  func expectedWorks(history: SearchHistory) -> Int {
    first.count + search.expectedWorks(history: history.without(firstRounds: first.count))
  }

  /// Returns why nothing can follow; `nil` if works can follow.
  private func problem(in history: SearchHistory, before round: Int) -> String? {
    for work in first.prefix(round) {
      if history.setAside.contains(work) {
        return "\(work.kind.title) was set aside, and nothing can be trained without it: the search ends"
      }
      if history.results[work]?.diverged == true {
        return "\(work.kind.title) diverged, and nothing can start from it: the search ends; lower start.learning_rate"
      }
    }
    return nil
  }
}

extension SearchHistory {
  /// Returns the history without its first `count` rounds; the results of analyses stay known.
  func without(firstRounds count: Int) -> SearchHistory {
    var results = results
    var setAside = setAside
    for work in rounds.prefix(count).joined() {
      setAside.remove(work)
      if case .layerAnalysis = work.kind { continue }
      results[work] = nil
    }
    var history = SearchHistory(results: results, setAside: setAside)
    for round in rounds.dropFirst(count) { history.ask(round) }
    return history
  }
}
