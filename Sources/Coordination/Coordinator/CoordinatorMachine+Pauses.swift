import SearchCore
import SearchProtocol

/// Failures in a row: of a worker, which then pauses, twice as long each further time; of the whole study, which is
/// given up where nothing comes of it.
///
/// A worker that has never finished a job costs no job an attempt that counts, and gets fewer and fewer of them.
extension CoordinatorMachine {
  /// An attempt failed, stalled, or was lost while its worker was there.
  /// - Parameter isFailure: the training failed, or did nothing; false where only the attempt was lost.
  mutating func strike(_ peer: PeerID, for job: Int64, isFailure: Bool, reason: String, at now: Double) {
    guard let worker = sessions.identity(at: peer) else { return }
    // What was under way when the pause began says no more than what began it.
    let isPausing = Account.all(of: worker).contains { standing.streaks[$0]?.pausedUntil != nil }
    addStrike(worker, for: job, at: now)
    // A failure at a worker that has finished others counts for its job, which may then be set aside.
    if isFailure, !isPausing, !standing.isWitness(worker.worker) { countFailure(of: job, at: worker.worker, reason) }
  }

  /// The worker's connection is gone, with jobs on it. However many they are, that is one mishap.
  mutating func strikeForConnection(of session: Session, at now: Double) {
    if !session.jobs.isEmpty { addStrike(session.identity, for: Self.connection, at: now) }
  }

  /// It is back and has them.
  mutating func forgiveConnection(of worker: WorkerIdentity) {
    for account in Account.all(of: worker) { standing.forgiveStrike(of: account, for: Self.connection) }
  }

  /// The number of no job.
  private static let connection: Int64 = -1

  private mutating func addStrike(_ worker: WorkerIdentity, for job: Int64, at now: Double) {
    let isProven = standing.isWitness(worker.worker)
    for account in Account.all(of: worker) {
      guard let count = standing.strike(account, for: job, isProven: isProven), count >= settings.strikesUntilPause
      else { continue }
      let reason =
        "\(count) attempts in a row failed or were lost here; afterwards it gets one job at a time, until it finishes "
        + "one"
      pause(account, reason: reason, at: now)
    }
  }

  /// A job was finished: the row is over.
  mutating func endStreaks(of worker: WorkerIdentity) {
    if standing.streaks.isEmpty { return }
    for account in Account.all(of: worker) where standing.endStreak(of: account) { announceEnd(of: account) }
  }

  private mutating func pause(_ account: Account, reason: String, at now: Double) {
    let pauses = standing.streaks[account]?.pauses ?? 0
    let seconds = min(settings.longestPauseSeconds, settings.pauseSeconds * Double(1 << min(pauses, 20)))
    // A worker that pauses for its key as well as for itself is told once.
    let untold = connected(account).filter { !standing.isBenched($0.session.identity) }
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
    for (peer, session) in connected(account) where !standing.isBenched(session.identity) {
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

  /// A worker that hands back all that it gets, and asks for more.
  /// - Returns: whether it pauses now.
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
      "no job of this study has succeeded, and \(streak.failures) attempts failed, \(streak.lastFailure); its jobs "
        + "wait, and the coordinator ends after \(settings.failuresUntilGivenUp) of these (--give-up-after)")
  }

  /// No job is handed out any more: too many were set aside in a row.
  public var isHalted: Bool { streak.setAside >= settings.failuresUntilGivenUp }

  /// Where nothing is under way that could still succeed, and everything before failed, the study needs a person.
  mutating func giveUpIfHopeless() {
    guard phase == .searching, jobs.runningCount == 0, jobs.openCount > 0,
      let reason = streak.reasonToGiveUp(after: settings.failuresUntilGivenUp)
    else { return }
    turn.perform(.giveUp(reason))
    stop()
  }
}
