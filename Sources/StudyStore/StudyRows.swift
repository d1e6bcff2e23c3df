import SearchCore

// What a study tells about itself. Times are seconds since 1970 (UTC).

/// A job that was set aside.
public struct SetAsideJob: Hashable, Sendable {
  public var job: Int64
  public var work: Work
  public var attempts: Int
  public var reason: String
  public var time: Double
}

/// An attempt at a job, as it was recorded.
public struct AttemptRecord: Hashable, Sendable {
  public var job: Int64
  public var number: Int
  public var worker: String
  public var started: Double
  /// `nil` while it is under way.
  public var ended: Double?
  /// `nil` while it is under way.
  public var ending: AttemptEnding?
  public var reason: String?
  /// Details if the attempt failed and its worker could tell more.
  public var failure: AttemptFailure?
}

/// A worker, with its last joining and leaving.
public struct WorkerPresence: Hashable, Sendable {
  public var worker: WorkerRecord
  public var joined: Double
  /// When anything that the worker did was last recorded: joining, an attempt, a result.
  public var lastSeen: Double
  /// `nil` while the worker is connected.
  public var left: Double?
  public var leftReason: String?
  /// The worker gets no jobs until this time; `nil` while it gets jobs.
  public var benchedUntil: Double?
  public var benchedReason: String?
  /// When a person asked that the worker get no more jobs; `nil` if no one did.
  public var drained: Double?
  /// When a person asked that nothing from the worker count; `nil` if no one did.
  public var distrusted: Double?
}

/// An event that a user may want to read later.
public struct StudyEvent: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    case note
    case workerJoined = "worker joined"
    case workerLeft = "worker left"
    case jobSetAside = "job set aside"
    case studyFinished = "study finished"
    case roundDecided = "round decided"
    case workerBenched = "worker benched"
    case workerPaused = "worker paused"
    case workerUnbenched = "worker unbenched"
    /// A person's request.
    case intervention
  }

  /// 1, 2, … in the order of recording.
  public var id: Int64
  public var time: Double
  public var kind: Kind
  public var text: String
  /// The person who asked for it; `nil` for other events.
  public var author: String?
}
