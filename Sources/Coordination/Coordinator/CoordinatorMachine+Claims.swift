import SearchCore
import SearchProtocol

/// Who may speak for an attempt: the worker that it was given to, and who finds its spool.
///
/// - With keys: a worker that came with the same key.
/// - Without: the same worker, or, once that one is gone, a worker of its host, which has found what it left on disk.
///
/// After a restart of the coordinator the record tells the name and the host of a worker, and not its key.
extension CoordinatorMachine {
  enum Claim {
    case own
    /// It may be: the worker that had it has died, and the coordinator has not noticed yet. The report comes again.
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

  /// Whether the worker may have been given an attempt that is not on record: it, or one of its host, was there before
  /// the coordinator's restart. Of a host that had a distrusted one nobody can say whose attempt it was.
  func wasThereBefore(_ worker: WorkerIdentity) -> Bool {
    guard !standing.distrusted.contains(where: { pastWorkers[$0]?.host == worker.host }) else { return false }
    return pastWorkers[worker.worker] != nil || pastHosts.contains(worker.host)
  }

  /// Says what a worker does wrong, once for each kind.
  mutating func complain(of peer: PeerID, _ kind: String, _ text: String) {
    guard let worker = sessions.identity(at: peer)?.worker, sessions.recordProblem(kind, of: peer) else { return }
    log(.warning, "worker \(worker) \(text)")
  }
}
