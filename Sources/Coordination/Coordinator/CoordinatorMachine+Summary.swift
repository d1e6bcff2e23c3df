import SearchCore
import SearchProtocol

// What a machine reports about itself.
extension CoordinatorMachine {
  public var summary: CoordinatorSummary {
    CoordinatorSummary(
      jobs: jobs.counts, expectedJobs: expectedJobs,
      budgetSeconds: time.limits.secondsLeft(after: time.spent, running: jobs.runningCount),
      workers: sessions.count, restingWorkers: sessions.restingCount, slots: sessions.slots, lateResults: lateResults,
      undecodable: undecodable, isFinished: isFinished, isPaused: isPaused)
  }

  /// Returns the name of the worker connected at the peer.
  public func worker(at peer: PeerID) -> String? { sessions[peer]?.worker }

  /// Returns the key of a connected worker; `nil` without keys.
  public func key(of worker: String) -> String? { sessions.session(of: worker)?.session.key }

  /// Returns when the worker that has the attempt began it, on the clock of the events; `nil` if that is not known.
  public func began(_ reference: AttemptReference) -> Double? {
    guard let lease = jobs.lease(of: reference.job), lease.attempt == reference.attempt else { return nil }
    return lease.began
  }
}

extension JobTable {
  var counts: JobCounts {
    JobCounts(waiting: waitingCount, running: runningCount, finished: finishedCount, setAside: setAsideCount)
  }
}
