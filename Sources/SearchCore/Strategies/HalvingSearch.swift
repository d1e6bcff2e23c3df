/// Wraps another search with successive halving (Jamieson and Talwalkar 2016): candidates begin at the lowest rung, and
/// those that may be the best are promoted.
///
/// A bracket is a round of the wrapped search, or a part of the only round of a search that has but one. Once all of a
/// round is settled, what it asked for at a rung is decided together, and promotions are asked for beside the next
/// bracket but one, so that no slot waits. Promotion by arrival (Li et al. 2018) would make what is trained depend on
/// the number of workers.
struct HalvingSearch: SearchStrategy {
  let notes: [String]
  let takesTime = true
  /// The wrapped search, which asks at the lowest rung.
  private let search: any SearchStrategy
  private let settings: HalvingSettings
  private let constraints: CostConstraints
  private let space: SearchSpace
  private let references: Set<Candidate>
  private let template: WorkTemplate
  /// The number of works of a bracket, if the search would ask for all at once; `nil` otherwise.
  private let bracketSize: Int?
  /// The number of trainings of a candidate, which stay together.
  private let seeds: Int
  /// The budget, in which every job counts as one, at any rung; `nil` for no bound.
  private let jobs: Int?

  /// The smallest number of works of a bracket that is cut to the budget.
  private static let smallestCutBracket = 4

  /// Throws `SearchError.strategy` if the settings do not fit the strategy or the study's rungs.
  init(
    _ settings: StrategySettings, _ halving: HalvingSettings, space: SearchSpace, jobs: Int?, template: WorkTemplate
  ) throws(SearchError) {
    let name = settings.name.rawValue
    if let problem = halving.problem(with: settings.name) { throw .strategy(name: name, problem: problem) }
    guard template.rungs.count == halving.rungs.count else {
      throw .strategy(
        name: name,
        problem: "halving has \(halving.rungs.count) rungs, but the study's trainings have \(template.rungs.count)")
    }
    var inner = settings
    inner.halving = nil
    references = Set([.dense] + space.allLayersReferences)
    let above = RungLadder.expectedJobs(onNext: template.topRung, promoted: Self.promotedShare(halving))
    let ofReferences = Double(references.count * settings.seeds) * (Double(template.topRung) - above)
    let first = jobs.map { max(1, Int((Double($0) - ofReferences) / (1 + above))) }
    search = try makeSearch(inner, space: space, budget: first, template: template.asking(at: 0))
    let hasOneRound = search.roundsToKnow(before: .max) == 0
    bracketSize = hasOneRound ? settings.round : nil
    seeds = settings.seeds
    self.settings = halving
    self.space = space
    self.template = template
    self.jobs = jobs
    constraints = settings.constraints
    if let jobs, let first {
      notes =
        search.notes + ["of the budget of \(jobs) jobs, about \(first) are for rung 1, where every training begins"]
    } else {
      notes = search.notes
    }
  }

  /// Returns the share of a rung that is promoted: those chosen, and some of the others at random.
  private static func promotedShare(_ settings: HalvingSettings) -> Double {
    settings.keep + Promotions.randomShare * (1 - settings.keep)
  }

  var name: StrategyName { search.name }
  var roundSize: Int? { search.roundSize ?? bracketSize }

  /// All rounds but the previous one, or also that one if the wrapped search needs it.
  func roundsToKnow(before round: Int) -> Int { max(0, round - 1, search.roundsToKnow(before: round)) }

  /// Decides the groups that are still undecided, and then promotes the next best with what is left of the budget. The
  /// wrapped search is not asked again, so that what follows a last round is the same after a restart.
  func lastRound(history: SearchHistory) -> SearchRound {
    let number = history.rounds.count
    let ladder = ladder(history)
    let left = left(history)
    let promotions = promotions(ladder, number)
    let rest = promotions.decide(ladder.undecided(ofRounds: 0..<number), atMost: left)
    guard rest.works.isEmpty, jobs != nil else { return SearchRound(works: rest.works, notes: rest.notes) }
    let next = promotions.fill(ladder.unpromoted(), count: left)
    return SearchRound(
      works: next, notes: next.isEmpty ? [] : ["the rest of the budget promotes the next best candidates"])
  }

  /// Returns what is left of the budget.
  private func left(_ history: SearchHistory) -> Int { jobs.map { max(0, $0 - history.asked.count) } ?? .max }

  private func ladder(_ history: SearchHistory) -> RungLadder {
    RungLadder(history, template: template, references: references)
  }

  private func promotions(_ ladder: RungLadder, _ number: Int) -> Promotions {
    Promotions(
      ladder: ladder, space: template.effectSpace(space, knowing: ladder.history.results), settings: settings,
      constraints: constraints, round: number)
  }

  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    let ladder = ladder(history)
    let known = roundsToKnow(before: number)
    var (promoted, notes) = promotions(ladder, number).decide(
      ladder.undecided(ofRounds: 0..<known), atMost: left(history))
    guard !isOver(ladder) else { return SearchRound(works: promoted, notes: notes) }
    let inner = ladder.ofBrackets
    var bracket = search.round(inner.rounds.count, history: inner)
    if let bracketSize { bracket.works = bracket.works.first(bracketSize, seeds: seeds) }
    if jobs != nil {
      var after = history
      after.ask(promoted)
      let share = share(ladder)
      bracket.works = affordable(bracket.works, within: free(after, known: known, share), ladder, share)
    }
    // If the wrapped search wanted nothing before, its notes have been given.
    if !bracket.works.isEmpty || ladder.roundsWithoutBracket.isEmpty { notes += bracket.notes }
    return SearchRound(works: promoted + bracket.works, notes: notes, expectedLoss: bracket.expectedLoss)
  }

  /// Whether the wrapped search is over: an earlier round had no bracket, either because the search did not want one,
  /// or because there was no room for one under this budget.
  private func isOver(_ ladder: RungLadder) -> Bool {
    ladder.roundsWithoutBracket.contains { round in
      guard jobs != nil else { return true }
      let known = roundsToKnow(before: round)
      let until = ladder.history.known(rounds: 0, asked: round + 1)
      let before = self.ladder(ladder.history.known(rounds: known, asked: round))
      let share = share(before)
      if free(until, known: known, share) < Double(smallestBracket(share) * template.rungs.count) { return true }
      // Checked last, since a decision of the wrapped search takes time.
      let then = before.ofBrackets
      return search.round(then.rounds.count, history: then).works.isEmpty
    }
  }

  /// Returns the number of jobs of the budget that are neither asked for nor expected as promotions of undecided works.
  ///
  /// - Parameter known: the number of leading rounds that are decided.
  private func free(_ history: SearchHistory, known: Int, _ share: Double) -> Double {
    let ladder = ladder(history)
    let open = ladder.undecided(ofRounds: known..<max(known, history.rounds.count))
    return Double((jobs ?? .max) - history.asked.count) - ladder.expectedJobs(ofUndecided: open, promoted: share)
  }

  /// Returns the share of a rung that is expected to be promoted. With several rungs above the lowest, this is
  /// everything until all rungs are known to agree. (With one, at worst too little is left for the last brackets, and
  /// the best of them get it.)
  private func share(_ ladder: RungLadder) -> Double {
    guard template.topRung > 1 else { return Self.promotedShare(settings) }
    let promotions = promotions(ladder, ladder.history.rounds.count)
    return (1...template.topRung).allSatisfy(promotions.decides(below:)) ? Self.promotedShare(settings) : 1
  }

  /// Returns as many of the first works as fit into `free` jobs together with their expected promotions.
  private func affordable(_ works: [Work], within free: Double, _ ladder: RungLadder, _ share: Double) -> [Work] {
    var left = free
    let count = works.prefix { work in
      left -= 1 + ladder.expectedJobs(after: work, at: 0, promoted: share)
      return left >= 0
    }.count
    let cut = works.first(count, seeds: seeds)
    // Even a budget too small for one training at all rungs begins one.
    if ladder.brackets.isEmpty { return Array(works.prefix(max(1, cut.count))) }
    return cut.count < min(works.count, smallestBracket(share)) ? [] : cut
  }

  /// Returns the smallest number of works of a bracket. A series of tiny brackets would let slots wait; unless
  /// everything is promoted, what is left goes to the next best instead.
  private func smallestBracket(_ share: Double) -> Int { share < 1 ? Self.smallestCutBracket : 1 }

  /// Returns the whole budget, if there is enough to train, or else the most that can follow.
  func expectedWorks(history: SearchHistory) -> Int {
    let ladder = ladder(history)
    let inner = ladder.ofBrackets
    let later = isOver(ladder) ? 0 : max(0, search.expectedWorks(history: inner) - inner.asked.count)
    let most =
      history.asked.count + ladder.mostJobsToFollow(isFilledUp: jobs != nil) + later * template.rungs.count
    return min(jobs ?? most, most)
  }
}
