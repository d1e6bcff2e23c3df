import SearchCore

extension JobTable {
  /// All leases. Takes time proportional to the number of jobs.
  var leases: [(job: Int64, lease: Lease)] { jobs.values.compactMap { job in job.lease.map { (job.id, $0) } } }

  /// Returns a description of each violated invariant; empty if all hold.
  func invariants() -> [String] {
    var broken: [String] = []
    func require(_ condition: Bool, _ what: @autoclosure () -> String) { if !condition { broken.append(what()) } }
    var counts = JobCounts()
    for (id, job) in jobs {
      switch job.state {
      case .waiting:
        if !mayBegin(id) {
          require(beyondBudget.contains(id), "job \(id) waits beyond the budget, but is not counted as such")
        } else {
          counts.waiting += 1
          require(queued.contains(id), "job \(id) waits, but is not in the queue")
        }
      case .running(let lease):
        counts.running += 1
        require(lease.attempt <= job.attempts, "job \(id) runs in an attempt that never began")
      case .finished: counts.finished += 1
      case .setAside: counts.setAside += 1
      }
    }
    let known = [assignees.jobs, Array(reported.keys), Array(mayLackLastAttempt)].joined()
    for id in known where jobs[id]?.isOpen != true {
      broken.append("attempts at job \(id) are still known, although it is settled")
    }
    require(counts == self.counts, "jobs do not add up: \(counts), not \(self.counts)")
    require(
      history.results.count == finishedCount && history.setAside.count == setAsideCount, "the history has other jobs")
    return broken
  }
}
