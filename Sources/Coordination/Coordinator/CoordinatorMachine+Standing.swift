import SearchCore
import SearchProtocol

/// Workers that fail jobs which others finish: one bad worker must not use up the attempts of every job.
///
/// - A job is set aside for failures that say something of the job: at workers that have finished others (witnesses).
/// - A job that failed at a worker goes to another one, where there is one that may work.
/// - A worker with `jobsInDoubtUntilHeldBack` failed jobs that no other witness has tried since gets no more until one has,
///   as long as there are others.
/// - A worker with `faultsUntilBenched` faults is benched: it is told, and gets nothing for `benchSeconds`, twice as long
///   each further time. A worker that starts again has a new name and begins anew; so do all when the coordinator does.
/// - Failures in a row cost pauses, whether there are others or not (`CoordinatorMachine+Pauses`).
extension CoordinatorMachine {
  /// False where a waiting job is better left to another worker.
  func may(_ worker: String, begin job: Int64) -> Bool {
    guard let evidence = evidence[job], evidence.hasFailed(at: worker) else { return true }
    // One that has not failed it is there: every worker there, without those that may not work or that have failed it.
    return sessions.count - resting.count <= evidence.failures.count { peers[$0.worker] != nil }
  }

  /// The oldest waiting job that this worker is to have. Looks at a few only: those that failed at it are few.
  mutating func nextJob(for worker: String) -> Int64? {
    if evidence.isEmpty { return jobs.nextWaiting() }
    // Where nothing tells yet whose fault a failure is, another job tells more than the same one again.
    let triesOthersFirst = !isWitness(worker)
    var passedOver: [Int64] = []
    var choice: Int64?
    while passedOver.count < 16, let job = jobs.nextWaiting() {
      if may(worker, begin: job) {
        if !triesOthersFirst || evidence[job]?.hasFailed(at: worker) != true {
          choice = job
          break
        }
        choice = choice ?? job
      }
      jobs.takeOut(job)
      passedOver.append(job)
    }
    for job in passedOver { jobs.putBack(job) }
    return choice
  }

  /// False for those that are benched or pause, for those that are held back while there are others, and for those that
  /// have a job and are to prove themselves with it.
  func mayWork(_ session: Session) -> Bool {
    if !streaks.isEmpty, !session.jobs.isEmpty,
      accounts(of: session).contains(where: { streaks[$0]?.pauses ?? 0 > 0 })
    {
      return false
    }
    guard resting.contains(session.worker) else { return true }
    return !isBenched(session) && resting.count >= sessions.count
  }

  func isBenched(_ session: Session) -> Bool { restingUntil(session) != nil }

  /// Until when it gets no jobs: the end of its bench and pauses; nil where it does.
  func restingUntil(_ session: Session) -> Double? {
    (accounts(of: session).map { streaks[$0]?.pausedUntil } + [standings[session.worker]?.benchedUntil])
      .compactMap { $0 }.max()
  }

  /// Whether what fails at the worker says something of the job.
  func isWitness(_ worker: String) -> Bool { proven.contains(worker) }

  /// Enough failures at witnesses: so many at one, or one less at two and more.
  func isJobsFault(_ job: Int64) -> Bool {
    let counts = evidence[job]?.failures.filter { isWitness($0.worker) }.map(\.count) ?? []
    let total = counts.reduce(0, +)
    let allowed = settings.failuresUntilSetAside
    return (counts.max() ?? 0) >= allowed || (counts.count > 1 && total >= max(2, allowed - 1))
  }

  // MARK: What tells whose fault it was

  mutating func recordFailure(of job: Int64, by worker: String) {
    let witnesses = evidence[job]?.failures.map(\.worker).filter { $0 != worker && isWitness($0) } ?? []
    evidence[job, default: JobEvidence()].addFailure(at: worker)
    if isWitness(worker) {
      // It failed here too: no other worker's fault.
      for other in evidence[job]?.failures.map(\.worker) ?? [] where other != worker { forgive(other, job) }
    }
    if witnesses.isEmpty { changeStanding(of: worker) { $0.failed(job) } }
  }

  mutating func recordFinish(of job: Int64, by worker: String, at now: Double) {
    proven.insert(worker)
    if standings[worker] != nil { changeStanding(of: worker) { $0.finished(job) } }
    for other in evidence.removeValue(forKey: job)?.failures.map(\.worker) ?? [] where other != worker {
      changeStanding(of: other) { $0.blame(for: job) }
      benchIfDue(other, at: now)
    }
  }

  mutating func recordSetAside(of job: Int64) {
    for (worker, _) in evidence.removeValue(forKey: job)?.failures ?? [] { forgive(worker, job) }
  }

  private mutating func forgive(_ worker: String, _ job: Int64) {
    changeStanding(of: worker) { $0.clear(of: job) }
    guard let peer = peers[worker], let session = sessions[peer] else { return }
    if isWitness(worker) { for account in accounts(of: session) { streaks[account]?.forgive(job) } }
  }

  private mutating func changeStanding(of worker: String, _ change: (inout WorkerStanding) -> Void) {
    // One that has left is of no interest any more.
    guard peers[worker] != nil || standings[worker] != nil else { return }
    change(&standings[worker, default: WorkerStanding()])
    updateRest(of: worker)
  }

  /// Whether a worker that is there gets jobs.
  mutating func updateRest(of worker: String) {
    guard let peer = peers[worker], let session = sessions[peer] else {
      resting.remove(worker)
      return
    }
    let inDoubt = standings[worker]?.inDoubt.count ?? 0
    if isBenched(session) || inDoubt >= settings.jobsInDoubtUntilHeldBack {
      resting.insert(worker)
    } else if resting.remove(worker) != nil {
      enqueue(peer)
    }
  }

  /// Into the queue of those with credits, where it has some and is not there already.
  mutating func enqueue(_ peer: PeerID) {
    guard var session = sessions[peer], session.credits > 0, !session.isQueued else { return }
    session.isQueued = true
    sessions[peer] = session
    peersWithCredit.append(peer)
  }

  // MARK: The bench

  private mutating func benchIfDue(_ worker: String, at now: Double) {
    guard let peer = peers[worker], let standing = standings[worker], standing.benchedUntil == nil,
      standing.faults >= settings.faultsUntilBenched
    else { return }
    let seconds = settings.benchSeconds * Double(1 << min(standing.benchings, 6))
    let reason =
      "\(standing.faults) jobs failed here that other workers finished; it gets no jobs for \(Int(seconds)) s, or until it "
      + "is started again"
    changeStanding(of: worker) { $0.bench(until: now + seconds) }
    record(.workerBenched(id: worker, seconds: seconds, reason: reason))
    log(.warning, "worker \(worker) is benched: \(reason)")
    if resting.count >= sessions.count { log(.warning, "all workers are benched or held back") }
    send(.bench(Bench(reason: reason, seconds: seconds)), to: peer)
  }

  /// Once a heartbeat for each worker.
  mutating func endBenchIfDue(_ worker: String, at now: Double) {
    guard let until = standings[worker]?.benchedUntil, now >= until else { return }
    changeStanding(of: worker) { $0.endBench() }
    guard let peer = peers[worker], let session = sessions[peer], !isBenched(session) else { return }
    record(.workerUnbenched(id: worker))
    log(.notice, "worker \(worker) gets jobs again")
  }

  /// What a worker that is gone is known for is kept for its return, within bounds.
  mutating func keepStanding(ofDeparted worker: String) {
    updateRest(of: worker)
    guard standings[worker] != nil || streaks[.worker(worker)] != nil else { return }
    departed.append(worker)
    while departed.count > Self.departedKept, let oldest = departed.removeFirst() {
      if peers[oldest] == nil {
        standings[oldest] = nil
        streaks[.worker(oldest)] = nil
      }
    }
  }

  private static let departedKept = 1000
}
