import SearchCore
import SearchProtocol

/// Attempts: credits, leases, reports.
extension CoordinatorMachine {
  /// Handles a worker's statement that it has the attempt: renews the lease, or tells the worker to cancel.
  /// - Parameter isIntroduction: Whether the statement is part of a hello. In this case an attempt that is missing from
  ///   the record is accepted, unless a connected worker holds the job.
  mutating func confirm(_ reference: AttemptReference, by peer: PeerID, isIntroduction: Bool = false, at now: Double) {
    guard let worker = sessions.identity(at: peer) else { return }
    if isDistrusted(reference, of: worker.worker) { return send(.cancel(reference), to: peer) }
    if isStraggler(reference) { return confirmStraggler(reference, by: worker.worker, at: peer) }
    if isIntroduction, jobs.mayBeMissing(reference.job, attempt: reference.attempt),
      jobs.lease(of: reference.job)?.peer == nil, wasThereBefore(worker)
    {
      return recordMissingAttempt(reference, by: worker, at: peer, now)
    }
    guard let job = jobs[reference.job], reference.attempt <= job.attempts,
      claim(reference, by: worker) == .own
    else {
      return send(.cancel(reference), to: peer)
    }
    let deadline = now + settings.leaseSeconds
    switch job.state {
    case .running(let lease)
    where lease.attempt == reference.attempt && lease.mayBeHeld(by: worker.worker):
      if lease.peer == peer, !lease.isAccepted { sessions.countAcceptance(at: peer) }
      if lease.peer == nil { forgiveConnection(of: worker) }
      sessions.hold(reference.job, at: peer)
      jobs.updateLease(reference.job) { $0.renew(by: worker.worker, at: peer, now, until: deadline) }
    case .waiting where !jobs.isReported(reference.job, attempt: reference.attempt):
      // The attempt was given up too early: the worker had it all the time. It goes on, and no other worker begins it.
      adoptLease(reference, by: worker.worker, at: peer, isOnRecord: false, now)
    default:
      // The job is settled, its holder reported this attempt as ended, or another worker has the job by now.
      send(.cancel(reference), to: peer)
    }
  }

  /// Records an attempt whose job was sent by a previous coordinator that ended before the commit. The attempt before
  /// this one was over by then.
  private mutating func recordMissingAttempt(
    _ reference: AttemptReference, by worker: WorkerIdentity, at peer: PeerID, _ now: Double
  ) {
    if let lease = jobs.lease(of: reference.job) {
      end(reference.job, .returned(reason: "attempt \(reference.attempt) replaced it"), at: now)
      if let holder = lease.peer {
        send(.cancel(AttemptReference(job: reference.job, attempt: lease.attempt)), to: holder)
      }
    }
    record(.attemptStarted(job: reference.job, attempt: reference.attempt, worker: worker.worker))
    jobs.assign(reference.job, attempt: reference.attempt, to: worker)
    adoptLease(reference, by: worker.worker, at: peer, isOnRecord: true, now)
  }

  /// Grants a lease on an attempt that the worker has already.
  private mutating func adoptLease(
    _ reference: AttemptReference, by worker: String, at peer: PeerID, isOnRecord: Bool, _ now: Double
  ) {
    jobs.lease(
      reference.job,
      Lease(
        attempt: reference.attempt, holder: .connected(worker: worker, at: peer), acceptance: .accepted(at: nil),
        deadline: now + settings.leaseSeconds, at: now, isOnRecord: isOnRecord))
    sessions.hold(reference.job, at: peer)
  }

  /// Updates the lease with the progress of its training.
  mutating func advance(_ progress: AttemptProgress, by peer: PeerID, at now: Double) {
    if isStraggler(progress.reference) { return advanceStraggler(progress, by: peer, at: now) }
    guard let lease = jobs.lease(of: progress.reference.job), lease.peer == peer,
      lease.attempt == progress.reference.attempt
    else { return }
    if progress.step > lease.step { sessions.forgetReturns(of: peer) }
    jobs.updateLease(progress.reference.job) { $0.advance(progress, at: now) }
  }

  /// Compares the worker's jobs with the list of all attempts it has. An attempt that is missing from the list is lost,
  /// unless it may still be in flight.
  mutating func reconcile(
    _ peer: PeerID, with listed: [AttemptReference], isIntroduction: Bool = false, toleratingDeliveries: Bool,
    at now: Double
  ) {
    guard let session = sessions[peer] else { return }
    let has = Set(listed)
    for id in session.jobs.sorted() {
      guard let lease = jobs.lease(of: id) else { continue }
      if has.contains(AttemptReference(job: id, attempt: lease.attempt)) { continue }
      let mayBeOnItsWay = toleratingDeliveries && lease.mayBeOnItsWay(at: now, for: settings.deliverySeconds)
      if !mayBeOnItsWay { giveUp(id, reason: "worker \(session.worker) does not have it", at: now) }
    }
    forgetStragglers(at: peer, except: has, reason: "worker \(session.worker) does not have it")
    for reference in worthAnswering(listed, of: peer, isIntroduction: isIntroduction, at: now) {
      confirm(reference, by: peer, isIntroduction: isIntroduction, at: now)
    }
  }

  // MARK: Reports

  /// Handles a report, and acknowledges it once it is on record or will never count.
  mutating func receive(_ report: AttemptReport, from peer: PeerID, at now: Double) {
    let reference = report.reference
    guard let worker = sessions.identity(at: peer) else { return }
    let isOurs = report.study == settings.study
    if isOurs, isDistrusted(reference, of: worker.worker) {
      complain(of: peer, "distrusted", "is distrusted: its reports do not count")
      return send(.resultAcknowledged(reference), to: peer)
    }
    if case .finished = report.outcome, isOurs, jobs.mayBeMissing(reference.job, attempt: reference.attempt),
      wasThereBefore(worker)
    {
      recordMissingAttempt(reference, by: worker, at: peer, now)
    }
    // Only set for results: a worker whose job failed or was handed back gets no next job before it says READY.
    var freesSlot = false
    let job = jobs[reference.job]
    if !isOurs || job.map({ reference.attempt > $0.attempts }) ?? true {
      complain(
        of: peer, "unknown", "reports job \(reference.job) of study \(report.study), which is unknown here")
    } else if job?.isOpen == false {
      // The first result stands, since the search has gone on from it.
      if case .finished = report.outcome { lateResults += 1 }
    } else {
      switch claim(reference, by: worker) {
      case .own: break
      case .undecided: return
      case .foreign:
        complain(
          of: peer, "foreign",
          "reports attempt \(reference.attempt) at job \(reference.job), which was given to another worker: such "
            + "reports do not count")
        return send(.resultAcknowledged(reference), to: peer)
      }
      // The lease goes on, because the worker also lists finished attempts.
      if case .finished(let result) = report.outcome, let job, awaitsWeights(job.work, result) { return }
      if case .finished = report.outcome, let lease = job?.lease {
        freesSlot = lease.attempt == reference.attempt && lease.peer == peer
      }
      settle(report, from: worker, at: peer, now)
    }
    if freesSlot { sessions.addCredit(to: peer) }
    send(.resultAcknowledged(reference), to: peer)
  }

  /// Handles a report of an open job from the worker that the attempt was given to.
  private mutating func settle(
    _ report: AttemptReport, from worker: WorkerIdentity, at peer: PeerID, _ now: Double
  ) {
    let reference = report.reference
    switch report.outcome {
    case .finished(var result):
      let variant = jobs.assignee(of: reference.job, attempt: reference.attempt)?.kernelVariant
      guard isExpected(result, of: reference.job, from: variant) else {
        let reason =
          "it was computed with \(result.kernelVariant), but the worker had announced \(variant ?? "")"
        complain(of: peer, "variant", "sent a result that does not count: \(reason)")
        let failure = AttemptFailure(cause: .garbled)
        return endReportedAttempt(reference, .failed(reason: reason, failure), by: worker.worker, at: now)
      }
      if let work = jobs[reference.job]?.work {
        // Older workers send their full variant with every result.
        result.kernelVariant = KernelVariant(result.kernelVariant).counting(for: work).text
      }
      if let problem = jobs[reference.job]?.work.kind.problem(with: result) {
        complain(of: peer, "result", "sent a result that does not count: \(problem)")
        let end = UnfinishedAttempt.failed(
          reason: "the result does not count: \(problem)", AttemptFailure(cause: .garbled))
        return endReportedAttempt(reference, end, by: worker.worker, at: now)
      }
      finish(reference, with: result, by: worker, at: now)
    case .failed(let reason, let failure):
      endReportedAttempt(reference, .failed(reason: reason, failure), by: worker.worker, at: now)
    case .returned(let reason):
      sessions.countReturn(by: peer)
      endReportedAttempt(reference, .returned(reason: reason), by: worker.worker, at: now)
    }
  }

  private mutating func finish(
    _ reference: AttemptReference, with result: Observation, by worker: WorkerIdentity, at now: Double
  ) {
    let given = jobs.assignee(of: reference.job, attempt: reference.attempt)?.worker
    if let work = jobs[reference.job]?.work { recordSpeed(reference, of: work, by: worker.worker, at: now) }
    let lease = jobs.finish(reference.job, with: result)
    if let work = jobs[reference.job]?.work {
      keepWeights(result, of: work)
      keepStateHolder(of: work, worker.worker)
    }
    for name in Set([worker.worker, given ?? worker.worker]) {
      resultsByWorker[name, default: []].append(reference.job)
    }
    streak.end()
    record(.jobFinished(job: reference.job, attempt: reference.attempt, worker: worker.worker, result: result))
    if let lease { detachFromSession(reference.job, lease) }
    recordFinish(of: reference.job, by: worker.worker, at: now)
    endStreaks(of: worker)
    if let peer = sessions.peer(of: worker.worker) { sessions.forgetReturns(of: peer) }
    if let lease, lease.attempt != reference.attempt {
      if lease.isOnRecord {
        record(
          .attemptEnded(
            job: reference.job, attempt: lease.attempt,
            .returned(reason: "attempt \(reference.attempt) finished first")))
      }
      // A worker that is not connected is told to cancel when it comes back.
      if let holder = lease.peer {
        send(.cancel(AttemptReference(job: reference.job, attempt: lease.attempt)), to: holder)
      }
    }
    if isStraggler(reference) { stragglers[reference.job] = nil }
    dropStraggler(at: reference.job, reason: "attempt \(reference.attempt) finished first")
  }

  /// Ends an attempt that its holder reports as ended. Reports of other workers and repeated reports change nothing.
  private mutating func endReportedAttempt(
    _ reference: AttemptReference, _ end: UnfinishedAttempt, by worker: String, at now: Double
  ) {
    if isStraggler(reference) { return endStraggler(reference, end, by: worker, at: now) }
    guard let lease = jobs.lease(of: reference.job), lease.attempt == reference.attempt,
      lease.mayBeHeld(by: worker)
    else { return }
    jobs.countReport(of: reference.job, attempt: reference.attempt)
    // An attempt that is lost on record was counted as a loss already.
    if end.ending == .failed, lease.isOnRecord { recordFailure(of: reference.job, by: worker) }
    self.end(reference.job, end, at: now)
    if end.ending == .failed, let peer = sessions.peer(of: worker) {
      strike(peer, for: reference.job, isFailure: true, reason: end.reason, at: now)
    }
  }

  /// Ends the attempt as lost.
  /// - Parameter isStall: Whether the worker is connected but makes no progress.
  mutating func giveUp(_ job: Int64, reason: String, isStall: Bool = false, at now: Double) {
    let holder = jobs.lease(of: job)?.peer
    if let worker = jobs.lease(of: job)?.worker { standing.countLoss(of: job, at: worker) }
    end(job, .lost(reason: reason), at: now)
    if let holder { strike(holder, for: job, isFailure: isStall, reason: reason, at: now) }
  }

  /// Sets the job aside because the user wants the study to go on without it.
  mutating func leaveOut(_ job: Int64, reason: String = "left out by the user", at now: Double) {
    guard jobs[job]?.isOpen == true else { return }
    endByHand(job, reason: "left out", at: now)
    setAside(job, reason: reason)
    streak.forgetSetAside()
  }

  /// Ends the job's attempts, if any, without counting a failure against the job or its worker.
  mutating func endByHand(_ job: Int64, reason: String, at now: Double) {
    dropStraggler(at: job, reason: reason)
    endAttempt(at: job, reason: reason, at: now)
  }

  /// Does the same for the latest attempt only; an earlier one goes on.
  mutating func endAttempt(at job: Int64, reason: String, at now: Double) {
    guard let lease = jobs.lease(of: job) else { return }
    end(job, .returned(reason: reason), at: now)
    if let holder = lease.peer { send(.cancel(AttemptReference(job: job, attempt: lease.attempt)), to: holder) }
  }

  /// Ends the running attempt without a result: the job waits again, or is set aside.
  mutating func end(_ id: Int64, _ end: UnfinishedAttempt, at now: Double) {
    guard let lease = jobs.release(id) else { return }
    detachFromSession(id, lease)
    defer { resumeStraggler(at: id, now) }
    // The end of the attempt is on record already, and must not be counted twice.
    guard lease.isOnRecord else { return }
    record(.attemptEnded(job: id, attempt: lease.attempt, end.inOneLine))
    switch end {
    case .returned: break
    case .failed(let reason, _):
      log(.warning, "job \(id) failed: \(reason)")
      jobs.countFailure(of: id)
      if standing.isJobsFault(id, allowed: settings.failuresUntilSetAside) { setAside(id, reason: reason) }
    case .lost(let reason):
      log(.info, "attempt \(lease.attempt) at job \(id) is lost: \(reason)")
      jobs.countLoss(of: id)
      let losses = standing.losses(of: id)
      if losses >= settings.lossesUntilSetAside {
        setAside(id, reason: "lost with its worker \(losses) times; \(reason)")
      }
    }
  }

  private mutating func setAside(_ id: Int64, reason: String) {
    let reason = reason.oneLine()
    dropStraggler(at: id, reason: "the job is set aside")
    jobs.setAside(id, reason: reason)
    recordSetAside(of: id)
    record(.jobSetAside(job: id, reason: reason))
    streak.countSetAside(of: id, reason: reason)
    log(.warning, "job \(id) is set aside: \(reason)")
  }

  private mutating func detachFromSession(_ id: Int64, _ lease: Lease) {
    if let peer = lease.peer { sessions.release(id, at: peer, wasAccepted: lease.isAccepted) }
  }
}
