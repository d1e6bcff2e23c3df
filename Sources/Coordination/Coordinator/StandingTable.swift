/// What is known about workers from how their attempts ended: which have finished jobs, at which of them jobs failed,
/// and which are in doubt, benched or pausing.
///
/// This type decides; the machine sends and records what follows. Methods return the workers whose standing changed,
/// for which the machine must check again whether they rest.
struct StandingTable: Sendable {
  /// The standings of workers at which jobs failed.
  private(set) var standings: [String: WorkerStanding] = [:]
  /// The evidence about open jobs at which something went wrong.
  private(set) var evidence: [Int64: JobEvidence] = [:]
  /// The failures in a row, by account.
  private(set) var streaks: [Account: FailureStreak] = [:]
  /// The workers that have finished a job, so that a failure there says something about the failed job.
  private var proven: Set<String>
  private var pauseTimers = MinimumHeap<Timer<Account>>()
  /// The workers that are gone and had a standing or failures in a row, the longest gone first.
  private var departed = FirstInFirstOut<String>()
  private static let departedKept = 1000
  /// The workers that get no more jobs because a user wants it so.
  private(set) var drained: Set<String>
  /// The drained workers whose results do not count.
  private(set) var distrusted: Set<String>

  init(proven: Set<String>, drained: Set<String>, distrusted: Set<String>) {
    self.proven = proven.subtracting(distrusted)
    self.drained = drained.union(distrusted)
    self.distrusted = distrusted
  }

  // MARK: Interventions

  mutating func drain(_ worker: String) { drained.insert(worker) }

  mutating func distrust(_ worker: String) {
    drained.insert(worker)
    distrusted.insert(worker)
    proven.remove(worker)
  }

  // MARK: Jobs

  /// Returns whether a failure at the worker says something about the job, because the worker has finished others.
  func isWitness(_ worker: String) -> Bool { proven.contains(worker) }

  func hasFailed(_ job: Int64, at worker: String) -> Bool { evidence[job]?.hasFailed(at: worker) == true }

  /// Returns whether the job failed often enough at witnesses: `allowed` times at one, or one time fewer at two or more
  /// together.
  func isJobsFault(_ job: Int64, allowed: Int) -> Bool {
    let counts = evidence[job]?.failures.filter { isWitness($0.worker) }.map(\.count) ?? []
    let total = counts.reduce(0, +)
    return (counts.max() ?? 0) >= allowed || (counts.count > 1 && total >= max(2, allowed - 1))
  }

  /// Returns the number of times that the job was lost with witnesses.
  func losses(of job: Int64) -> Int { evidence[job]?.losses ?? 0 }

  /// Restores a failure that is on record from before the coordinator's start.
  mutating func restoreFailure(of job: Int64, at worker: String) {
    evidence[job, default: JobEvidence()].addFailure(at: worker)
  }

  mutating func countLoss(of job: Int64, at worker: String) {
    if isWitness(worker) { evidence[job, default: JobEvidence()].losses += 1 }
  }

  // MARK: Evidence of faults

  /// Records a failure. Returns the workers whose standing changed.
  mutating func recordFailure(of job: Int64, by worker: String, among sessions: SessionTable) -> [String] {
    let others = evidence[job]?.failures.map(\.worker).filter { $0 != worker } ?? []
    evidence[job, default: JobEvidence()].addFailure(at: worker)
    var changed: [String] = []
    // The job failed at a witness too, so the failures are not the other workers' fault.
    if isWitness(worker) { changed = others.filter { forgive($0, job, among: sessions) } }
    if !others.contains(where: isWitness), change(worker, among: sessions, { $0.failed(job) }) {
      changed.append(worker)
    }
    return changed
  }

  /// Records that the worker finished the job. Returns the other workers at which the job had failed through their own
  /// fault.
  mutating func recordFinish(of job: Int64, by worker: String, among sessions: SessionTable) -> [String] {
    if !distrusted.contains(worker) { proven.insert(worker) }
    standings[worker]?.finished(job)
    guard let failures = evidence.removeValue(forKey: job)?.failures else { return [] }
    return failures.map(\.worker).filter { $0 != worker && change($0, among: sessions) { $0.blame(for: job) } }
  }

  /// Records that the job was set aside. Returns the workers whose standing changed.
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
    // No standing is created for a worker that has left.
    guard standings[worker] != nil || sessions.isHere(worker) else { return false }
    change(&standings[worker, default: WorkerStanding()])
    return true
  }

  // MARK: Rest

  /// Returns the end of the worker's bench and pauses; `nil` if it has none.
  func restingUntil(_ worker: WorkerIdentity) -> Double? {
    (Account.all(of: worker).map { streaks[$0]?.pausedUntil } + [standings[worker.worker]?.benchedUntil])
      .compactMap { $0 }.max()
  }

  /// Returns whether the worker is benched or drained, or it or its key pauses.
  func isKeptFromJobs(_ worker: WorkerIdentity) -> Bool {
    drained.contains(worker.worker) || restingUntil(worker) != nil
  }

  /// Returns whether the worker gets no jobs, at least while there are other workers.
  func isToRest(_ worker: WorkerIdentity, jobsInDoubt limit: Int) -> Bool {
    isKeptFromJobs(worker) || (standings[worker.worker]?.inDoubt.count ?? 0) >= limit
  }

  /// Returns whether the worker gets one job at a time because it has paused since it last finished a job.
  func provesItself(_ worker: WorkerIdentity) -> Bool {
    !streaks.isEmpty && Account.all(of: worker).contains { streaks[$0]?.pauses ?? 0 > 0 }
  }

  // MARK: The bench

  /// Benches a worker with at least `faults` faults, twice as long each further time, up to 64 times as long. Returns
  /// the length of the bench and the number of faults; `nil` if the worker is not benched now.
  mutating func benchIfDue(
    _ worker: String, faults: Int, firstSeconds: Double, at now: Double
  ) -> (seconds: Double, faults: Int)? {
    guard let standing = standings[worker], standing.benchedUntil == nil, standing.faults >= faults else { return nil }
    let seconds = firstSeconds * Double(1 << min(standing.benchings, 6))
    standings[worker]?.bench(until: now + seconds)
    return (seconds, standing.faults)
  }

  /// Ends the worker's bench if its time has passed. Returns whether it did.
  mutating func endBenchIfDue(_ worker: String, at now: Double) -> Bool {
    guard let until = standings[worker]?.benchedUntil, now >= until else { return false }
    standings[worker]?.endBench()
    return true
  }

  // MARK: Failures in a row

  /// Counts a failure in a row, except during a pause, because attempts that were under way when the pause began add no
  /// information. Returns the length of the row; `nil` during a pause.
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

  /// Ends the row after a finished job. Returns whether this ended a pause.
  mutating func endStreak(of account: Account) -> Bool { streaks.removeValue(forKey: account)?.pausedUntil != nil }

  /// Ends and returns the next pause whose time has passed.
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

  /// Keeps what is known about a worker that is gone, in case it returns. The number of such workers is bounded.
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
  /// Returns a description of each violated invariant; empty if all hold.
  func invariants() -> [String] {
    var broken: [String] = []
    for (job, evidence) in evidence {
      let workers = evidence.failures.map(\.worker)
      if Set(workers).count != workers.count { broken.append("job \(job) failed at \(workers)") }
    }
    for (account, streak) in streaks where streak.pausedUntil != nil && streak.pauses == 0 {
      broken.append("\(account) pauses, but no pause is counted")
    }
    for (worker, standing) in standings where standing.benchedUntil != nil && standing.benchings == 0 {
      broken.append("\(worker) is benched, but no benching is counted")
    }
    for worker in distrusted where !drained.contains(worker) || isWitness(worker) {
      broken.append("\(worker) is distrusted, but gets jobs or is a witness")
    }
    if departed.count > Self.departedKept { broken.append("\(departed.count) departed workers are kept") }
    return broken
  }
}
