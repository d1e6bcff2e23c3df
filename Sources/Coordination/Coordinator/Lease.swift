import SearchProtocol

/// A worker's claim on a job. It ends with a report or at its deadline.
struct Lease: Sendable {
  enum Holder: Equatable, Sendable {
    /// The coordinator was restarted, and no worker has claimed the lease yet.
    case unknown
    /// The worker's connection is gone; the worker may come back on a new one.
    case away(worker: String)
    case connected(worker: String, at: PeerID)
  }

  enum Acceptance: Equatable, Sendable {
    /// The job is in flight to the worker.
    case awaited(sentAt: Double)
    /// The worker has confirmed that it has the job. `at` is the time of the confirmation; `nil` if the worker had the
    /// job before and came back with it.
    case accepted(at: Double?)
  }

  let attempt: Int
  private(set) var holder: Holder
  private(set) var acceptance: Acceptance
  private(set) var deadline: Double
  /// When the training last advanced, and the step it had reached. A worker that only claims to have the job does not
  /// keep it forever.
  private(set) var advancedAt: Double
  private(set) var step = 0
  /// When the last step had been trained; `nil` before.
  private var scoredSince: Double?
  /// The share of its steps that the training has done; `nil` if unknown.
  private(set) var share: Double?
  /// When the lease was granted.
  let since: Double
  /// Whether the attempt is under way on record. `false` if it ended there as lost and its worker came back with it
  /// before another worker got the job: then its result counts, but its end is not recorded again.
  let isOnRecord: Bool

  init(
    attempt: Int, holder: Holder, acceptance: Acceptance, deadline: Double, at now: Double, isOnRecord: Bool = true
  ) {
    self.attempt = attempt
    self.holder = holder
    self.acceptance = acceptance
    self.deadline = deadline
    advancedAt = now
    since = now
    self.isOnRecord = isOnRecord
  }

  /// The holder; `nil` if no worker has claimed the lease since the coordinator's restart.
  var worker: String? {
    switch holder {
    case .unknown: nil
    case .away(let worker), .connected(let worker, _): worker
    }
  }

  /// The holder's connection; `nil` while it has none.
  var peer: PeerID? { if case .connected(_, let peer) = holder { peer } else { nil } }

  var isAccepted: Bool { if case .accepted = acceptance { true } else { false } }

  /// When the worker began the job; `nil` if it has not begun or the time is unknown.
  var began: Double? { if case .accepted(let time) = acceptance { time } else { nil } }

  /// The expected duration of the whole attempt, extrapolated from its progress; `nil` if it has hardly begun or the
  /// time is unknown.
  var wholeSeconds: Double? {
    guard let began, let share, share >= Self.tellingShare else { return nil }
    return (advancedAt - began) / share
  }

  /// The share of the steps from which on the duration is extrapolated. Before, loading the data takes most of the
  /// time.
  private static let tellingShare = 0.05

  /// Returns whether the job may still be in flight, being sent at most `seconds` ago.
  func mayBeOnItsWay(at now: Double, for seconds: Double) -> Bool {
    if case .awaited(let sentAt) = acceptance { now - sentAt <= seconds } else { false }
  }

  /// Returns whether the worker may be the holder of the attempt.
  func mayBeHeld(by worker: String) -> Bool { self.worker.map { $0 == worker } ?? true }

  /// Renews the lease when its worker says that it has the job.
  mutating func renew(by worker: String, at peer: PeerID, _ now: Double, until deadline: Double) {
    holder = .connected(worker: worker, at: peer)
    if !isAccepted { acceptance = .accepted(at: now) }
    self.deadline = deadline
  }

  /// Moves the lease to another connection of its holder.
  mutating func move(to peer: PeerID) {
    if let worker { holder = .connected(worker: worker, at: peer) }
  }

  /// Detaches the lease from its holder's broken connection; the holder has until `deadline` to come back.
  mutating func detach(until deadline: Double) {
    if let worker { holder = .away(worker: worker) }
    self.deadline = deadline
  }

  /// Scoring a network never takes longer than this.
  private static let mostScoringSeconds = 86_400.0

  /// Records progress. A training whose steps are done is being scored, which may take long, and counts as advancing
  /// meanwhile.
  mutating func advance(_ progress: AttemptProgress, at now: Double) {
    if progress.step == step, progress.step == progress.steps, step > 0 {
      if now - (scoredSince ?? now) <= Self.mostScoringSeconds { advancedAt = now }
      return
    }
    guard progress.step > step else { return }
    step = progress.step
    scoredSince = step == progress.steps ? now : nil
    share = progress.steps > 0 ? min(1, Double(step) / Double(progress.steps)) : nil
    advancedAt = now
  }
}
