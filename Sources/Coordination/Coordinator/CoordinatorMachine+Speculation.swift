import SearchCore
import SearchProtocol

/// An attempt that goes on while a second attempt at the same job has the lease.
struct Straggler: Sendable {
  /// The lease that the attempt had.
  var lease: Lease
  var worker: String
  var peer: PeerID

  var attempt: Int { lease.attempt }
}

/// Second attempts (`CoordinatorSettings.speculates`). If no job waits, a training that its worker would take long for
/// is also given to an idle worker that would finish it earlier. The first valid result counts, and the other attempt
/// ends as handed back, neither failed nor lost.
///
/// The second attempt has the job's lease. The first is kept beside it without a lease: it lives as long as its worker
/// lists it, and gets the lease back if the second attempt ends without a result.
extension CoordinatorMachine {
  /// The factor by which the first attempt's remaining time must exceed the expected time of a second attempt.
  private static let gain = 1.5

  /// Begins second attempts where they pay off. Called on every tick.
  mutating func speculate(at now: Double) {
    guard settings.speculates, phase == .searching, !isPaused, !isHalted, jobs.waitingCount == 0,
      jobs.runningCount > 0
    else { return }
    var idle = sessions.unorderedPairs.compactMap { peer, session -> (peer: PeerID, session: Session, rate: Double)? in
      guard session.credits > 0, mayWork(session), let rate = speeds.rate(of: session.worker) else { return nil }
      return (peer, session, rate)
    }
    guard !idle.isEmpty else { return }
    idle.sort { ($0.rate, $1.session.serial) > ($1.rate, $0.session.serial) }
    var late: [(id: Int64, left: Double)] = []
    for session in sessions.unordered {
      guard let rate = speeds.rate(of: session.worker) else { continue }
      for id in session.jobs {
        guard let lease = jobs.lease(of: id), lease.isAccepted, stragglers[id] == nil else { continue }
        late.append((id, forecast(lease, of: id, rate, at: now) - now))
      }
    }
    late.sort { ($0.left, $1.id) > ($1.left, $0.id) }
    for (id, left) in late {
      let found = idle.firstIndex { _, session, rate in
        jobs.lease(of: id)?.worker != session.worker && may(session.worker, begin: id)
          && Self.gain * work(of: id) / rate < left
      }
      guard let found else { continue }
      guard beginSecondAttempt(at: id, by: idle[found].peer, at: now) else { continue }
      if sessions[idle[found].peer]?.credits ?? 0 <= 0 { idle.remove(at: found) }
      if idle.isEmpty { return }
    }
  }

  /// Begins a second attempt at the job.
  /// - Returns: `false` if the worker cannot have the job.
  private mutating func beginSecondAttempt(at id: Int64, by peer: PeerID, at now: Double) -> Bool {
    guard let lease = jobs.lease(of: id), let holder = lease.peer, let worker = lease.worker,
      let session = sessions[peer], let job = jobs[id], mayWork(session),
      session.protocolVersion >= ProtocolVersion.needed(for: job.work)
    else { return false }
    let start: ContentDescription?
    switch weights(for: job.work) {
    case .none: start = nil
    case .here(let content): start = content
    case .awaited, .unmade, .lost: return false
    }
    sessions.release(id, at: holder, wasAccepted: lease.isAccepted)
    stragglers[id] = Straggler(lease: lease, worker: worker, peer: holder)
    hand(job, to: session, at: peer, weights: start, now)
    log(.info, "job \(id) is also given to worker \(session.worker), because worker \(worker) is slow with it")
    return true
  }

  /// Updates the lease of a straggler with the progress of its training.
  mutating func advanceStraggler(_ progress: AttemptProgress, by peer: PeerID, at now: Double) {
    guard stragglers[progress.reference.job]?.peer == peer else { return }
    stragglers[progress.reference.job]?.lease.advance(progress, at: now)
  }

  func isStraggler(_ reference: AttemptReference) -> Bool { stragglers[reference.job]?.attempt == reference.attempt }

  /// Handles a worker's statement that it has the straggler.
  mutating func confirmStraggler(_ reference: AttemptReference, by worker: String, at peer: PeerID) {
    guard stragglers[reference.job]?.worker == worker else { return send(.cancel(reference), to: peer) }
    stragglers[reference.job]?.peer = peer
  }

  /// Ends a straggler without counting a failure against the job or its worker.
  mutating func dropStraggler(at id: Int64, reason: String) {
    guard let straggler = stragglers.removeValue(forKey: id) else { return }
    if straggler.lease.isOnRecord {
      record(.attemptEnded(job: id, attempt: straggler.attempt, .returned(reason: reason.oneLine())))
    }
    send(.cancel(AttemptReference(job: id, attempt: straggler.attempt)), to: straggler.peer)
  }

  /// Ends a straggler whose worker reports that it ended without a result.
  mutating func endStraggler(_ reference: AttemptReference, _ end: UnfinishedAttempt, by worker: String, at now: Double)
  {
    guard let straggler = stragglers[reference.job], straggler.worker == worker else { return }
    stragglers[reference.job] = nil
    jobs.countReport(of: reference.job, attempt: reference.attempt)
    guard straggler.lease.isOnRecord else { return }
    record(.attemptEnded(job: reference.job, attempt: reference.attempt, end.inOneLine))
    guard end.ending == .failed else { return }
    log(.warning, "job \(reference.job) failed: \(end.reason)")
    jobs.countFailure(of: reference.job)
    recordFailure(of: reference.job, by: worker)
    strike(straggler.peer, for: reference.job, isFailure: true, reason: end.reason, at: now)
  }

  /// Forgets the stragglers of a worker that is gone or does not list them any more; the second attempts are under way.
  mutating func forgetStragglers(at peer: PeerID, except listed: Set<AttemptReference> = [], reason: String) {
    guard !stragglers.isEmpty else { return }
    let gone = stragglers.filter { id, straggler in
      straggler.peer == peer && !listed.contains(AttemptReference(job: id, attempt: straggler.attempt))
    }
    for (id, straggler) in gone.sorted(by: { $0.key < $1.key }) {
      stragglers[id] = nil
      if straggler.lease.isOnRecord {
        record(.attemptEnded(job: id, attempt: straggler.attempt, .returned(reason: reason.oneLine())))
      }
    }
  }

  /// Gives the lease back to the first attempt, if it still goes on, after the second ended without a result.
  mutating func resumeStraggler(at id: Int64, _ now: Double) {
    guard let straggler = stragglers[id] else { return }
    stragglers[id] = nil
    var lease = straggler.lease
    lease.renew(by: straggler.worker, at: straggler.peer, now, until: now + settings.leaseSeconds)
    jobs.lease(id, lease)
    sessions.hold(id, at: straggler.peer)
  }

  /// Ends all but the last of the attempts at each job that were under way at a previous coordinator. Results of the
  /// others count nevertheless.
  mutating func endStragglersOfRecord() {
    for (job, attempts) in underWay.sorted(by: { $0.key < $1.key }) {
      for attempt in attempts.dropLast() {
        record(
          .attemptEnded(
            job: job, attempt: attempt,
            .returned(reason: "the coordinator was restarted, and another attempt continues")))
      }
    }
  }
}
