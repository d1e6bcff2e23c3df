import SearchCore

/// What a machine takes over from the record.
extension CoordinatorMachine {
  /// To whom they were given, and what their failures say. A job that is tried anew has failures on record that count
  /// no more.
  mutating func restore(_ attempts: [StudyPast.Attempt]) {
    var failures: [Int64: Int] = [:]
    for attempt in attempts {
      if let worker = pastWorkers[attempt.worker] {
        jobs.assign(
          attempt.job, attempt: attempt.number,
          to: WorkerIdentity(worker: worker.id, host: worker.host, key: nil, kernelVariant: worker.kernelVariant))
      }
      if attempt.ending == .failed { failures[attempt.job, default: 0] += 1 }
    }
    for attempt in attempts where attempt.ending == .failed || attempt.ending == .lost {
      let isLoss = attempt.ending == .lost
      let uncounted = (failures[attempt.job] ?? 0) - (jobs[attempt.job]?.failures ?? 0)
      if isLoss {
        if jobs[attempt.job]?.losses ?? 0 > 0 { standing.countLoss(of: attempt.job, at: attempt.worker) }
      } else if uncounted > 0 {
        failures[attempt.job, default: 0] -= 1
      } else {
        standing.restoreFailure(of: attempt.job, at: attempt.worker)
      }
    }
  }

  /// The workers that train these will say so; until then they are neither lost nor given to another worker.
  mutating func leaseRunning(at now: Double) {
    for job in restored where job.state == .running && job.attempts > 0 && jobs.lease(of: job.id) == nil {
      let deadline = now + settings.leaseSeconds
      // A second attempt may have ended before the first.
      let attempt = underWay[job.id]?.last ?? job.attempts
      jobs.lease(
        job.id, Lease(attempt: attempt, holder: .unknown, acceptance: .accepted(at: nil), deadline: deadline, at: now))
      detachedTimers.insert(Timer(due: deadline, subject: (job.id, attempt)))
    }
  }
}
