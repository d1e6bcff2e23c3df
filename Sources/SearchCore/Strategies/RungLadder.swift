/// Where a study's works stand on its rungs, as far as a history tells: which groups are to be decided, and how many
/// jobs follow from what was asked for.
struct RungLadder {
  /// What one round asked for at one rung.
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

  /// Rounds of the search that is wrapped: what each round asked for at the lowest rung.
  var brackets: [[Work]] {
    history.rounds.map { $0.filter { template.rung(of: $0) == 0 } }.filter { !$0.isEmpty }
  }

  /// As the wrapped search sees it: its own rounds, with results of all rungs.
  var ofBrackets: SearchHistory {
    var inner = SearchHistory(results: history.results, setAside: history.setAside)
    for bracket in brackets { inner.ask(bracket) }
    return inner
  }

  /// By round, then by rung; those at the top are none.
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

  /// Groups of which nothing has gone on.
  func undecided(ofRounds rounds: Range<Int>) -> [Group] {
    groups(ofRounds: rounds.clamped(to: history.rounds.indices)).filter(isUndecided)
  }

  /// Rounds that asked for promotions alone: the wrapped search wanted nothing, or could not have it.
  var roundsWithoutBracket: [Int] {
    history.rounds.indices.filter { round in
      let rungs = history.rounds[round].compactMap(template.rung)
      return !rungs.isEmpty && !rungs.contains(0)
    }
  }

  /// What has a sound result, and has not gone on.
  func unpromoted() -> [Group] {
    groups(ofRounds: history.rounds.indices).map { group in
      Group(rung: group.rung, works: group.works.filter { mayGoOn($0) && !asked.contains(self.next($0, group.rung)) })
    }.filter { !$0.works.isEmpty }
  }

  private func next(_ work: Work, _ rung: Int) -> Work { template.work(work, at: rung + 1) }

  /// A training that diverged would do so again.
  func mayGoOn(_ work: Work) -> Bool {
    guard let result = history.results[work] else { return false }
    return !result.diverged && result[.accuracy] != nil
  }

  /// Jobs that are expected to follow a work at the rung: all rungs above for a reference.
  func expectedJobs(after work: Work, at rung: Int, promoted share: Double) -> Double {
    let above = template.topRung - rung
    return references.contains(work.candidate) ? Double(above) : Self.expectedJobs(onNext: above, promoted: share)
  }

  /// Jobs on so many rungs above one, for each work on it.
  static func expectedJobs(onNext rungs: Int, promoted share: Double) -> Double {
    var (sum, part) = (0.0, 1.0)
    for _ in 0..<rungs {
      part *= share
      sum += part
    }
    return sum
  }

  /// Jobs that are still to follow from what was asked for and not decided.
  func expectedJobs(ofUndecided groups: [Group], promoted share: Double) -> Double {
    groups.reduce(0) { sum, group in
      group.works.reduce(sum) { $0 + expectedJobs(after: $1, at: group.rung, promoted: share) }
    }
  }

  /// The most jobs that can follow.
  ///
  /// - Parameter isFilledUp: what is left of a budget goes to candidates that had not gone on.
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
