import SearchCore
import SearchProtocol

/// Failures in a row. A worker with failures in a row pauses, twice as long each time; a study in which everything
/// fails is given up.
///
/// Failures at a worker that has never finished a job do not count against the jobs, and the pauses give it fewer and
/// fewer jobs.
extension CoordinatorMachine {
  /// Counts a strike: an attempt failed, stalled, or was lost while its worker was connected.
  /// - Parameter isFailure: Whether the training failed or stalled; `false` if the attempt was only lost.
  mutating func strike(_ peer: PeerID, for job: Int64, isFailure: Bool, reason: String, at now: Double) {
    guard let worker = sessions.identity(at: peer) else { return }
    // Attempts that were under way when the pause began add no information.
    let isPausing = Account.all(of: worker).contains { standing.streaks[$0]?.pausedUntil != nil }
    addStrike(worker, for: job, at: now)
    // A failure at a worker that has finished other jobs counts against the job, which may then be set aside.
    if isFailure, !isPausing, !standing.isWitness(worker.worker) { countFailure(of: job, at: worker.worker, reason) }
  }

  /// Counts one strike for a worker whose connection is gone while it held jobs, however many.
  mutating func strikeForConnection(of session: Session, at now: Double) {
    if !session.jobs.isEmpty { addStrike(session.identity, for: Self.connection, at: now) }
  }

  /// Removes that strike when the worker is back with its jobs.
  mutating func forgiveConnection(of worker: WorkerIdentity) {
    for account in Account.all(of: worker) { standing.forgiveStrike(of: account, for: Self.connection) }
  }

  /// Stands for the connection in place of a job number.
  private static let connection: Int64 = -1

  private mutating func addStrike(_ worker: WorkerIdentity, for job: Int64, at now: Double) {
    let isProven = standing.isWitness(worker.worker)
    for account in Account.all(of: worker) {
      guard let count = standing.strike(account, for: job, isProven: isProven), count >= settings.strikesUntilPause
      else { continue }
      let reason =
        "\(count) attempts in a row failed or were lost here; after the pause it gets one job at a time until it "
        + "finishes one"
      pause(account, reason: reason, at: now)
    }
  }

  /// Ends the failures in a row of a worker that has finished a job.
  mutating func endStreaks(of worker: WorkerIdentity) {
    if standing.streaks.isEmpty { return }
    for account in Account.all(of: worker) where standing.endStreak(of: account) { announceEnd(of: account) }
  }

  private mutating func pause(_ account: Account, reason: String, at now: Double) {
    let pauses = standing.streaks[account]?.pauses ?? 0
    let seconds = min(settings.longestPauseSeconds, settings.pauseSeconds * Double(1 << min(pauses, 20)))
    // A worker that pauses both for itself and for its key is notified once.
    let untold = connected(account).filter { !standing.isKeptFromJobs($0.session.identity) }
    standing.pause(account, until: now + seconds)
    for (peer, session) in untold {
      updateRest(of: session.worker)
      record(.workerPaused(id: session.worker, seconds: seconds, reason: reason))
      send(.bench(Bench(reason: reason, seconds: seconds)), to: peer)
      log(.warning, "worker \(session.worker) pauses for \(Bench.text(seconds: seconds)): \(reason)")
    }
  }

  mutating func endPauses(at now: Double) {
    while let account = standing.endNextPause(at: now) { announceEnd(of: account) }
  }

  private mutating func announceEnd(of account: Account) {
    for (peer, session) in connected(account) where !standing.isKeptFromJobs(session.identity) {
      updateRest(of: session.worker)
      sessions.enqueue(peer)
      record(.workerUnbenched(id: session.worker))
      log(.info, "worker \(session.worker) gets jobs again")
    }
  }

  private func connected(_ account: Account) -> [(peer: PeerID, session: Session)] {
    switch account {
    case .worker(let worker): sessions.session(of: worker).map { [$0] } ?? []
    case .key(let key): sessions.all { $0.key == key }
    }
  }

  /// Pauses a worker that hands back all its jobs and asks for more.
  /// - Returns: Whether the worker pauses now.
  mutating func pauseForReturns(_ session: Session, at peer: PeerID, _ now: Double) -> Bool {
    guard session.returnsInARow >= max(settings.strikesUntilPause, 2 * session.slots) else { return false }
    sessions.forgetReturns(of: peer)
    pause(.worker(session.worker), reason: "\(session.returnsInARow) jobs in a row were handed back", at: now)
    return true
  }

  // MARK: Giving up

  private mutating func countFailure(of job: Int64, at worker: String, _ reason: String) {
    streak.countFailure(of: job, at: worker, reason: reason)
    guard jobs.finishedCount == 0, streak.failures == settings.strikesUntilPause else { return }
    log(
      .warning,
      "no job of this study has succeeded, and \(streak.failures) attempts failed, \(streak.lastFailure); the jobs "
        + "stay queued, and the coordinator gives up after \(settings.failuresUntilGivenUp) such failures "
        + "(--give-up-after)")
  }

  /// Whether no job is handed out any more because too many jobs in a row were set aside.
  public var isHalted: Bool { streak.setAside >= settings.failuresUntilGivenUp }

  /// Gives the study up, which then needs a user's help, if everything has failed and no running job could still
  /// succeed.
  mutating func giveUpIfHopeless() {
    guard phase == .searching, jobs.runningCount == 0, jobs.openCount > 0,
      let reason = streak.reasonToGiveUp(after: settings.failuresUntilGivenUp)
    else { return }
    turn.perform(.giveUp(reason))
    stop()
  }
}
