import SearchCore
import SearchProtocol

/// Workers that fail jobs which others finish: one bad worker must not use up the attempts of every job.
///
/// - A job that failed at a worker goes to another one, where there is one that may work.
/// - A worker with `jobsInDoubtUntilHeldBack` failed jobs that nobody else has tried since gets no more until somebody has,
///   as long as there are others.
/// - A worker with `faultsUntilBenched` faults is benched: it is told, and gets nothing for `benchSeconds`, twice as long
///   each further time. A worker that starts again has a new name and begins anew; so do all when the coordinator does.
extension CoordinatorMachine {
  /// False where a waiting job is better left to somebody else.
  func may(_ worker: String, begin job: Int64) -> Bool {
    guard let failedAt = failedAt[job], failedAt.contains(worker) else { return true }
    // Somebody is there who has not failed it yet: everybody there, without those who may not work or who have.
    return sessions.count - resting.count <= failedAt.count
  }

  /// The oldest waiting job that this worker is to have. Looks at a few only: those that failed at it are few.
  mutating func nextJob(for worker: String) -> Int64? {
    if failedAt.isEmpty { return jobs.nextWaiting() }
    var passedOver: [Int64] = []
    defer { for job in passedOver { jobs.putBack(job) } }
    while passedOver.count < 16, let job = jobs.nextWaiting() {
      if may(worker, begin: job) { return job }
      jobs.takeOut(job)
      passedOver.append(job)
    }
    return nil
  }

  /// False for those who are benched, and for those who are held back while there are others.
  func mayWork(_ worker: String) -> Bool {
    guard resting.contains(worker) else { return true }
    return standings[worker]?.benchedUntil == nil && resting.count >= sessions.count
  }

  // MARK: What tells whose fault it was

  mutating func noteFailure(of job: Int64, by worker: String) {
    let others = failedAt[job, default: []].filter { $0 != worker }
    for other in others { changeStanding(of: other) { $0.clear(of: job) } }
    if others.isEmpty { changeStanding(of: worker) { $0.failed(job) } }
    if others.count == failedAt[job, default: []].count { failedAt[job, default: []].append(worker) }
  }

  mutating func noteFinish(of job: Int64, by worker: String, at now: Double) {
    if standings[worker] != nil { changeStanding(of: worker) { $0.finished(job) } }
    for other in failedAt.removeValue(forKey: job) ?? [] where other != worker {
      changeStanding(of: other) { $0.blame(for: job) }
      benchIfDue(other, at: now)
    }
  }

  mutating func noteSetAside(of job: Int64) {
    for worker in failedAt.removeValue(forKey: job) ?? [] { changeStanding(of: worker) { $0.clear(of: job) } }
  }

  private mutating func changeStanding(of worker: String, _ change: (inout WorkerStanding) -> Void) {
    // Whoever has left is of no interest any more.
    guard peers[worker] != nil || standings[worker] != nil else { return }
    change(&standings[worker, default: WorkerStanding()])
    updateRest(of: worker)
  }

  /// Whether a worker that is there gets jobs.
  mutating func updateRest(of worker: String) {
    guard peers[worker] != nil, let standing = standings[worker] else {
      resting.remove(worker)
      return
    }
    if standing.benchedUntil != nil || standing.inDoubt.count >= settings.jobsInDoubtUntilHeldBack {
      resting.insert(worker)
    } else if resting.remove(worker) != nil, let peer = peers[worker], var session = sessions[peer],
      session.credits > 0, !session.isQueued
    {
      session.isQueued = true
      sessions[peer] = session
      creditors.append(peer)
    }
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
    record(.workerUnbenched(id: worker))
    log(.notice, "worker \(worker) gets jobs again")
  }

  /// What a worker that is gone is known for is kept for its return, within bounds.
  mutating func noteDeparture(of worker: String) {
    updateRest(of: worker)
    guard standings[worker] != nil else { return }
    departed.append(worker)
    while departed.count > Self.departedKept, let oldest = departed.removeFirst() {
      if peers[oldest] == nil { standings[oldest] = nil }
    }
  }

  private static let departedKept = 1000
}
