import SearchCore
import SearchProtocol

/// Which worker may report on an attempt: the worker it was given to, or one that found that worker's spool.
///
/// - With keys: a worker with the same key.
/// - Without keys: the same worker or, once it is gone, a worker of its host, which has found the spool on disk.
///
/// After a restart of the coordinator, the record has a worker's name and host, but not its key.
extension CoordinatorMachine {
  enum Claim {
    case own
    /// The worker may own the attempt: the previous holder may have died without the coordinator having noticed. The
    /// worker sends the report again.
    case undecided
    case foreign
  }

  func claim(_ reference: AttemptReference, by worker: WorkerIdentity) -> Claim {
    guard let given = jobs.assignee(of: reference.job, attempt: reference.attempt) else { return .foreign }
    if let key = given.key { return key == worker.key ? .own : .foreign }
    if given.worker == worker.worker { return .own }
    guard given.host == worker.host else { return .foreign }
    return sessions.isHere(given.worker) ? .undecided : .own
  }

  /// Returns whether the worker may have been given an attempt that is not on record: it or another worker of its host
  /// was there before the coordinator's restart. `false` if the host had a distrusted worker, since the attempt might
  /// be that worker's.
  func wasThereBefore(_ worker: WorkerIdentity) -> Bool {
    guard !standing.distrusted.contains(where: { pastWorkers[$0]?.host == worker.host }) else { return false }
    return pastWorkers[worker.worker] != nil || pastHosts.contains(worker.host)
  }

  /// Logs what a worker does wrong, once for each kind of mistake.
  mutating func complain(of peer: PeerID, _ kind: String, _ text: String) {
    guard let worker = sessions.identity(at: peer)?.worker, sessions.recordProblem(kind, of: peer) else { return }
    log(.warning, "worker \(worker) \(text)")
  }
}
