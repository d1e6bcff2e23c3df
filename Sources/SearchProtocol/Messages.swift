import SearchCore

/// What coordinator and workers say to each other. On the wire: see `MessageCodec`.
///
/// A worker says hello, is welcomed (or refused), and gives credits as slots become free; the coordinator spends a
/// credit on each job. Progress and heartbeats renew leases. A result stands until it is acknowledged, which happens
/// only after it is committed.
public enum Message: Hashable, Sendable {
  // worker → coordinator
  case hello(Hello)
  case ready(Ready)
  case accept(AttemptReference)
  case progress(Progress)
  case result(AttemptReport)
  case workerHeartbeat(WorkerHeartbeat)
  case bye(Bye)
  case dataRequest(DataRequest)
  // coordinator → worker
  case welcome(Welcome)
  case refusal(Refusal)
  case job(JobAssignment)
  case resultAcknowledged(AttemptReference)
  case coordinatorHeartbeat(CoordinatorHeartbeat)
  case cancel(AttemptReference)
  case drain(Drain)
  /// "I do not know you": the coordinator was restarted; say hello again.
  case reregister
  case dataChunk(DataChunk)
  /// What was asked for cannot be had here, now or later.
  case dataRefusal(Refusal)
  /// No jobs for a while, and why.
  case bench(Bench)
}

/// One attempt at one job.
public struct AttemptReference: Codable, Hashable, Sendable {
  public var job: Int64
  /// 1, 2, …
  public var attempt: Int

  public init(job: Int64, attempt: Int) {
    self.job = job
    self.attempt = attempt
  }
}

public struct Hello: Codable, Hashable, Sendable {
  /// The worker's own name, unique and the same through reconnects.
  public var worker: String
  public var host: String
  public var processID: Int
  /// Protocol versions that the worker speaks.
  public var oldestProtocol: Int
  public var newestProtocol: Int
  public var build: String
  public var slots: Int
  public var kernelVariant: String
  /// Data sets that the worker has: name → content hash.
  public var dataHashes: [String: String]
  /// The study that `running` and `finished` belong to; nil on first contact.
  public var study: String?
  /// Attempts that are being trained right now.
  public var running: [AttemptReference]
  /// Attempts whose reports are not acknowledged yet; the reports follow after the welcome.
  public var finished: [AttemptReference]

  public init(
    worker: String, host: String, processID: Int, oldestProtocol: Int, newestProtocol: Int, build: String, slots: Int,
    kernelVariant: String, dataHashes: [String: String], study: String? = nil, running: [AttemptReference] = [],
    finished: [AttemptReference] = []
  ) {
    self.worker = worker
    self.host = host
    self.processID = processID
    self.oldestProtocol = oldestProtocol
    self.newestProtocol = newestProtocol
    self.build = build
    self.slots = slots
    self.kernelVariant = kernelVariant
    self.dataHashes = dataHashes
    self.study = study
    self.running = running
    self.finished = finished
  }
}

public struct Welcome: Codable, Hashable, Sendable {
  /// Identity of the study: a worker that carries attempts of another one drops them.
  public var study: String
  public var studyName: String
  public var protocolVersion: Int
  public var data: DataRequirement
  public var heartbeatSeconds: Double
  public var leaseSeconds: Double

  public init(
    study: String, studyName: String, protocolVersion: Int, data: DataRequirement, heartbeatSeconds: Double,
    leaseSeconds: Double
  ) {
    self.study = study
    self.studyName = studyName
    self.protocolVersion = protocolVersion
    self.data = data
    self.heartbeatSeconds = heartbeatSeconds
    self.leaseSeconds = leaseSeconds
  }
}

/// The data set that a study trains on.
public struct DataRequirement: Codable, Hashable, Sendable {
  public var set: ImageSet
  public var contentHash: String
  /// Where the coordinator's machine has it; a worker looks in its own places first. nil for embedded sets.
  public var pathHint: String?

  public init(set: ImageSet, contentHash: String, pathHint: String?) {
    self.set = set
    self.contentHash = contentHash
    self.pathHint = pathHint
  }
}

public struct Refusal: Codable, Hashable, Sendable {
  /// One line for the worker's user.
  public var reason: String

  public init(reason: String) { self.reason = reason }
}

/// Credits: the coordinator may send this many more jobs. Replaces what was given before.
public struct Ready: Codable, Hashable, Sendable {
  public var freeSlots: Int

  public init(freeSlots: Int) { self.freeSlots = freeSlots }
}

public struct JobAssignment: Codable, Hashable, Sendable {
  public var reference: AttemptReference
  /// Canonical text of the candidate.
  public var candidate: String
  public var recipe: TrainingRecipe
  public var seed: UInt64
  public var measuresTime: Bool

  public init(
    reference: AttemptReference, candidate: String, recipe: TrainingRecipe, seed: UInt64, measuresTime: Bool
  ) {
    self.reference = reference
    self.candidate = candidate
    self.recipe = recipe
    self.seed = seed
    self.measuresTime = measuresTime
  }
}

public struct Progress: Codable, Hashable, Sendable {
  public var reference: AttemptReference
  public var epoch: Int
  public var step: Int
  public var steps: Int
  public var loss: Double?
  public var memoryBytes: Int

  public init(
    reference: AttemptReference, epoch: Int, step: Int, steps: Int, loss: Double?, memoryBytes: Int
  ) {
    self.reference = reference
    self.epoch = epoch
    self.step = step
    self.steps = steps
    self.loss = loss
    self.memoryBytes = memoryBytes
  }
}

/// How an attempt ended.
public struct AttemptReport: Codable, Hashable, Sendable {
  public enum Outcome: Codable, Hashable, Sendable {
    case finished(TrialResult)
    /// The engine process failed (crash, memory, time limit): one line.
    case failed(reason: String)
    /// The worker gives the job back unfinished because it is leaving; no fault of the job.
    case returned(reason: String)
  }

  public var reference: AttemptReference
  public var study: String
  public var outcome: Outcome
  /// More about a failure; nil from workers that cannot tell, and for everything else.
  public var failure: AttemptFailure?

  public init(reference: AttemptReference, study: String, outcome: Outcome, failure: AttemptFailure? = nil) {
    self.reference = reference
    self.study = study
    self.outcome = outcome
    self.failure = failure
  }
}

/// Renews the lease of every attempt that it lists.
public struct WorkerHeartbeat: Codable, Hashable, Sendable {
  public var running: [AttemptReference]
  public var freeSlots: Int

  public init(running: [AttemptReference], freeSlots: Int) {
    self.running = running
    self.freeSlots = freeSlots
  }
}

public struct CoordinatorHeartbeat: Codable, Hashable, Sendable {
  public var study: String

  public init(study: String) { self.study = study }
}

/// Take no more jobs and leave.
public struct Drain: Codable, Hashable, Sendable {
  public enum Reason: String, Codable, Sendable {
    case studyFinished
    case coordinatorStopping
  }
  public var reason: Reason

  public init(reason: Reason) { self.reason = reason }
}

/// Jobs failed at this worker that others finished: it gets none for a while.
public struct Bench: Codable, Hashable, Sendable {
  /// One line for the worker's user.
  public var reason: String
  public var seconds: Double

  public init(reason: String, seconds: Double) {
    self.reason = reason
    self.seconds = seconds
  }

  /// `0.5 s`, `64 s`.
  package static func text(seconds: Double) -> String {
    seconds < 10 ? "\((seconds * 10).rounded() / 10) s" : "\(Int(seconds)) s"
  }
}

public struct Bye: Codable, Hashable, Sendable {
  public var reason: String

  public init(reason: String) { self.reason = reason }
}
