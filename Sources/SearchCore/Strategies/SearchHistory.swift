/// What was asked for so far, and what has become of it. A strategy decides on nothing else, so that a restart needs
/// only what is recorded.
public struct SearchHistory: Sendable {
  public private(set) var results: [Work: Observation]
  /// Set aside for good after repeated crashes; never retried within the study.
  public private(set) var setAside: Set<Work>
  /// Works by the round in which they were asked for, in order.
  public private(set) var rounds: [[Work]] = []
  /// How many of the first rounds have nothing open, and how many of the next one's first works are settled.
  public private(set) var settledRounds = 0
  private var settledBeyond = 0
  /// How often something was taken back: a decision on an earlier revision is none any more.
  public private(set) var revision = 0

  public init(results: [Work: Observation] = [:], setAside: Set<Work> = []) {
    self.results = results
    self.setAside = setAside
  }

  /// What is recorded of these jobs. Rounds are those of the first jobs that have one, in order: jobs of studies begun
  /// before rounds were recorded have none, and their strategies decide again.
  public init(jobs: [JobRecord]) {
    self.init()
    for job in jobs.sorted(by: { $0.id < $1.id }) {
      if let result = job.result { record(result, for: job.work) }
      if job.state == .setAside { recordSetAside(of: job.work) }
    }
    restoreRounds(of: jobs)
  }

  /// The rounds as they are on record, up to the first that is not: its strategy decides from there on.
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

  /// Nothing has been asked for: the strategy decides every round again, from the results that there are.
  public mutating func forgetRounds() {
    rounds = []
    takeBack()
  }

  /// The work is open again. Rounds that were decided stay as they are.
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

  /// Ignored for a work that has a result.
  public mutating func recordSetAside(of work: Work) {
    if results[work] == nil { setAside.insert(work) }
    advance(past: work)
  }

  /// The next round asks for these.
  public mutating func ask(_ works: [Work]) {
    rounds.append(works)
    advance()
  }

  /// Nothing that was asked for is open.
  public var isSettled: Bool { settledRounds == rounds.count }

  public func isSettled(_ work: Work) -> Bool { results[work] != nil || setAside.contains(work) }

  /// The work is settled now. Nothing follows from it where an earlier one is open: most come out of order.
  private mutating func advance(past work: Work) {
    if settledRounds < rounds.count, rounds[settledRounds][settledBeyond] == work { advance() }
  }

  /// Over a whole study in proportion to its works. Afterwards the first work of an unsettled round that is counted in
  /// neither number is open.
  private mutating func advance() {
    while settledRounds < rounds.count {
      let round = rounds[settledRounds]
      while settledBeyond < round.count, isSettled(round[settledBeyond]) { settledBeyond += 1 }
      if settledBeyond < round.count { return }
      settledRounds += 1
      settledBeyond = 0
    }
  }

  /// Everything that was asked for, in order.
  public var asked: [Work] { rounds.flatMap(\.self) }

  /// Without results of works that no round has asked for.
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

  /// The first rounds with what became of them, and further ones as asked for only.
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
