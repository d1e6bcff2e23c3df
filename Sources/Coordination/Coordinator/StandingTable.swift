/// What is known of workers by how their attempts ended: who has finished jobs, at whom jobs failed, who is in doubt,
/// benched or pauses.
///
/// Decides; what is said and recorded of it is the machine's. Whose standing changed is returned: whether these workers
/// rest has to be looked at again.
struct StandingTable: Sendable {
  /// Workers at which jobs failed.
  private(set) var standings: [String: WorkerStanding] = [:]
  /// Open jobs at which something went wrong.
  private(set) var evidence: [Int64: JobEvidence] = [:]
  /// Failures in a row.
  private(set) var streaks: [Account: FailureStreak] = [:]
  /// Workers that have finished a job: what fails there says something of the job.
  private var proven: Set<String>
  private var pauseTimers = MinimumHeap<Timer<Account>>()
  /// Workers that are gone and had a standing or a row, the longest gone first.
  private var departed = FirstInFirstOut<String>()
  private static let departedKept = 1000
  /// Workers that get no more jobs: a person wants it so.
  private(set) var drained: Set<String>
  /// Of these, nothing counts that they find.
  private(set) var distrusted: Set<String>

  init(proven: Set<String>, drained: Set<String>, distrusted: Set<String>) {
    self.proven = proven.subtracting(distrusted)
    self.drained = drained.union(distrusted)
    self.distrusted = distrusted
  }

  // MARK: What a person wants

  mutating func drain(_ worker: String) { drained.insert(worker) }

  mutating func distrust(_ worker: String) {
    drained.insert(worker)
    distrusted.insert(worker)
    proven.remove(worker)
  }

  // MARK: Jobs

  /// Whether what fails at the worker says something of the job.
  func isWitness(_ worker: String) -> Bool { proven.contains(worker) }

  func hasFailed(_ job: Int64, at worker: String) -> Bool { evidence[job]?.hasFailed(at: worker) == true }

  /// Enough failures at witnesses: `allowed` at one, or one less at two and more.
  func isJobsFault(_ job: Int64, allowed: Int) -> Bool {
    let counts = evidence[job]?.failures.filter { isWitness($0.worker) }.map(\.count) ?? []
    let total = counts.reduce(0, +)
    return (counts.max() ?? 0) >= allowed || (counts.count > 1 && total >= max(2, allowed - 1))
  }

  /// With witnesses.
  func losses(of job: Int64) -> Int { evidence[job]?.losses ?? 0 }

  /// A failure that is on record from before the coordinator's start.
  mutating func restoreFailure(of job: Int64, at worker: String) {
    evidence[job, default: JobEvidence()].addFailure(at: worker)
  }

  mutating func countLoss(of job: Int64, at worker: String) {
    if isWitness(worker) { evidence[job, default: JobEvidence()].losses += 1 }
  }

  // MARK: What tells whose fault it was

  /// Returns the workers whose standing changed.
  mutating func recordFailure(of job: Int64, by worker: String, among sessions: SessionTable) -> [String] {
    let others = evidence[job]?.failures.map(\.worker).filter { $0 != worker } ?? []
    evidence[job, default: JobEvidence()].addFailure(at: worker)
    var changed: [String] = []
    // It failed here too: no other worker's fault.
    if isWitness(worker) { changed = others.filter { forgive($0, job, among: sessions) } }
    if !others.contains(where: isWitness), change(worker, among: sessions, { $0.failed(job) }) {
      changed.append(worker)
    }
    return changed
  }

  /// Returns the other workers at which it had failed and whose fault that was.
  mutating func recordFinish(of job: Int64, by worker: String, among sessions: SessionTable) -> [String] {
    if !distrusted.contains(worker) { proven.insert(worker) }
    standings[worker]?.finished(job)
    guard let failures = evidence.removeValue(forKey: job)?.failures else { return [] }
    return failures.map(\.worker).filter { $0 != worker && change($0, among: sessions) { $0.blame(for: job) } }
  }

  /// Returns the workers whose standing changed.
  mutating func recordSetAside(of job: Int64, among sessions: SessionTable) -> [String] {
    (evidence.removeValue(forKey: job)?.failures ?? []).map(\.worker).filter { forgive($0, job, among: sessions) }
  }

  private mutating func forgive(_ worker: String, _ job: Int64, among sessions: SessionTable) -> Bool {
    let isChanged = change(worker, among: sessions) { $0.clear(of: job) }
    if isWitness(worker), let identity = sessions.session(of: worker)?.session.identity {
      for account in Account.all(of: identity) { streaks[account]?.forgive(job) }
    }
    return isChanged
  }

  private mutating func change(
    _ worker: String, among sessions: SessionTable, _ change: (inout WorkerStanding) -> Void
  ) -> Bool {
    // One that has left is of no interest any more.
    guard standings[worker] != nil || sessions.isHere(worker) else { return false }
    change(&standings[worker, default: WorkerStanding()])
    return true
  }

  // MARK: Rest

  /// Until when it gets no jobs: the end of its bench and pauses; nil where it does.
  func restingUntil(_ worker: WorkerIdentity) -> Double? {
    (Account.all(of: worker).map { streaks[$0]?.pausedUntil } + [standings[worker.worker]?.benchedUntil])
      .compactMap { $0 }.max()
  }

  /// It is benched or drained, or it or its key pauses.
  func isBenched(_ worker: WorkerIdentity) -> Bool { drained.contains(worker.worker) || restingUntil(worker) != nil }

  /// Whether it gets no jobs, at least while there are others.
  func isToRest(_ worker: WorkerIdentity, jobsInDoubt limit: Int) -> Bool {
    isBenched(worker) || (standings[worker.worker]?.inDoubt.count ?? 0) >= limit
  }

  /// Whether it gets one job at a time, because it pauses again and again.
  func provesItself(_ worker: WorkerIdentity) -> Bool {
    !streaks.isEmpty && Account.all(of: worker).contains { streaks[$0]?.pauses ?? 0 > 0 }
  }

  // MARK: The bench

  /// A worker with `faults` faults is benched, twice as long each further time. Returns how long, and the faults; nil
  /// where it is not.
  mutating func benchIfDue(
    _ worker: String, faults: Int, firstSeconds: Double, at now: Double
  ) -> (seconds: Double, faults: Int)? {
    guard let standing = standings[worker], standing.benchedUntil == nil, standing.faults >= faults else { return nil }
    let seconds = firstSeconds * Double(1 << min(standing.benchings, 6))
    standings[worker]?.bench(until: now + seconds)
    return (seconds, standing.faults)
  }

  /// Returns whether a bench ended.
  mutating func endBenchIfDue(_ worker: String, at now: Double) -> Bool {
    guard let until = standings[worker]?.benchedUntil, now >= until else { return false }
    standings[worker]?.endBench()
    return true
  }

  // MARK: Failures in a row

  /// Counts a failure in the row; not while there is a pause: what was under way when it began says no more than what
  /// began it. Returns how many they are; nil while there is a pause.
  mutating func strike(_ account: Account, for job: Int64, isProven: Bool) -> Int? {
    if streaks[account]?.pausedUntil != nil { return nil }
    streaks[account, default: FailureStreak()].strike(for: job)
    return streaks[account]?.count(isProven: isProven)
  }

  mutating func forgiveStrike(of account: Account, for job: Int64) { streaks[account]?.forgive(job) }

  mutating func pause(_ account: Account, until time: Double) {
    streaks[account, default: FailureStreak()].pause(until: time)
    pauseTimers.insert(Timer(due: time, subject: account))
  }

  /// A job was finished: the row is over. Returns whether that ends a pause.
  mutating func endStreak(of account: Account) -> Bool { streaks.removeValue(forKey: account)?.pausedUntil != nil }

  /// The next pause that is over, which it ends.
  mutating func endNextPause(at now: Double) -> Account? {
    while let timer = pauseTimers.first, timer.due <= now {
      _ = pauseTimers.removeFirst()
      guard let until = streaks[timer.subject]?.pausedUntil, until <= now else { continue }
      streaks[timer.subject]?.endPause()
      return timer.subject
    }
    return nil
  }

  // MARK: Departures

  /// What a worker that is gone is known for is kept for its return, within bounds.
  mutating func keep(departed worker: String, among sessions: SessionTable) {
    guard standings[worker] != nil || streaks[.worker(worker)] != nil else { return }
    departed.append(worker)
    while departed.count > Self.departedKept, let oldest = departed.removeFirst() {
      guard !sessions.isHere(oldest) else { continue }
      standings[oldest] = nil
      streaks[.worker(oldest)] = nil
    }
  }
}

extension StandingTable {
  /// What does not hold though it always should, a sentence each.
  func invariants() -> [String] {
    var broken: [String] = []
    for (job, evidence) in evidence {
      let workers = evidence.failures.map(\.worker)
      if Set(workers).count != workers.count { broken.append("job \(job) failed at \(workers)") }
    }
    for (account, streak) in streaks where streak.pausedUntil != nil && streak.pauses == 0 {
      broken.append("\(account) pauses without a reason")
    }
    for (worker, standing) in standings where standing.benchedUntil != nil && standing.benchings == 0 {
      broken.append("\(worker) is benched and never was")
    }
    for worker in distrusted where !drained.contains(worker) || isWitness(worker) {
      broken.append("\(worker) is distrusted, and gets jobs or is believed")
    }
    if departed.count > Self.departedKept { broken.append("\(departed.count) workers that are gone are known") }
    return broken
  }
}
