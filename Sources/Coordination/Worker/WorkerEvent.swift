import SearchCore
import SearchProtocol

/// What happens to a worker. Slots are numbered from 0.
public enum WorkerEvent: Sendable {
  /// Once, before every other event.
  case started
  /// `ticket`: an unguessable number, for what is sent in answer.
  case received(CoordinatorMessage, ticket: UInt64 = 0)
  /// A connection to the coordinator's address stands. May come again and again.
  case connected
  /// A hello was dropped, because there was no connection.
  case helloUndelivered
  /// What listens at the coordinator's address does not let this worker in: why, and what to do.
  case turnedAway(String)
  /// The answer to `locateData`: where it is; nil for embedded sets.
  case dataLocated(path: String?)
  /// The answer to `locateData`: it is nowhere, with a reason for the user.
  case dataMissing(String)
  /// The answer to `locateData`: it is not on this machine, and there is a place for it. Of its `bytes`, the first
  /// `present` are there already.
  case dataAbsent(present: Int, bytes: Int, reason: String)
  /// What became of a `content` effect.
  case content(ContentEvent)
  /// A client of this worker wants the content of the study. Answered by `contentTaken` or `contentUnavailable`.
  case contentWanted(ContentHash)
  /// A client of this worker has a content for the study, and keeps it until `contentGiven` or `contentRefused`.
  case contentOffered(ContentDescription)
  case engineProgress(slot: Int, AttemptProgress)
  case engineFinished(slot: Int, AttemptReference, Observation)
  /// The engine process crashed, was killed, or refused the job.
  case engineFailed(slot: Int, AttemptReference, reason: String, AttemptFailure? = nil)
  /// Reports that earlier workers left, which are kept on disk for this one now.
  case spooled([AttemptReport])
  /// Several times a heartbeat, whatever else happens.
  case tick
  /// Take no more, finish what can be finished within the grace time, hand back the rest, and leave (SIGINT, SIGTERM).
  /// A second one, not of the same moment, leaves at once.
  case stopRequested
  /// Leave at once.
  case endRequested
}

/// What a worker wants done, in this order.
public enum WorkerEffect: Hashable, Sendable {
  case send(WorkerMessage)
  /// The slot is free: hand this job to its engine process (start one where none waits).
  case startJob(slot: Int, JobAssignment)
  /// End what the slot trains, now. Events of it that still come are ignored.
  case stopEngine(slot: Int)
  /// Find the data set, check its content, and answer with `dataLocated`, `dataMissing` or `dataAbsent`.
  case locateData(DataRequirement)
  /// The answer to the last `locateData` is of no use any more; places that were made for it are let go.
  case forgetData
  case content(ContentEffect)
  /// The coordinator has what a client offered.
  case contentGiven(ContentHash)
  /// The coordinator does not take what a client offered, or it cannot be read any more.
  case contentRefused(ContentHash, reason: String)
  /// What a client wanted is on this machine, checked as a whole.
  case contentTaken(ContentDescription)
  case contentUnavailable(ContentHash, reason: String)
  /// Keep the report on disk, safely, before the effects that follow.
  case spool(AttemptReport)
  /// The report is acknowledged, or of no use any more. May name a report that was never spooled.
  case discardSpooled(AttemptReference, study: String)
  /// Bring the reports that earlier workers of this machine left of the study, and answer with `spooled`.
  case adoptSpooled(study: String)
  /// The coordinator leads another study now: what is kept of this one is to wait where any worker finds it.
  case releaseSpooled(study: String)
  case log(LogLevel, String)
  /// All is said: send what is on its way (bounded) and end the process with this code. Comes once, last.
  case exit(code: Int32)
}
