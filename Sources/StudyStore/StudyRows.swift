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

/// One try at a job, as it was recorded.
public struct AttemptRecord: Hashable, Sendable {
  public var job: Int64
  public var number: Int
  public var worker: String
  public var started: Double
  /// Nil while it is under way.
  public var ended: Double?
  /// Nil while it is under way.
  public var ending: AttemptEnding?
  public var reason: String?
  /// Where it failed and its worker could tell more.
  public var failure: AttemptFailure?
}

/// A worker and its comings and goings.
public struct WorkerPresence: Hashable, Sendable {
  public var worker: WorkerRecord
  public var joined: Double
  /// When anything that it did was last recorded: joining, an attempt, a result.
  public var lastSeen: Double
  /// Nil while it is there.
  public var left: Double?
  public var leftReason: String?
  /// It gets no jobs until then; nil while it does.
  public var benchedUntil: Double?
  public var benchedReason: String?
  /// A person wanted it to get no more jobs.
  public var drained: Double?
  /// A person wanted nothing of it to count.
  public var distrusted: Double?
}

/// Something that a user may want to read later.
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
    /// A person asked for it.
    case intervention
  }

  /// 1, 2, … in the order of recording.
  public var id: Int64
  public var time: Double
  public var kind: Kind
  public var text: String
  /// Who asked for it; nil for what came by itself.
  public var author: String?
}
