/// What was asked for so far, and what has become of it. A strategy decides on nothing else, so that a restart needs
/// only what is recorded.
public struct SearchHistory: Sendable {
  public private(set) var results: [Work: Observation]
  /// Set aside for good after repeated crashes; never retried within the study.
  public private(set) var setAside: Set<Work>
  /// Works by the round in which they were asked for, in order.
  public private(set) var rounds: [[Work]] = []

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
      guard let round = job.round else { continue }
      if round == rounds.count { rounds.append([]) }
      if round == rounds.count - 1 { rounds[round].append(job.work) }
    }
  }

  public mutating func record(_ result: Observation, for work: Work) {
    results[work] = result
    setAside.remove(work)
  }

  /// Ignored for a work that has a result.
  public mutating func recordSetAside(of work: Work) {
    if results[work] == nil { setAside.insert(work) }
  }

  /// The next round asks for these.
  public mutating func ask(_ works: [Work]) { rounds.append(works) }

  public func isSettled(_ work: Work) -> Bool { results[work] != nil || setAside.contains(work) }

  /// How many of the first rounds have nothing open.
  public var settledRounds: Int { rounds.firstIndex { !$0.allSatisfy(isSettled) } ?? rounds.count }

  /// Everything that was asked for, in order.
  public var asked: [Work] { rounds.flatMap(\.self) }

  /// The first rounds with what became of them, and further ones as asked for only.
  func known(rounds known: Int, asked: Int) -> SearchHistory {
    guard known < rounds.count || asked < rounds.count else { return self }
    var part = SearchHistory()
    part.rounds = Array(rounds.prefix(asked))
    for work in rounds.prefix(known).joined() {
      part.results[work] = results[work]
      if setAside.contains(work) { part.setAside.insert(work) }
    }
    return part
  }
}
