import SearchCore
import SearchProtocol

/// Workers that fail jobs which others finish: one bad worker must not use up the attempts of every job.
///
/// - A job is set aside for failures that say something of the job: at workers that have finished others (witnesses).
/// - A job that failed at a worker goes to another one, where there is one that may work.
/// - A worker with `jobsInDoubtUntilHeldBack` failed jobs that no other witness has tried since gets no more until one
///   has, as long as there are others.
/// - A worker with `faultsUntilBenched` faults is benched: it is told, and gets nothing for `benchSeconds`, twice as
///   long each further time. A worker that starts again has a new name and begins anew; so do all when the coordinator
///   does.
/// - Failures in a row cost pauses, whether there are others or not (`CoordinatorMachine+Pauses`).
extension CoordinatorMachine {
  /// False where a waiting job is better left to another worker.
  func may(_ worker: String, begin job: Int64) -> Bool {
    guard let evidence = standing.evidence[job], evidence.hasFailed(at: worker) else { return true }
    // One that has not failed it is there: every worker that may have it, without those that have failed it.
    return sessions.workingCount(speaking: versionNeeded(for: job))
      <= evidence.failures.count { sessions.isHere($0.worker) }
  }

  private static let mostPassedOver = 16

  /// The oldest waiting job that this worker is to have. Looks at a few only: those that failed at it are few.
  mutating func nextJob(for worker: String, at now: Double) -> Int64? {
    if standing.evidence.isEmpty, affinities.isEmpty { return jobs.nextWaiting() }
    // Where nothing tells yet whose fault a failure is, another job tells more than the same one again.
    let triesOthersFirst = !standing.isWitness(worker)
    var passedOver: [Int64] = []
    var choice: Int64?
    var reserved: Int64?
    while passedOver.count < Self.mostPassedOver, let job = jobs.nextWaiting() {
      if may(worker, begin: job) {
        if isReserved(job, from: worker, at: now) {
          reserved = reserved ?? job
        } else if !triesOthersFirst || !standing.hasFailed(job, at: worker) {
          choice = job
          break
        } else {
          choice = choice ?? job
        }
      }
      jobs.takeOut(job)
      passedOver.append(job)
    }
    for job in passedOver { jobs.putBack(job) }
    // Where so many are left for others, a slot is not kept waiting for one that is not.
    return choice ?? (passedOver.count < Self.mostPassedOver ? nil : reserved)
  }

  /// False for workers that are benched or pause, for those that are held back while there are others, and for those
  /// that have a job and are to prove themselves with it.
  /// - Parameter job: that waits; nil where none does.
  func mayWork(_ session: Session, on job: Int64? = nil) -> Bool {
    guard session.jobs.isEmpty || !standing.provesItself(session.identity) else { return false }
    guard session.isResting else { return true }
    let needed = job.map(versionNeeded) ?? ProtocolVersion.oldest
    return !standing.isBenched(session.identity) && sessions.workingCount(speaking: needed) == 0
  }

  /// What a worker must speak to be given a job.
  private func versionNeeded(for job: Int64) -> Int {
    jobs[job].map { ProtocolVersion.needed(for: $0.work) } ?? ProtocolVersion.oldest
  }

  /// Whether a worker that is here gets jobs.
  mutating func updateRest(of worker: String) {
    guard let (peer, session) = sessions.session(of: worker) else { return }
    sessions.setResting(standing.isToRest(session.identity, jobsInDoubt: settings.jobsInDoubtUntilHeldBack), at: peer)
  }

  // MARK: What tells whose fault it was

  mutating func recordFailure(of job: Int64, by worker: String) {
    for changed in standing.recordFailure(of: job, by: worker, among: sessions) { updateRest(of: changed) }
  }

  mutating func recordFinish(of job: Int64, by worker: String, at now: Double) {
    let blamed = standing.recordFinish(of: job, by: worker, among: sessions)
    if standing.standings[worker] != nil { updateRest(of: worker) }
    for other in blamed {
      updateRest(of: other)
      benchIfDue(other, at: now)
    }
  }

  mutating func recordSetAside(of job: Int64) {
    for changed in standing.recordSetAside(of: job, among: sessions) { updateRest(of: changed) }
  }

  // MARK: The bench

  private mutating func benchIfDue(_ worker: String, at now: Double) {
    guard let peer = sessions.peer(of: worker),
      let (seconds, faults) = standing.benchIfDue(
        worker, faults: settings.faultsUntilBenched, firstSeconds: settings.benchSeconds, at: now)
    else { return }
    let reason =
      "\(faults) jobs failed here that other workers finished; it gets no jobs for \(Int(seconds)) s, or until it "
      + "is started again"
    updateRest(of: worker)
    record(.workerBenched(id: worker, seconds: seconds, reason: reason))
    log(.warning, "worker \(worker) is benched: \(reason)")
    if sessions.restingCount >= sessions.count { log(.warning, "all workers are benched or held back") }
    send(.bench(Bench(reason: reason, seconds: seconds)), to: peer)
  }

  /// Once a heartbeat for each worker.
  mutating func endBenchIfDue(_ worker: String, at now: Double) {
    guard standing.endBenchIfDue(worker, at: now) else { return }
    updateRest(of: worker)
    guard let session = sessions.session(of: worker)?.session, !standing.isBenched(session.identity) else { return }
    record(.workerUnbenched(id: worker))
    log(.notice, "worker \(worker) gets jobs again")
  }
}
