extension CoordinatorMachine {
  /// Returns a description of each violated invariant; empty if all hold. The invariants hold after every event. For
  /// tests: takes time proportional to the size of the whole state.
  package func invariants() -> [String] {
    jobs.invariants() + sessions.invariants() + standing.invariants() + joinings.invariants(among: sessions)
      + contents.invariants()
      + leasesAndSessions() + rest() + course() + interventions() + secondAttempts()
  }

  /// Leases with a connected holder and the jobs of that holder's session correspond to each other.
  private func leasesAndSessions() -> [String] {
    var broken: [String] = []
    var held = 0
    for (id, lease) in jobs.leases {
      guard let peer = lease.peer else { continue }
      held += 1
      let session = sessions[peer]
      if session?.jobs.contains(id) != true {
        broken.append("the lease on job \(id) is held at a connection that does not have the job")
      }
      if session?.worker != lease.worker { broken.append("the lease on job \(id) is held by another worker") }
    }
    for session in sessions.unordered {
      held -= session.jobs.count
      let unaccepted = session.jobs.count { jobs.lease(of: $0)?.isAccepted == false }
      if session.unaccepted != unaccepted {
        broken.append("\(session.worker) has \(unaccepted) unaccepted jobs, not \(session.unaccepted)")
      }
    }
    if held != 0 { broken.append("sessions and leases differ by \(held) jobs") }
    return broken
  }

  /// A straggler is the earlier attempt at a job that another worker holds.
  private func secondAttempts() -> [String] {
    var broken: [String] = []
    for (id, straggler) in stragglers {
      guard let lease = jobs.lease(of: id), straggler.attempt < lease.attempt else {
        broken.append("job \(id) has a straggler, but no second attempt")
        continue
      }
      if sessions[straggler.peer]?.worker != straggler.worker { broken.append("the straggler of job \(id) is lost") }
      if lease.worker == straggler.worker { broken.append("job \(id) is trained twice by \(straggler.worker)") }
      if standing.distrusted.contains(straggler.worker) {
        broken.append("job \(id) has a straggler that is distrusted")
      }
    }
    return broken
  }

  /// Exactly the workers with a reason to rest do so, and failures are remembered for open jobs only.
  private func rest() -> [String] {
    var broken: [String] = []
    for session in sessions.unordered {
      let isToRest = standing.isToRest(session.identity, jobsInDoubt: settings.jobsInDoubtUntilHeldBack)
      if session.isResting != isToRest {
        broken.append("\(session.worker) \(isToRest ? "must rest, but does not" : "rests without a reason")")
      }
    }
    for (job, evidence) in standing.evidence {
      if jobs[job]?.isOpen != true {
        broken.append("job \(job), failed at \(evidence.failures.map(\.worker)), is not open")
      }
    }
    return broken
  }

  /// Interventions hold: no distrusted worker holds a job or has a result, and every work that a round has asked for is
  /// a job.
  private func interventions() -> [String] {
    var broken: [String] = []
    for (id, lease) in jobs.leases {
      if let worker = lease.worker, standing.distrusted.contains(worker) {
        broken.append("job \(id) is trained by \(worker), which is distrusted")
      }
    }
    for (worker, results) in resultsByWorker {
      if standing.distrusted.contains(worker) { broken.append("\(worker) is distrusted, but has results") }
      for id in results where jobs[id]?.result == nil {
        broken.append("\(worker) has a result of job \(id), which has none")
      }
    }
    for work in jobs.history.asked where !jobs.knows(work) { broken.append("a round asked for a work that is no job") }
    if case .deciding = search, question == nil { broken.append("a decision is awaited, but no question was asked") }
    return broken
  }

  private func course() -> [String] {
    var broken: [String] = []
    if !turn.isEmpty { broken.append("effects of an event were not handed over") }
    if isFinished, jobs.openCount > 0 { broken.append("the search is over with \(jobs.openCount) open jobs") }
    return broken
  }
}
