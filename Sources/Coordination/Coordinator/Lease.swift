import SearchProtocol

/// A worker's claim on a job: it ends with a report, or with its deadline.
struct Lease: Sendable {
  enum Holder: Equatable, Sendable {
    /// The coordinator was restarted, and no worker has claimed it yet.
    case unknown
    /// Its connection is gone; it may come back on a new one.
    case away(worker: String)
    case connected(worker: String, at: PeerID)
  }

  enum Acceptance: Equatable, Sendable {
    /// The job is on its way.
    case awaited(sentAt: Double)
    /// The worker has said that it has it: when; nil where it had it before, and came back with it.
    case accepted(at: Double?)
  }

  let attempt: Int
  private(set) var holder: Holder
  private(set) var acceptance: Acceptance
  private(set) var deadline: Double
  /// When its training last went on, and the step that it had reached: a worker that only says that it has the job does
  /// not keep it for ever.
  private(set) var advancedAt: Double
  private(set) var step = 0
  /// When it had trained all of them; nil before.
  private var scoredSince: Double?
  /// The share of its steps that this is; nil where that is not known.
  private(set) var share: Double?
  /// When it was given.
  let since: Double
  /// False where the record says that this attempt ended: it was lost, and its worker came back with it before another
  /// worker got the job. Its result counts, its end is not recorded twice.
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

  /// Nil where no worker has claimed it since the coordinator's restart.
  var worker: String? {
    switch holder {
    case .unknown: nil
    case .away(let worker), .connected(let worker, _): worker
    }
  }

  /// The holder's connection; nil while it has none.
  var peer: PeerID? { if case .connected(_, let peer) = holder { peer } else { nil } }

  var isAccepted: Bool { if case .accepted = acceptance { true } else { false } }

  /// When its worker began with it; nil where it has not, or that is not known.
  var began: Double? { if case .accepted(let time) = acceptance { time } else { nil } }

  /// How long the attempt will take in all, by how far it has come; nil where it has hardly begun, or that is not
  /// known.
  var wholeSeconds: Double? {
    guard let began, let share, share >= Self.tellingShare else { return nil }
    return (advancedAt - began) / share
  }

  /// Of the steps: before, the loading of data is most of the time.
  private static let tellingShare = 0.05

  /// Whether the job may be on its way still, a little after it was sent.
  func mayBeOnItsWay(at now: Double, for seconds: Double) -> Bool {
    if case .awaited(let sentAt) = acceptance { now - sentAt <= seconds } else { false }
  }

  /// Whether a worker's word on the attempt is its holder's.
  func mayBeHeld(by worker: String) -> Bool { self.worker.map { $0 == worker } ?? true }

  /// Its worker says that it has it.
  mutating func renew(by worker: String, at peer: PeerID, _ now: Double, until deadline: Double) {
    holder = .connected(worker: worker, at: peer)
    if !isAccepted { acceptance = .accepted(at: now) }
    self.deadline = deadline
  }

  /// Its holder has another connection.
  mutating func move(to peer: PeerID) {
    if let worker { holder = .connected(worker: worker, at: peer) }
  }

  /// Its holder's connection is gone: there is until then to come back.
  mutating func detach(until deadline: Double) {
    if let worker { holder = .away(worker: worker) }
    self.deadline = deadline
  }

  /// Longer than any network is scored.
  private static let mostScoringSeconds = 86_400.0

  /// Its training has come further, or is over and being scored, which may take long.
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
