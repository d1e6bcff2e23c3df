import SearchCore
import SearchProtocol

/// An event that a worker handles. Slots are numbered from 0.
public enum WorkerEvent: Sendable {
  /// Comes once, before every other event.
  case started
  /// A message was received. `ticket` is an unguessable number, used for what is sent in answer.
  case received(CoordinatorMessage, ticket: UInt64 = 0)
  /// There is a connection to the coordinator's address. May come repeatedly.
  case connected
  /// A hello was dropped because there was no connection.
  case helloUndelivered
  /// The server at the coordinator's address does not let this worker in; the text says why and what to do.
  case turnedAway(String)
  /// Answers `locateData`: the path of the data set; `nil` for embedded sets.
  case dataLocated(path: String?)
  /// Answers `locateData`: the data set is nowhere. The reason is for the user.
  case dataMissing(String)
  /// Answers `locateData`: the data set is not on this machine, and there is a place for it. Of its `bytes`, the first
  /// `present` are there already.
  case dataAbsent(present: Int, bytes: Int, reason: String)
  /// The outcome of a `content` effect.
  case content(ContentEvent)
  /// A client of this worker wants the content of the study. Answered by `contentTaken` or `contentUnavailable`.
  case contentWanted(ContentHash)
  /// A client of this worker has a content for the study, and keeps it until `contentGiven` or `contentRefused`.
  case contentOffered(ContentDescription)
  case engineProgress(slot: Int, AttemptProgress)
  case engineFinished(slot: Int, AttemptReference, Observation)
  /// The engine process crashed, was killed, or refused the job.
  case engineFailed(slot: Int, AttemptReference, reason: String, AttemptFailure? = nil)
  /// Reports left behind by earlier workers and now kept on disk for this one.
  case spooled([AttemptReport])
  /// Comes several times per heartbeat, whatever else happens.
  case tick
  /// The worker must take no more jobs, finish what can be finished within the grace time, hand back the rest, and
  /// leave (SIGINT, SIGTERM). A second request at a later moment makes it leave at once.
  case stopRequested
  /// The worker must leave at once.
  case endRequested
}

/// An action that a worker wants done, in the order of the effects.
public enum WorkerEffect: Hashable, Sendable {
  case send(WorkerMessage)
  /// Give this job to the engine process of the free slot, starting a process if none is ready.
  case startJob(slot: Int, JobAssignment)
  /// End the slot's training now. Later events of it are ignored.
  case stopEngine(slot: Int)
  /// Find the data set, check its content, and answer with `dataLocated`, `dataMissing` or `dataAbsent`.
  case locateData(DataRequirement)
  /// The answer to the last `locateData` is not needed any more; release the places made for it.
  case forgetData
  case content(ContentEffect)
  /// The coordinator has the content that a client offered.
  case contentGiven(ContentHash)
  /// The coordinator does not take the content that a client offered, or it cannot be read any more.
  case contentRefused(ContentHash, reason: String)
  /// The content that a client wanted is on this machine, checked as a whole.
  case contentTaken(ContentDescription)
  case contentUnavailable(ContentHash, reason: String)
  /// Write the report to disk durably before carrying out the effects that follow.
  case spool(AttemptReport)
  /// The report was acknowledged or is not needed any more. May name a report that was never spooled.
  case discardSpooled(AttemptReference, study: String)
  /// Collect the reports of the study that earlier workers of this machine left, and answer with `spooled`.
  case adoptSpooled(study: String)
  /// The coordinator leads another study now: leave the kept reports of this one where any worker finds them.
  case releaseSpooled(study: String)
  case log(LogLevel, String)
  /// Send what is still in flight, for a limited time, and end the process with this code. Comes once, as the last
  /// effect.
  case exit(code: Int32)
}
