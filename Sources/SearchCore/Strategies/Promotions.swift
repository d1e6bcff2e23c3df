import Randomness

/// Decides which candidates are promoted to the next rung: within bands of similar cost, those that are most likely on
/// the frontier by the model's estimates, and one in ten of the others at random, so that the agreement of the rungs
/// stays known. If the rungs may not agree, all candidates are promoted.
struct Promotions {
  let ladder: RungLadder
  let space: EffectSpace
  let settings: HalvingSettings
  let constraints: CostConstraints
  /// The number of the round that asks for the promotions.
  let round: Int

  /// The share of the candidates not chosen that is promoted at random.
  static let randomShare = 0.1
  /// A rung decides nothing if τ may be this low.
  static let leastTau = 0.3
  private static let draws = 64
  private static let mostBands = 8
  private static let candidatesOfTauBand = 12

  /// Returns works at the next rung, in the order in which they should start, and notes for the user.
  ///
  /// - Parameter left: what is left of the budget; if it does not suffice for all, the best get it.
  func decide(_ groups: [RungLadder.Group], atMost left: Int) -> (works: [Work], notes: [String]) {
    var works: [Work] = []
    var notes: [String] = []
    var ranking: Ranking?
    for group in groups {
      let candidates = candidates(of: group)
      let isReference = { (candidate: Entrant) in ladder.references.contains(candidate.candidate) }
      let others = candidates.filter { !isReference($0) }
      var kept = others
      if others.count > 1 {
        let tau = tau(below: group.rung + 1)
        if tau.low <= Self.leastTau {
          let note = Self.note(tau, from: group.rung, to: group.rung + 1)
          if !notes.contains(note) { notes.append(note) }
        } else {
          let known = ranking ?? Ranking(self)
          ranking = known
          kept = choose(others, group.rung, known)
        }
      }
      if works.count + (candidates.filter(isReference) + kept).reduce(0, { $0 + $1.works.count }) > left {
        let known = ranking ?? Ranking(self)
        ranking = known
        kept.sort(by: known.precedes)
      }
      works += (candidates.filter(isReference) + kept).flatMap(\.works).map {
        ladder.template.work($0, at: group.rung + 1)
      }
    }
    // The works that have come furthest first, and the references, which always go to the top, before all others.
    if works.count > left, ladder.template.topRung > 1 {
      func place(_ work: Work) -> Int {
        ladder.references.contains(work.candidate) ? .max : ladder.template.rung(of: work) ?? 0
      }
      works = works.enumerated().sorted { (-place($0.element), $0.offset) < (-place($1.element), $1.offset) }
        .map(\.element)
    }
    return (Array(works.prefix(left)), notes)
  }

  /// Whether the rung below this one is known to agree with it, so that it decides promotions.
  func decides(below rung: Int) -> Bool { tau(below: rung).low > Self.leastTau }

  /// Returns works of the next best candidates that were not promoted, for what is left of a budget.
  func fill(_ groups: [RungLadder.Group], count: Int) -> [Work] {
    guard count > 0, !groups.isEmpty else { return [] }
    let ranking = Ranking(self)
    let entrants = groups.flatMap { group in candidates(of: group).map { (entrant: $0, rung: group.rung) } }
    let ordered = entrants.enumerated().sorted { left, right in
      if left.element.entrant.candidate == right.element.entrant.candidate { return left.offset < right.offset }
      return ranking.precedes(left.element.entrant, right.element.entrant)
    }.map(\.element)
    return Array(
      ordered.flatMap { entry in entry.entrant.works.map { ladder.template.work($0, at: entry.rung + 1) } }.prefix(
        count))
  }

  private static func note(_ tau: KendallTau, from lower: Int, to higher: Int) -> String {
    let rungs = "rungs \(lower + 1) and \(higher + 1)"
    guard tau.high < 1 || tau.low > -1 else {
      return "how well \(rungs) agree is not known yet: everything is kept"
    }
    func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
    return "Kendall's tau of \(rungs) within bands of similar cost is \(text(tau.value)) (\(text(tau.low)) to "
      + "\(text(tau.high)), \(tau.candidates) candidates), which may be 0.3 or less: everything is kept"
  }

  // MARK: candidates

  /// A candidate of a group, with its works that may be promoted.
  private struct Entrant {
    var candidate: Candidate
    var options: [Int]
    /// The sum of the shares saved of the dense network's two costs.
    var saved: Double
    var works: [Work]
  }

  /// Returns the candidates of a group, in the order of their first works.
  private func candidates(of group: RungLadder.Group) -> [Entrant] {
    var entrants: [Entrant] = []
    var places: [Candidate: Int] = [:]
    for work in group.works where ladder.mayGoOn(work) {
      if let place = places[work.candidate] {
        entrants[place].works.append(work)
      } else if let options = space.options(of: work.candidate) {
        places[work.candidate] = entrants.count
        entrants.append(
          Entrant(candidate: work.candidate, options: options, saved: saved(options), works: [work]))
      }
    }
    return entrants
  }

  private func saved(_ options: [Int]) -> Double {
    let saved = space.savedCosts(space.cost(options: options))
    return saved.parameters + saved.effort
  }

  // MARK: choice

  /// Returns the best of each band, and some of the others at random.
  private func choose(_ entrants: [Entrant], _ rung: Int, _ ranking: Ranking) -> [Entrant] {
    let wanted = max(1, Int((settings.keep * Double(entrants.count)).rounded()))
    let count = max(1, min(Self.mostBands, wanted / 2))
    var kept: [Entrant] = []
    var others: [Entrant] = []
    for (band, members) in Self.bands(of: entrants, count: count, saved: \.saved).enumerated() {
      let quota = (band + 1) * wanted / count - band * wanted / count
      let ranked = members.sorted(by: ranking.precedes)
      kept += ranked.prefix(quota)
      others += ranked.dropFirst(quota)
    }
    return kept + others.filter { isLucky($0, rung) }
  }

  private func isLucky(_ entrant: Entrant, _ rung: Int) -> Bool {
    let repetition = entrant.works.first?.repetition ?? 0
    var random = StableRandom(
      seed: ladder.template.studySeed, purpose: "promotion \(rung) \(repetition) \(entrant.candidate)")
    return random.uniform() < Self.randomShare
  }

  /// The ranking of candidates by the model of all known trainings.
  private struct Ranking {
    private let model: EffectModel
    private let draws: FrontierDraws
    private let estimate: FrontierEstimate
    private var standings: [[Int]: Standing] = [:]

    private struct Standing {
      var probability: Double
      /// How far its estimate is below the best within its costs, in points.
      var shortfall: Double
    }

    init(_ promotions: Promotions) {
      let ladder = promotions.ladder
      let (space, template) = (promotions.space, ladder.template)
      let trainings = ladder.history.rounds.joined().flatMap { work in
        ladder.history.results[work].map { template.figures(work, $0, in: space) } ?? []
      }
      let solver = FrontierSolver.coarse(space)
      model = EffectModel(space: space, trainings: trainings)
      var random = StableRandom(seed: template.studySeed, purpose: "promotions of round \(promotions.round)")
      draws = FrontierDraws(
        model, solver: solver, count: Promotions.draws, within: promotions.constraints, random: &random)
      estimate = FrontierEstimate(model, solver: solver, within: promotions.constraints)
      for options in model.trained {
        let cost = space.cost(options: options)
        let best = estimate.named(
          within: CostConstraints(noMoreThan: cost))
        let own = model.estimate(options).mean
        standings[options] = Standing(
          probability: draws.frontierProbability(of: options), shortfall: max(0, (best?.accuracy ?? own) - own))
      }
    }

    /// Whether `left` ranks before `right`. Many candidates may be on the frontier of no draw; of these, the one with
    /// the smallest shortfall comes first.
    func precedes(_ left: Entrant, _ right: Entrant) -> Bool {
      guard let l = standings[left.options], let r = standings[right.options] else { return false }
      if l.probability != r.probability { return l.probability > r.probability }
      if l.shortfall != r.shortfall { return l.shortfall < r.shortfall }
      return left.candidate.description < right.candidate.description
    }
  }

  // MARK: agreement

  /// Returns τ between a rung and the one below it, over all candidates that have both, from their means over the
  /// repetitions that have both.
  private func tau(below rung: Int) -> KendallTau {
    var known: [Candidate: [(lower: Double, higher: Double)]] = [:]
    var order: [Candidate] = []
    for work in ladder.history.rounds.joined() where ladder.template.rung(of: work) == rung && ladder.mayGoOn(work) {
      let lower = ladder.template.work(work, at: rung - 1)
      guard ladder.mayGoOn(lower), let low = score(lower), let high = score(work) else { continue }
      if known[work.candidate] == nil { order.append(work.candidate) }
      known[work.candidate, default: []].append((low, high))
    }
    let entries = order.compactMap { candidate -> (saved: Double, lower: Double, higher: Double)? in
      guard let both = known[candidate], let options = space.options(of: candidate) else { return nil }
      return (saved(options), Statistics.mean(both.map(\.lower)), Statistics.mean(both.map(\.higher)))
    }
    let count = max(1, min(Self.mostBands, entries.count / Self.candidatesOfTauBand))
    return KendallTau(
      bands: Self.bands(of: entries, count: count, saved: \.saved).map { $0.map { ($0.lower, $0.higher) } })
  }

  /// Returns the score by which the work's rung judges it.
  private func score(_ work: Work) -> Double? {
    ladder.history.results[work].flatMap { ladder.template.figures(work, $0, in: space).first?.score }
  }

  /// Returns bands of similar cost, whose sizes differ by at most one. Elements of equal cost keep their order.
  private static func bands<Element>(
    of elements: [Element], count: Int, saved: (Element) -> Double
  ) -> [ArraySlice<Element>] {
    let bySize = elements.enumerated().sorted { left, right in
      let (l, r) = (saved(left.element), saved(right.element))
      return l != r ? l < r : left.offset < right.offset
    }.map(\.element)
    return (0..<count).map { bySize[($0 * bySize.count / count)..<(($0 + 1) * bySize.count / count)] }
  }
}
