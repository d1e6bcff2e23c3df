import SearchProtocol

@testable import Coordination

/// What holds after every event.
extension World {
  func checkRecord(of message: CoordinatorMessage) {
    guard case .job(let job) = message else { return }
    require(ledger[job.reference.job]?.attempts == job.reference.attempt, "\(job.reference) sent, but not on record")
    require(ledger[job.reference.job]?.state == .running, "\(job.reference) sent, but not running on record")
  }

  func check(_ message: CoordinatorMessage, to peer: PeerID, after event: CoordinatorEvent) {
    do { try message.validate() } catch { require(false, "an illegal message: \(error)") }
    switch message {
    case .resultAcknowledged(let reference):
      guard case .received(.result(let report), _, _) = event, case .finished = report.outcome else { return }
      let state = ledger[reference.job]?.state
      let machine = workers.firstIndex { $0.connection?.peer == peer }
      require(
        state == .finished || state == .failed || machine.map { isForeign(reference, to: $0) } ?? true,
        "job \(reference.job) acknowledged, but \(String(describing: state))")
    case .job:
      require(coordinator?.sessions[peer] != nil, "a job to someone unknown")
      if let coordinator, let worker = coordinator.sessions[peer]?.worker {
        require(coordinator.standings[worker]?.benchedUntil == nil, "a job to \(worker), which is benched")
        require(coordinator.streaks[.worker(worker)]?.pausedUntil == nil, "a job to \(worker), which pauses")
      }
    default: break
    }
  }

  /// The record has the attempt as another machine's: it left a coordinator that died before the commit, and its number was
  /// given again. Nothing tells then that it is what it says.
  func isForeign(_ reference: AttemptReference, to machine: Int) -> Bool {
    ledger.host(of: reference) != "machine\(machine)"
  }

  func checkCoordinator() {
    require(ledger.violations.isEmpty, ledger.violations.joined(separator: "; "))
    checkData()
    guard let coordinator else { return }
    let summary = coordinator.summary
    require(summary.jobs == ledger.jobs.count, "jobs in memory and on record differ")
    require(summary.finished == ledger.jobs.count { $0.state == .finished }, "finished jobs differ")
    require(summary.failed == ledger.jobs.count { $0.state == .failed }, "failed jobs differ")
    require(summary.waiting >= 0 && summary.workers == coordinator.peers.count, "counts do not add up")
    require(summary.slots == coordinator.sessions.values.reduce(0) { $0 + $1.slots }, "slots do not add up")
    var held = 0
    for (id, lease) in coordinator.jobs.leases {
      require(coordinator.jobs[id]?.state == .running, "a lease on job \(id), which does not run")
      guard let peer = lease.peer else { continue }
      held += 1
      require(coordinator.sessions[peer]?.jobs.contains(id) == true, "lease on \(id) is held by nobody connected")
      require(coordinator.sessions[peer]?.worker == lease.worker, "lease on \(id) is held by another worker")
    }
    for (peer, session) in coordinator.sessions {
      held -= session.jobs.count
      let onTheWay = session.jobs.count { coordinator.jobs.leases[$0]?.isAccepted == false }
      require(session.onTheWay == onTheWay, "on the way to \(peer): \(session.onTheWay), not \(onTheWay)")
      require(session.credits >= 0 && session.credits <= session.slots, "credits \(session.credits)")
    }
    require(held == 0, "sessions and leases differ")
    for worker in coordinator.resting {
      require(coordinator.peers[worker] != nil, "\(worker) rests, and is not there")
      let standing = coordinator.standings[worker]
      require(
        standing?.benchedUntil != nil || coordinator.streaks[.worker(worker)]?.pausedUntil != nil
          || (standing?.inDoubt.count ?? 0) >= coordinator.settings.jobsInDoubtUntilHeldBack,
        "\(worker) rests without a reason")
    }
    for (job, evidence) in coordinator.evidence {
      let workers = evidence.failures.map(\.worker)
      let state = coordinator.jobs[job]?.state
      require(
        state == .waiting || state == .running, "job \(job), failed at \(workers), is \(String(describing: state))")
      require(Set(workers).count == workers.count, "job \(job) failed at \(workers)")
    }
    for (account, streak) in coordinator.streaks {
      require(streak.pausedUntil == nil || streak.pauses > 0, "\(account) pauses without a reason")
    }
  }
}
