import SearchCore

/// State that a machine restores from the record.
extension CoordinatorMachine {
  /// Restores which worker each attempt was given to, and the evidence of failures and losses. A job that was reopened
  /// has failures and losses on record that no longer count.
  mutating func restore(_ attempts: [StudyPast.Attempt]) {
    var (failures, losses): ([Int64: Int], [Int64: Int]) = ([:], [:])
    for attempt in attempts {
      // An attempt that has ended may have started from weights that have been struck out since.
      let isOver = attempt.ending != nil && jobs[attempt.job]?.work.startsFromOwnTraining == true
      if !isOver, let worker = pastWorkers[attempt.worker] {
        jobs.assign(
          attempt.job, attempt: attempt.number,
          to: WorkerIdentity(worker: worker.id, host: worker.host, key: nil, kernelVariant: worker.kernelVariant))
      }
      if attempt.ending == .failed { failures[attempt.job, default: 0] += 1 }
      if attempt.ending == .lost { losses[attempt.job, default: 0] += 1 }
    }
    // If more attempts failed than the job counts, the earliest ones no longer count.
    for attempt in attempts where attempt.ending == .failed {
      if (failures[attempt.job] ?? 0) > (jobs[attempt.job]?.failures ?? 0) {
        failures[attempt.job, default: 0] -= 1
      } else {
        standing.restoreFailure(of: attempt.job, at: attempt.worker)
      }
    }
    for attempt in attempts where attempt.ending == .lost {
      if (losses[attempt.job] ?? 0) > (jobs[attempt.job]?.losses ?? 0) {
        losses[attempt.job, default: 0] -= 1
      } else {
        standing.countLoss(of: attempt.job, at: attempt.worker)
      }
    }
  }

  /// Takes over the attempts that are under way on record: the latest of each job goes on, the others end.
  mutating func takeOverRunning(at now: Double) {
    leaseRunning(at: now)
    endStragglersOfRecord()
    underWay = [:]
  }

  /// Grants leases without a known holder: the workers that train these jobs will say so. Until then the jobs are
  /// neither lost nor given to other workers.
  private mutating func leaseRunning(at now: Double) {
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
