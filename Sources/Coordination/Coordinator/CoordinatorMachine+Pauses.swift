import SearchCore
import SearchProtocol

/// Failures in a row: of a worker, which then pauses, twice as long each further time; of the whole study, which is given up
/// where nothing comes of it.
///
/// A worker that has never finished a job costs no job an attempt that counts, and gets fewer and fewer of them.
extension CoordinatorMachine {
  func accounts(of session: Session) -> [Account] {
    [.worker(session.worker)] + (session.key.map { [.key($0)] } ?? [])
  }

  /// An attempt failed, stalled, or was lost while its worker was there.
  /// - Parameter isFailure: the training failed, or did nothing; false where only the attempt was lost.
  mutating func strike(_ peer: PeerID, for job: Int64, isFailure: Bool, reason: String, at now: Double) {
    guard let session = sessions[peer] else { return }
    // What was under way when the pause began says no more than what began it.
    let isPausing = accounts(of: session).contains { streaks[$0]?.pausedUntil != nil }
    addStrike(session, for: job, at: now)
    // A failure at a worker that has finished others counts for its job, which may then be set aside.
    if isFailure, !isPausing, !isWitness(session.worker) { countFailure(of: job, at: session.worker, reason) }
  }

  /// The worker's connection is gone, with jobs on it. However many they are, that is one mishap.
  mutating func strikeForConnection(of session: Session, at now: Double) {
    if !session.jobs.isEmpty { addStrike(session, for: Self.connection, at: now) }
  }

  /// It is back and has them.
  mutating func forgiveConnection(of session: Session) {
    for account in accounts(of: session) where streaks[account] != nil { streaks[account]?.forgive(Self.connection) }
  }

  /// The number of no job.
  private static let connection: Int64 = -1

  private mutating func addStrike(_ session: Session, for job: Int64, at now: Double) {
    for account in accounts(of: session) where streaks[account]?.pausedUntil == nil {
      streaks[account, default: FailureStreak()].strike(for: job)
      pauseIfDue(account, isProven: isWitness(session.worker), at: now)
    }
  }

  /// A job was finished: the row is over.
  mutating func endStreaks(of session: Session) {
    if streaks.isEmpty { return }
    for account in accounts(of: session) {
      guard let streak = streaks.removeValue(forKey: account), streak.pausedUntil != nil else { continue }
      announceEnd(of: account)
    }
  }

  private mutating func pauseIfDue(_ account: Account, isProven: Bool, at now: Double) {
    guard let streak = streaks[account], streak.count(isProven: isProven) >= settings.strikesUntilPause else { return }
    let seconds = min(settings.longestPauseSeconds, settings.pauseSeconds * Double(1 << min(streak.pauses, 20)))
    let reason =
      "\(streak.count(isProven: isProven)) attempts in a row failed or were lost here; afterwards it gets one job at a "
      + "time, until it finishes one"
    pause(account, seconds: seconds, reason: reason, at: now)
  }

  private mutating func pause(_ account: Account, seconds: Double, reason: String, at now: Double) {
    // A worker that pauses for its key as well as for itself is told once.
    let untold = connected(account).filter { !isBenched($0.1) }
    streaks[account, default: FailureStreak()].pause(until: now + seconds)
    pauseTimers.insert(Timer(due: now + seconds, subject: account))
    for (peer, session) in untold {
      updateRest(of: session.worker)
      record(.workerBenched(id: session.worker, seconds: seconds, reason: reason))
      send(.bench(Bench(reason: reason, seconds: seconds)), to: peer)
      log(.warning, "worker \(session.worker) pauses for \(Bench.text(seconds: seconds)): \(reason)")
    }
  }

  mutating func endPauses(at now: Double) {
    while let timer = pauseTimers.first, timer.due <= now {
      _ = pauseTimers.removeFirst()
      guard let until = streaks[timer.subject]?.pausedUntil, until <= now else { continue }
      streaks[timer.subject]?.endPause()
      announceEnd(of: timer.subject)
    }
  }

  private mutating func announceEnd(of account: Account) {
    for (peer, session) in connected(account) where !isBenched(session) {
      updateRest(of: session.worker)
      enqueue(peer)
      record(.workerUnbenched(id: session.worker))
      log(.info, "worker \(session.worker) gets jobs again")
    }
  }

  private func connected(_ account: Account) -> [(PeerID, Session)] {
    switch account {
    case .worker(let worker):
      guard let peer = peers[worker], let session = sessions[peer] else { return [] }
      return [(peer, session)]
    case .key(let key):
      return sessions.filter { $0.value.key == key }.sorted { $0.value.worker < $1.value.worker }
    }
  }

  /// A worker that hands back all that it gets, and asks for more.
  /// - Returns: whether it pauses now.
  mutating func pauseForReturns(_ peer: PeerID, at now: Double) -> Bool {
    guard let session = sessions[peer], session.returnsInARow >= max(settings.strikesUntilPause, 2 * session.slots)
    else { return false }
    sessions[peer]?.returnsInARow = 0
    let account = Account.worker(session.worker)
    let seconds = min(
      settings.longestPauseSeconds, settings.pauseSeconds * Double(1 << min(streaks[account]?.pauses ?? 0, 20)))
    pause(account, seconds: seconds, reason: "\(session.returnsInARow) jobs in a row were handed back", at: now)
    return true
  }

  // MARK: Giving up

  private mutating func countFailure(of job: Int64, at worker: String, _ reason: String) {
    failuresInARow += 1
    lastFailure = "the last one job \(job) at worker \(worker): \(reason.oneLine())"
    guard jobs.finishedCount == 0, failuresInARow == settings.strikesUntilPause else { return }
    log(
      .warning,
      "no job of this study has succeeded, and \(failuresInARow) attempts failed, \(lastFailure); its jobs wait, and the "
        + "coordinator ends after \(settings.failuresUntilGivenUp) of these (--give-up-after)")
  }

  mutating func recordSuccess() {
    failuresInARow = 0
    setAsideInARow = 0
  }

  /// No job is handed out any more: too many were set aside in a row.
  public var isHalted: Bool { setAsideInARow >= settings.failuresUntilGivenUp }

  /// Where nothing is under way that could still succeed, and everything before failed, the study needs a person.
  mutating func giveUpIfHopeless() {
    guard phase == .searching, jobs.runningCount == 0, jobs.openCount > 0 else { return }
    let reason: String
    if isHalted {
      reason =
        "\(setAsideInARow) jobs in a row were set aside without a result in between, \(lastSetAside); look at one with "
        + "status --explain, mend what is wrong, and go on with --resume --retry-failed"
    } else if failuresInARow >= settings.failuresUntilGivenUp {
      reason =
        "\(failuresInARow) attempts in a row failed at workers that never finished a job, \(lastFailure); no job was set aside for them: look "
        + "at one with status --explain, mend what is wrong, and go on with --resume (--set-aside N leaves job N out)"
    } else {
      return
    }
    turn.perform(.giveUp(reason))
    stop()
  }
}
