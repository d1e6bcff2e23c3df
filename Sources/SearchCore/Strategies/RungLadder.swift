/// The state of a study's works on its rungs according to a history: which groups are undecided, and how many jobs
/// follow from what was asked for.
struct RungLadder {
  /// The works that one round asked for at one rung.
  struct Group {
    var rung: Int
    var works: [Work]
  }

  let template: WorkTemplate
  /// Candidates that always go to the top.
  let references: Set<Candidate>
  let history: SearchHistory
  private let asked: Set<Work>

  init(_ history: SearchHistory, template: WorkTemplate, references: Set<Candidate>) {
    self.template = template
    self.references = references
    self.history = history
    asked = Set(history.rounds.joined())
  }

  /// The rounds of the wrapped search: what each round asked for at the lowest rung.
  var brackets: [[Work]] {
    history.rounds.map { $0.filter { template.rung(of: $0) == 0 } }.filter { !$0.isEmpty }
  }

  /// The history as the wrapped search sees it: its own rounds, with results of all rungs.
  var ofBrackets: SearchHistory {
    var inner = SearchHistory(results: history.results, setAside: history.setAside)
    for bracket in brackets { inner.ask(bracket) }
    return inner
  }

  /// Returns the groups by round, then by rung, without those at the top.
  private func groups(ofRounds rounds: Range<Int>) -> [Group] {
    rounds.flatMap { round in
      (0..<template.topRung).compactMap { rung in
        let works = history.rounds[round].filter { template.rung(of: $0) == rung }
        return works.isEmpty ? nil : Group(rung: rung, works: works)
      }
    }
  }

  private func isUndecided(_ group: Group) -> Bool {
    !group.works.contains { asked.contains(template.work($0, at: group.rung + 1)) }
  }

  /// Returns the groups of which nothing was promoted.
  func undecided(ofRounds rounds: Range<Int>) -> [Group] {
    groups(ofRounds: rounds.clamped(to: history.rounds.indices)).filter(isUndecided)
  }

  /// The rounds that asked for promotions alone: the wrapped search wanted nothing, or there was no room for a bracket.
  var roundsWithoutBracket: [Int] {
    history.rounds.indices.filter { round in
      let rungs = history.rounds[round].compactMap(template.rung)
      return !rungs.isEmpty && !rungs.contains(0)
    }
  }

  /// Returns the works that have a sound result and were not promoted.
  func unpromoted() -> [Group] {
    groups(ofRounds: history.rounds.indices).map { group in
      Group(rung: group.rung, works: group.works.filter { mayGoOn($0) && !asked.contains(self.next($0, group.rung)) })
    }.filter { !$0.works.isEmpty }
  }

  private func next(_ work: Work, _ rung: Int) -> Work { template.work(work, at: rung + 1) }

  /// Whether a work may be promoted: it has a sound result. A training that diverged would diverge again.
  func mayGoOn(_ work: Work) -> Bool {
    guard let result = history.results[work] else { return false }
    return !result.diverged && result[.accuracy] != nil
  }

  /// Returns the number of jobs expected to follow a work at the rung; for a reference, one on each rung above.
  func expectedJobs(after work: Work, at rung: Int, promoted share: Double) -> Double {
    let above = template.topRung - rung
    return references.contains(work.candidate) ? Double(above) : Self.expectedJobs(onNext: above, promoted: share)
  }

  /// Returns the number of jobs expected on the next `rungs` rungs above a rung, for each work on it.
  static func expectedJobs(onNext rungs: Int, promoted share: Double) -> Double {
    var (sum, part) = (0.0, 1.0)
    for _ in 0..<rungs {
      part *= share
      sum += part
    }
    return sum
  }

  /// Returns the number of jobs expected to follow from undecided groups.
  func expectedJobs(ofUndecided groups: [Group], promoted share: Double) -> Double {
    groups.reduce(0) { sum, group in
      group.works.reduce(sum) { $0 + expectedJobs(after: $1, at: group.rung, promoted: share) }
    }
  }

  /// Returns the largest number of jobs that can follow.
  ///
  /// - Parameter isFilledUp: whether what is left of a budget goes to candidates that were not promoted.
  func mostJobsToFollow(isFilledUp: Bool) -> Int {
    groups(ofRounds: history.rounds.indices).reduce(0) { sum, group in
      guard isFilledUp || isUndecided(group) else { return sum }
      let open = group.works.count { work in
        !asked.contains(next(work, group.rung)) && (!history.isSettled(work) || mayGoOn(work))
      }
      return sum + open * (template.topRung - group.rung)
    }
  }
}
