import SearchCore
import SearchProtocol

/// Attempts: credits, leases, reports.
extension CoordinatorMachine {
  /// The worker had so many free slots when it wrote this. Jobs that it had not accepted by then were on their way, and
  /// take up slots that it counted as free. (A connection keeps the order of messages.)
  mutating func grant(_ freeSlots: Int, to peer: PeerID) {
    guard var session = sessions[peer] else { return }
    session.credits = max(0, min(freeSlots, session.slots) - session.onTheWay)
    if session.credits > 0, !session.isQueued {
      session.isQueued = true
      creditors.append(peer)
    }
    sessions[peer] = session
    // Peers that left stay in the queue until they come up, which may be never while no job waits.
    if creditors.count > 2 * sessions.count + 64 { creditors = creditors.filtered { sessions[$0]?.isQueued == true } }
  }

  /// A slot became free, which the worker is about to say itself: with READY, which replaces this credit. Its next job leaves
  /// in the turn of the result, one message earlier.
  private mutating func addCredit(to peer: PeerID) {
    guard var session = sessions[peer], session.isReady, session.credits + session.jobs.count < session.slots else {
      return
    }
    session.credits += 1
    if !session.isQueued {
      session.isQueued = true
      creditors.append(peer)
    }
    sessions[peer] = session
  }

  /// The worker says that it has the attempt: its lease begins anew.
  /// - Parameter isIntroduction: the worker says so with its hello. Then an attempt that is not on record is believed, unless
  ///   somebody else is at the job.
  mutating func confirm(_ reference: AttemptReference, by peer: PeerID, isIntroduction: Bool = false, at now: Double) {
    guard let worker = sessions[peer]?.worker else { return }
    if isIntroduction, jobs.mayBeMissing(reference.job, attempt: reference.attempt),
      jobs.leases[reference.job]?.peer == nil
    {
      return enter(reference, by: worker, at: peer, now)
    }
    guard let job = jobs[reference.job], reference.attempt <= job.attempts else {
      return send(.cancel(reference), to: peer)
    }
    let deadline = now + settings.leaseSeconds
    switch (job.state, jobs.leases[reference.job]) {
    case (_, let lease?) where lease.attempt == reference.attempt && (lease.worker == nil || lease.worker == worker):
      if lease.peer == peer, !lease.isAccepted { sessions[peer]?.onTheWay -= 1 }
      sessions[peer]?.jobs.insert(reference.job)
      jobs.updateLease(reference.job) {
        $0.worker = worker
        $0.peer = peer
        $0.isAccepted = true
        $0.deadline = deadline
      }
    case (.waiting, nil) where !jobs.isReported(reference.job, attempt: reference.attempt):
      // Given up too early: the worker has had it all the time. It goes on, and nobody else begins it.
      hold(reference, by: worker, at: peer, isOnRecord: false, now)
    default:
      // Settled, or ended by its own report, or somebody else's by now.
      send(.cancel(reference), to: peer)
    }
  }

  /// The coordinator before this one ended when the job had left, and before the commit: makes up for that. The attempt
  /// before this one was over by then.
  private mutating func enter(_ reference: AttemptReference, by worker: String, at peer: PeerID, _ now: Double) {
    if let lease = jobs.leases[reference.job] {
      end(reference.job, .returned, reason: "attempt \(reference.attempt) had taken its place", at: now)
      if let holder = lease.peer {
        send(.cancel(AttemptReference(job: reference.job, attempt: lease.attempt)), to: holder)
      }
    }
    record(.attemptStarted(job: reference.job, attempt: reference.attempt, worker: worker))
    hold(reference, by: worker, at: peer, isOnRecord: true, now)
  }

  /// A lease on an attempt that the worker has already.
  private mutating func hold(
    _ reference: AttemptReference, by worker: String, at peer: PeerID, isOnRecord: Bool, _ now: Double
  ) {
    jobs.lease(
      reference.job,
      Lease(
        attempt: reference.attempt, worker: worker, peer: peer, deadline: now + settings.leaseSeconds, assignedAt: now,
        isAccepted: true, isOnRecord: isOnRecord))
    sessions[peer]?.jobs.insert(reference.job)
  }

  /// The worker lists all that it has. What it should have and does not list is lost, unless it may still be on its way.
  mutating func reconcile(
    _ peer: PeerID, with listed: [AttemptReference], isIntroduction: Bool = false, toleratingDeliveries: Bool,
    at now: Double
  ) {
    guard let session = sessions[peer] else { return }
    let has = Set(listed)
    for id in session.jobs.sorted() {
      guard let lease = jobs.leases[id] else { continue }
      if has.contains(AttemptReference(job: id, attempt: lease.attempt)) { continue }
      let mayBeOnItsWay =
        toleratingDeliveries && !lease.isAccepted && now - lease.assignedAt <= settings.deliverySeconds
      if !mayBeOnItsWay { giveUp(id, reason: "worker \(session.worker) does not have it", at: now) }
    }
    for reference in listed { confirm(reference, by: peer, isIntroduction: isIntroduction, at: now) }
  }

  // MARK: Reports

  mutating func take(_ report: AttemptReport, from peer: PeerID, at now: Double) {
    let reference = report.reference
    defer { send(.resultAcknowledged(reference), to: peer) }
    guard let worker = sessions[peer]?.worker else { return }
    if case .finished = report.outcome, report.study == settings.study,
      jobs.mayBeMissing(reference.job, attempt: reference.attempt)
    {
      enter(reference, by: worker, at: peer, now)
    }
    guard report.study == settings.study, let job = jobs[reference.job], reference.attempt <= job.attempts else {
      return log(
        .warning, "worker \(worker) reports job \(reference.job) of study \(report.study), which is unknown here")
    }
    // Only for results: a worker whose jobs fail or that hands them back does not get the next one in advance of its word.
    var freesSlot = false
    if case .finished = report.outcome, let lease = jobs.leases[reference.job] {
      freesSlot = lease.attempt == reference.attempt && lease.peer == peer
    }
    defer { if freesSlot { addCredit(to: peer) } }
    switch report.outcome {
    case .finished(let result): take(result, of: reference, by: worker, at: now)
    case .failed(let reason):
      end(reference, .failed, reason: reason, failure: report.failure, by: worker, at: now)
    case .returned(let reason): end(reference, .returned, reason: reason, by: worker, at: now)
    }
  }

  private mutating func take(_ result: TrialResult, of reference: AttemptReference, by worker: String, at now: Double) {
    guard let state = jobs[reference.job]?.state, state == .waiting || state == .running else {
      // The first result stands, and the search has gone on from it.
      lateResults += 1
      return
    }
    let lease = jobs.finish(reference.job, with: result)
    finishedSinceStart += 1
    record(.jobFinished(job: reference.job, attempt: reference.attempt, worker: worker, result: result))
    if let lease { forget(reference.job, lease) }
    noteFinish(of: reference.job, by: worker, at: now)
    if let lease, lease.attempt != reference.attempt, let holder = lease.peer {
      if lease.isOnRecord {
        record(
          .attemptEnded(
            job: reference.job, attempt: lease.attempt, ending: .returned,
            reason: "attempt \(reference.attempt) finished first"))
      }
      send(.cancel(AttemptReference(job: reference.job, attempt: lease.attempt)), to: holder)
    }
  }

  /// An attempt that its holder reports as ended; anybody else's word, or a second report, changes nothing.
  private mutating func end(
    _ reference: AttemptReference, _ ending: AttemptEnding, reason: String, failure: AttemptFailure? = nil,
    by worker: String, at now: Double
  ) {
    guard let lease = jobs.leases[reference.job], lease.attempt == reference.attempt,
      lease.worker == nil || lease.worker == worker
    else { return }
    jobs.noteReport(of: reference.job, attempt: reference.attempt)
    if ending == .failed { noteFailure(of: reference.job, by: worker) }
    end(reference.job, ending, reason: reason, failure: failure, at: now)
  }

  mutating func giveUp(_ job: Int64, reason: String, at now: Double) { end(job, .lost, reason: reason, at: now) }

  /// Ends the running attempt without a result: the job waits again, or is set aside.
  mutating func end(
    _ id: Int64, _ ending: AttemptEnding, reason: String, failure: AttemptFailure? = nil, at now: Double
  ) {
    guard let lease = jobs.release(id) else { return }
    forget(id, lease)
    // Its end is on record already; neither does it count twice.
    guard lease.isOnRecord else { return }
    record(.attemptEnded(job: id, attempt: lease.attempt, ending: ending, reason: reason.oneLine()))
    if let failure { record(.failureExplained(job: id, attempt: lease.attempt, failure)) }
    switch ending {
    case .returned: break
    case .failed:
      log(.warning, "job \(id) failed: \(reason)")
      if jobs.countFailure(of: id) >= settings.failuresUntilSetAside { setAside(id, reason: reason) }
    case .lost:
      log(.info, "attempt \(lease.attempt) at job \(id) is lost: \(reason)")
      let losses = jobs.countLoss(of: id)
      if losses >= settings.lossesUntilSetAside {
        setAside(id, reason: "lost with its worker \(losses) times; \(reason)")
      }
    }
  }

  private mutating func setAside(_ id: Int64, reason: String) {
    let reason = reason.oneLine()
    jobs.setAside(id, reason: reason)
    noteSetAside(of: id)
    record(.jobSetAside(job: id, reason: reason))
    log(.warning, "job \(id) is set aside: \(reason)")
  }

  private mutating func forget(_ id: Int64, _ lease: Lease) {
    guard let peer = lease.peer else { return }
    sessions[peer]?.jobs.remove(id)
    if !lease.isAccepted { sessions[peer]?.onTheWay -= 1 }
  }
}
