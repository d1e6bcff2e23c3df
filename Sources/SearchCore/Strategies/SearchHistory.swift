/// The works asked for so far, and their outcomes. A strategy decides on nothing else, so that a restart needs only
/// what is recorded.
public struct SearchHistory: Sendable {
  public private(set) var results: [Work: Observation]
  /// The works that were set aside, such as after repeated crashes; not retried unless they are reopened.
  public private(set) var setAside: Set<Work>
  /// The works of each round, in the order in which they were asked for.
  public private(set) var rounds: [[Work]] = []
  /// The number of leading rounds without open works; `settledBeyond` is the number of leading works of the next round
  /// that are settled.
  public private(set) var settledRounds = 0
  private var settledBeyond = 0
  /// The number of times that something was taken back. A decision on an earlier revision is no longer valid.
  public private(set) var revision = 0

  public init(results: [Work: Observation] = [:], setAside: Set<Work> = []) {
    self.results = results
    self.setAside = setAside
  }

  /// Creates the history that these jobs record. Jobs of studies begun before rounds were recorded have no round, and
  /// their strategies decide again.
  public init(jobs: [JobRecord]) {
    self.init()
    for job in jobs.sorted(by: { $0.id < $1.id }) {
      if let result = job.result { record(result, for: job.work) }
      if job.state == .setAside { recordSetAside(of: job.work) }
    }
    restoreRounds(of: jobs)
  }

  /// Restores the rounds on record, up to the first that is missing; the strategy decides from there on.
  public mutating func restoreRounds(of jobs: [JobRecord]) {
    let asked = jobs.filter { $0.round != nil }.sorted {
      ($0.round ?? 0, $0.place ?? 0, $0.id) < ($1.round ?? 0, $1.place ?? 0, $1.id)
    }
    rounds = []
    for job in asked {
      guard let round = job.round, round >= 0, round <= rounds.count else { break }
      if round == rounds.count { rounds.append([]) }
      rounds[round].append(job.work)
    }
    lookAgain()
  }

  /// Forgets what was asked for: the strategy decides every round again, from the results so far.
  public mutating func forgetRounds() {
    rounds = []
    takeBack()
  }

  /// Removes the work's outcome, so that it is open again. Rounds that were decided stay as they are.
  public mutating func reopen(_ work: Work) {
    results[work] = nil
    setAside.remove(work)
    takeBack()
  }

  private mutating func takeBack() {
    revision += 1
    lookAgain()
  }

  private mutating func lookAgain() {
    settledRounds = 0
    settledBeyond = 0
    advance()
  }

  public mutating func record(_ result: Observation, for work: Work) {
    results[work] = result
    setAside.remove(work)
    advance(past: work)
  }

  /// Records that a work was set aside; ignored if the work has a result.
  public mutating func recordSetAside(of work: Work) {
    if results[work] == nil { setAside.insert(work) }
    advance(past: work)
  }

  /// Adds the next round, which asks for these works.
  public mutating func ask(_ works: [Work]) {
    rounds.append(works)
    advance()
  }

  /// Whether nothing that was asked for is open.
  public var isSettled: Bool { settledRounds == rounds.count }

  public func isSettled(_ work: Work) -> Bool { results[work] != nil || setAside.contains(work) }

  /// Advances the settled counts after a work was settled. Nothing changes if an earlier one is open, which is the
  /// usual case: most works settle out of order.
  private mutating func advance(past work: Work) {
    if settledRounds < rounds.count, rounds[settledRounds][settledBeyond] == work { advance() }
  }

  /// Advances the settled counts; afterwards, the first work that they do not count is open. Takes time proportional to
  /// the number of works over a whole study.
  private mutating func advance() {
    while settledRounds < rounds.count {
      let round = rounds[settledRounds]
      while settledBeyond < round.count, isSettled(round[settledBeyond]) { settledBeyond += 1 }
      if settledBeyond < round.count { return }
      settledRounds += 1
      settledBeyond = 0
    }
  }

  /// All works that were asked for, in order.
  public var asked: [Work] { rounds.flatMap(\.self) }

  /// The history without results of works that no round has asked for.
  var ofRounds: SearchHistory {
    var asked = SearchHistory()
    for work in rounds.joined() {
      asked.results[work] = results[work]
      if setAside.contains(work) { asked.setAside.insert(work) }
    }
    asked.rounds = rounds
    asked.settledRounds = settledRounds
    asked.settledBeyond = settledBeyond
    asked.revision = revision
    return asked
  }

  /// Returns the history with its first `asked` rounds, and with outcomes for only the first `known` of them.
  func known(rounds known: Int, asked: Int) -> SearchHistory {
    guard known < rounds.count || asked < rounds.count else { return self }
    var part = SearchHistory()
    for work in rounds.prefix(known).joined() {
      part.results[work] = results[work]
      if setAside.contains(work) { part.setAside.insert(work) }
    }
    // What was asked for before all rounds (`StartedSearch`) is known in each.
    for (work, result) in results {
      if case .layerAnalysis = work.kind, !rounds.joined().contains(work) { part.results[work] = result }
    }
    part.rounds = Array(rounds.prefix(asked))
    part.advance()
    return part
  }
}
