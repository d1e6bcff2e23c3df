/// What a study keeps of its jobs: the values that the coordinator decides and the store records. A change describes
/// one fact; the changes of one turn are one transaction.

public enum JobState: String, Codable, CaseIterable, Sendable {
  /// The job waits to be handed out.
  case waiting
  /// A worker holds a lease on the job.
  case running
  /// The job has a result.
  case finished
  /// The job's engine failed too often, or the user left the job out: the study goes on without it. Records and JSON
  /// contain the word of the first version.
  case setAside = "failed"
}

/// The number of jobs in each state.
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
  /// The number of jobs that are finished or set aside, with nothing more to come.
  public var settled: Int { finished + setAside }
}

/// A work that the study wants, with what came of it.
public struct JobRecord: Hashable, Sendable {
  /// The job's number: 1, 2, … in the order in which the strategy asked. Final trainings (`FinalTrainings`) and jobs
  /// that a person asked for (`HandAsked`) have numbers above those.
  public var id: Int64
  public var work: Work
  /// The round of the strategy that asked for the job; `nil` if it is not on record, or if a person asked for the job.
  public var round: Int?
  /// The position in the round; `nil` if the jobs of the round are in the order of their numbers.
  public var place: Int?
  public var state: JobState
  /// The number of attempts begun so far, whatever became of them.
  public var attempts: Int
  /// The number of attempts that ended through the job's own fault (crash, memory, time limit).
  public var failures: Int
  /// The number of attempts that were lost with their worker.
  public var losses: Int
  public var result: Observation?
  /// Why the job was set aside; `nil` if it was not.
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
  /// The attempt brought the job's result.
  case finished
  /// The lease ran out, or the worker came back without the job.
  case lost
  /// The job was handed back, such as by a worker that is leaving.
  case returned
  /// The engine process failed, which counts against the job.
  case failed
}

/// A worker that joined the study, as recorded.
public struct WorkerRecord: Hashable, Sendable {
  /// The worker's name for itself, new at each start.
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

/// How an attempt without a result ended, and why, on one line.
public enum UnfinishedAttempt: Hashable, Sendable {
  case lost(reason: String)
  case returned(reason: String)
  /// The attempt failed, with what its worker found out about the failure, if known.
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

/// A fact to be recorded. The recorder adds the time, which is not part of the fact.
public enum StudyChange: Hashable, Sendable {
  case jobAdded(JobRecord)
  case attemptStarted(job: Int64, attempt: Int, worker: String)
  case attemptEnded(job: Int64, attempt: Int, UnfinishedAttempt)
  case jobFinished(job: Int64, attempt: Int, worker: String, result: Observation)
  /// The result was taken from another study that has the same work; no worker trained it for this study.
  case resultAdopted(job: Int64, source: String, result: Observation)
  case jobSetAside(job: Int64, reason: String)
  case workerJoined(WorkerRecord)
  /// `reason`: "left", "lost", …
  case workerLeft(id: String, reason: String)
  /// The worker receives no jobs for `seconds`, because other workers finished jobs that failed there.
  case workerBenched(id: String, seconds: Double, reason: String)
  /// The worker receives no jobs for `seconds`, because several jobs in a row brought no result there.
  case workerPaused(id: String, seconds: Double, reason: String)
  /// The worker receives jobs again.
  case workerUnbenched(id: String)
  case roundDecided(RoundNote)
  /// A note that users may want to read later, such as a strategy's.
  case noted(String)
  /// A note that is recorded once, however often it is made, such as why a search ended. If a decision asks for
  /// nothing, there is no job from which a later coordinator could tell that the decision was taken.
  case notedOnce(String)
  /// The strategy wants nothing more, and no job is under way.
  case studyFinished
  /// There is more to do: a finished study is open again, an open one stays open.
  case studyReopened
  /// What a person asked for, and what it did. Recorded before the changes that the intervention consists of.
  case intervened(InterventionRecord)
  /// Whether the study is paused from now on, so that no job is handed out.
  case paused(Bool)
  /// The maximum number of jobs of the search changed to this number.
  case budgetChanged(Int)
  /// The strategy decides this round and all later ones again.
  case roundsForgotten(from: Int)
  /// The strategy asks for a job that exists already.
  case jobAsked(job: Int64, round: Int, place: Int)
  /// A job that was set aside waits again, as if none of its attempts had failed.
  case jobReopened(job: Int64)
  /// The job's result no longer counts: it is kept for people to read, and the job waits again, as if no attempt had
  /// failed.
  case resultStruckOut(job: Int64)
  /// The worker receives no more jobs.
  case workerDrained(id: String)
  /// Nothing that the worker finds counts any more.
  case workerDistrusted(id: String)
}

/// What a person asked for, as recorded.
public struct InterventionRecord: Hashable, Sendable {
  /// `user@host`, or the name that a person gave.
  public var author: String
  public var verb: Intervention.Verb
  /// What the intervention did, on one line. If it is about a job or a worker, the text completes `job 5 is …`.
  public var text: String
  /// The job that the intervention is about; `nil` if it is about none.
  public var job: Int64?
  /// The worker that the intervention is about; `nil` if it is about none.
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
