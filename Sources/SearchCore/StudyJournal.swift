/// What a study keeps of its jobs: the values that the coordinator decides and the store records. A change describes
/// one fact; the changes of one turn are one transaction.

public enum JobState: String, Codable, CaseIterable, Sendable {
  /// To be handed out.
  case waiting
  /// A worker holds a lease on it.
  case running
  /// Has a result.
  case finished
  /// Its engine failed too often, or the user left it out: the study goes on without it. Records and JSON have the word
  /// of the first version.
  case setAside = "failed"
}

/// How many jobs are in which state.
public struct JobCounts: Hashable, Sendable {
  public var waiting: Int
  public var running: Int
  public var finished: Int
  public var setAside: Int

  public init(waiting: Int = 0, running: Int = 0, finished: Int = 0, setAside: Int = 0) {
    self.waiting = waiting
    self.running = running
    self.finished = finished
    self.setAside = setAside
  }

  public var total: Int { waiting + running + finished + setAside }
  /// Of which nothing more is to come.
  public var settled: Int { finished + setAside }
}

/// One work that the study wants, with what came of it.
public struct JobRecord: Hashable, Sendable {
  /// 1, 2, … in the order in which the strategy asked.
  public var id: Int64
  public var work: Work
  /// In which round of the strategy it was asked for; nil where that is not on record, and where a person asked for it.
  public var round: Int?
  /// Where in the round; nil where the jobs of the round have the order of their numbers.
  public var place: Int?
  public var state: JobState
  /// Attempts begun so far, whatever became of them.
  public var attempts: Int
  /// Attempts that ended by the job's own fault (crash, memory, time limit).
  public var failures: Int
  /// Attempts that were lost with their worker.
  public var losses: Int
  public var result: Observation?
  /// Why it was set aside.
  public var failureReason: String?

  public init(
    id: Int64, work: Work, round: Int? = nil, place: Int? = nil, state: JobState = .waiting, attempts: Int = 0,
    failures: Int = 0, losses: Int = 0, result: Observation? = nil, failureReason: String? = nil
  ) {
    self.id = id
    self.work = work
    self.round = round
    self.place = place
    self.state = state
    self.attempts = attempts
    self.failures = failures
    self.losses = losses
    self.result = result
    self.failureReason = failureReason
  }
}

/// How an attempt ended.
public enum AttemptEnding: String, Codable, CaseIterable, Sendable {
  /// It brought the job's result.
  case finished
  /// The lease ran out, or the worker came back without the job.
  case lost
  /// The worker gave it back: it is leaving.
  case returned
  /// The engine process failed; counts against the job.
  case failed
}

public struct WorkerRecord: Hashable, Sendable {
  /// The worker's own name for itself, new at each start.
  public var id: String
  public var host: String
  public var processID: Int
  public var slots: Int
  public var kernelVariant: String
  public var build: String

  public init(id: String, host: String, processID: Int, slots: Int, kernelVariant: String, build: String) {
    self.id = id
    self.host = host
    self.processID = processID
    self.slots = slots
    self.kernelVariant = kernelVariant
    self.build = build
  }
}

/// How an attempt ended that brought no result, and why, on one line.
public enum UnfinishedAttempt: Hashable, Sendable {
  case lost(reason: String)
  case returned(reason: String)
  /// With what its worker found out about it, where that is known.
  case failed(reason: String, AttemptFailure? = nil)

  public var ending: AttemptEnding {
    switch self {
    case .lost: .lost
    case .returned: .returned
    case .failed: .failed
    }
  }

  public var reason: String {
    switch self {
    case .lost(let reason), .returned(let reason), .failed(let reason, _): reason
    }
  }

  public var failure: AttemptFailure? { if case .failed(_, let failure) = self { failure } else { nil } }
}

/// A fact to be recorded. Times are the recorder's, not part of the fact.
public enum StudyChange: Hashable, Sendable {
  case jobAdded(JobRecord)
  case attemptStarted(job: Int64, attempt: Int, worker: String)
  case attemptEnded(job: Int64, attempt: Int, UnfinishedAttempt)
  case jobFinished(job: Int64, attempt: Int, worker: String, result: Observation)
  /// Another study had the result of the same work: nobody trained it for this one.
  case resultAdopted(job: Int64, source: String, result: Observation)
  case jobSetAside(job: Int64, reason: String)
  case workerJoined(WorkerRecord)
  /// `reason`: "left", "lost", …
  case workerLeft(id: String, reason: String)
  /// It gets no jobs for a time: others finished what failed there.
  case workerBenched(id: String, seconds: Double, reason: String)
  /// It gets no jobs for a time: nothing came of several in a row.
  case workerPaused(id: String, seconds: Double, reason: String)
  /// It gets jobs again.
  case workerUnbenched(id: String)
  case roundDecided(RoundNote)
  /// Something a user may want to read later, such as a strategy's note.
  case noted(String)
  /// A note that says the same however often it is found out, such as why a search ended: on record once. A decision
  /// that asks for nothing leaves no job by which a later coordinator could tell that it was taken.
  case notedOnce(String)
  /// The strategy wants nothing more, and nothing is under way.
  case studyFinished
  /// There is more to do in a study that was finished, or that is open anyway.
  case studyReopened
  /// A person asked for something, and this is what it did; before the changes that it consists of.
  case intervened(InterventionRecord)
  /// No job is handed out any more, or jobs are again.
  case paused(Bool)
  /// Most jobs that the search may have.
  case budgetChanged(Int)
  /// The strategy decides this round and those behind it again.
  case roundsForgotten(from: Int)
  /// The strategy asks for a job that there is already.
  case jobAsked(job: Int64, round: Int, place: Int)
  /// A job that was set aside waits again, as if nothing had failed.
  case jobReopened(job: Int64)
  /// The result is none any more: it is kept for people to see, and the job waits again, as if nothing had failed.
  case resultStruckOut(job: Int64)
  /// It gets no more jobs.
  case workerDrained(id: String)
  /// Nothing that it finds counts any more.
  case workerDistrusted(id: String)
}

/// What a person asked for, as it is recorded.
public struct InterventionRecord: Hashable, Sendable {
  /// `user@host`, or what a person calls itself.
  public var author: String
  public var verb: Intervention.Verb
  /// What it did, on one line; about a job or a worker, what became of it.
  public var text: String
  /// The job that it is about; nil where it is about none.
  public var job: Int64?
  /// The worker that it is about; nil where it is about none.
  public var worker: String?

  public init(author: String, verb: Intervention.Verb, text: String, job: Int64? = nil, worker: String? = nil) {
    self.author = author
    self.verb = verb
    self.text = text
    self.job = job
    self.worker = worker
  }
}

extension InterventionRecord: CustomStringConvertible {
  /// `job 5 is canceled`
  public var description: String {
    if let job { return "job \(job) is \(text)" }
    return worker.map { "worker \($0) is \(text)" } ?? text
  }
}
