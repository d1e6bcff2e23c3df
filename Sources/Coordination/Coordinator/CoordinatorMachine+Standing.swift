import SearchCore
import SearchProtocol

/// Workers that fail jobs which others finish: one bad worker must not use up the attempts of every job.
///
/// - A job is set aside for failures that say something about the job: those at workers that have finished other jobs
///   (witnesses).
/// - A job that failed at a worker goes to another worker if one may work.
/// - A worker with `jobsInDoubtUntilHeldBack` failed jobs that no other witness has tried since is held back until one
///   has, as long as there are other workers.
/// - A worker with `faultsUntilBenched` faults is benched: it is told, and gets no jobs for `benchSeconds`, twice as
///   long each further time. A restarted worker has a new name and a clean record; after a restart of the coordinator
///   all workers have.
/// - Failures in a row cause pauses, whether or not there are other workers (`CoordinatorMachine+Pauses`).
extension CoordinatorMachine {
  /// Returns whether the worker may begin the waiting job; `false` if it failed the job and another worker should try
  /// it.
  func may(_ worker: String, begin job: Int64) -> Bool {
    guard let evidence = standing.evidence[job], evidence.hasFailed(at: worker) else { return true }
    // True if every working worker that could have the job has failed it.
    return sessions.workingCount(speaking: versionNeeded(for: job))
      <= evidence.failures.count { sessions.isWorking($0.worker) }
  }

  private static let mostPassedOver = 16

  /// Returns the oldest waiting job that suits this worker. Considers only a few jobs, since few have failed at any
  /// worker.
  mutating func nextJob(for worker: String, at now: Double) -> Int64? {
    if standing.evidence.isEmpty, affinities.isEmpty { return jobs.nextWaiting() }
    // If the worker is no witness, a different job tells more about whose fault a failure is than the same job again.
    let triesOthersFirst = !standing.isWitness(worker)
    var passedOver: [Int64] = []
    var choice: Int64?
    var last: Int64?
    var reserved: Int64?
    looking: while passedOver.count < Self.mostPassedOver, let job = jobs.nextWaiting() {
      if may(worker, begin: job) {
        switch preference(of: worker, for: job, at: now) {
        case .reserved: reserved = reserved ?? job
        case .last: last = last ?? job
        case .own where triesOthersFirst && standing.hasFailed(job, at: worker): choice = choice ?? job
        case .own:
          choice = job
          break looking
        }
      }
      jobs.takeOut(job)
      passedOver.append(job)
    }
    for job in passedOver { jobs.putBack(job) }
    // If this many jobs are reserved for others, the slot takes a reserved job instead of waiting.
    return choice ?? last ?? (passedOver.count < Self.mostPassedOver ? nil : reserved)
  }

  /// Returns whether the worker may get a job. `false` if it is benched or pauses, if it is held back while there are
  /// other workers, and if it already has the one job with which it must prove itself.
  /// - Parameter job: The waiting job; `nil` if none waits.
  func mayWork(_ session: Session, on job: Int64? = nil) -> Bool {
    guard session.jobs.isEmpty || !standing.provesItself(session.identity) else { return false }
    guard session.isResting else { return true }
    let needed = job.map(versionNeeded) ?? ProtocolVersion.oldest
    return !standing.isKeptFromJobs(session.identity) && sessions.workingCount(speaking: needed) == 0
  }

  /// Returns the protocol version that a worker must speak to be given the job.
  private func versionNeeded(for job: Int64) -> Int {
    jobs[job].map { ProtocolVersion.needed(for: $0.work) } ?? ProtocolVersion.oldest
  }

  /// Updates whether a connected worker rests.
  mutating func updateRest(of worker: String) {
    guard let (peer, session) = sessions.session(of: worker) else { return }
    sessions.setResting(standing.isToRest(session.identity, jobsInDoubt: settings.jobsInDoubtUntilHeldBack), at: peer)
  }

  // MARK: Evidence of faults

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
      "\(faults) jobs that other workers finished failed here; this worker gets no jobs for \(Int(seconds)) s, or "
      + "until it is restarted"
    updateRest(of: worker)
    record(.workerBenched(id: worker, seconds: seconds, reason: reason))
    log(.warning, "worker \(worker) is benched: \(reason)")
    if sessions.restingCount >= sessions.count { log(.warning, "all workers are benched or held back") }
    send(.bench(Bench(reason: reason, seconds: seconds)), to: peer)
  }

  /// Ends the worker's bench if its time has passed. Called once a heartbeat for each worker.
  mutating func endBenchIfDue(_ worker: String, at now: Double) {
    guard standing.endBenchIfDue(worker, at: now) else { return }
    updateRest(of: worker)
    guard let session = sessions.session(of: worker)?.session, !standing.isKeptFromJobs(session.identity) else {
      return
    }
    record(.workerUnbenched(id: worker))
    log(.notice, "worker \(worker) gets jobs again")
  }
}
