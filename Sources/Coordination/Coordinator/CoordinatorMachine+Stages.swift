import SearchCore
import SearchProtocol

extension CoordinatorMachine {
  /// Everything that was asked for is settled: asks the strategy for more, within the budget.
  mutating func beginStage(at now: Double) {
    let stage = strategy.nextStage(history: jobs.history)
    let left = settings.jobBudget.map { max(0, $0 - jobs.count) } ?? Int.max
    var added = 0
    for work in stage where added < left && !jobs.knows(work) {
      record(.jobAdded(jobs.add(work)))
      added += 1
    }
    updateExpectation()
    if added > 0 {
      log(.notice, "the search asks for \(added) jobs")
    } else {
      if !stage.isEmpty, left == 0 {
        record(.noted("the budget of \(jobs.count) jobs is spent before the search is over"))
      }
      finish(at: now)
    }
  }

  mutating func updateExpectation() {
    let wanted = max(jobs.count, strategy.expectedTrials(history: jobs.history))
    expectedJobs = max(jobs.count, min(settings.jobBudget ?? wanted, wanted))
  }

  private mutating func finish(at now: Double) {
    phase = .draining(until: now + settings.drainSeconds)
    record(.studyFinished)
    log(.notice, "the study is finished: \(jobs.finishedCount) jobs have results, \(jobs.setAsideCount) were set aside")
    for (peer, _) in sessions.all() { sendDrain(peer) }
  }

  mutating func sendDrain(_ peer: PeerID) { send(.drain(Drain(reason: .studyFinished)), to: peer) }

  /// All workers have gone, and none is known to be on its way back to hear that it may go.
  func canStopEarly(at now: Double) -> Bool {
    sessions.isEmpty && sessions.hasHadAny && now - lastLoss > settings.reattachSeconds
  }

  /// Spends credits on waiting jobs, one worker after the other, so that all get work before one gets much.
  mutating func dispatch(at now: Double) {
    var passedOver: [PeerID] = []
    while jobs.nextWaiting() != nil, let peer = sessions.nextWithCredits() {
      guard let worker = workerIfItMayWork(at: peer), !pauseForReturns(peer, at: now) else { continue }
      guard let id = nextJob(for: worker.worker), let job = jobs[id] else {
        passedOver.append(peer)
        continue
      }
      let reference = AttemptReference(job: id, attempt: job.attempts + 1)
      sessions.spendCredit(of: peer, on: id)
      jobs.lease(
        id,
        Lease(
          attempt: reference.attempt, holder: .connected(worker: worker.worker, at: peer),
          acceptance: .awaited(sentAt: now), deadline: now + settings.leaseSeconds, at: now))
      jobs.assign(id, attempt: reference.attempt, to: worker)
      record(.attemptStarted(job: id, attempt: reference.attempt, worker: worker.worker))
      let version = sessions[peer]?.protocolVersion ?? ProtocolVersion.oldest
      turn.send(JobAssignment(reference: reference, work: job.work, version: version), to: peer)
    }
    for peer in passedOver { sessions.enqueue(peer) }
  }
}
