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
        state == .finished || state == .setAside || machine.map { isForeign(reference, to: $0) } ?? true
          || isDoneAgain(reference),
        "job \(reference.job) acknowledged, but \(String(describing: state))")
    case .job:
      require(coordinator?.sessions[peer] != nil, "a job to someone unknown")
      if let coordinator, let worker = coordinator.sessions[peer]?.worker {
        require(!coordinator.isPaused, "a job is handed out in a pause")
        require(!coordinator.standing.drained.contains(worker), "a job to \(worker), which gets no more")
        require(coordinator.standing.standings[worker]?.benchedUntil == nil, "a job to \(worker), which is benched")
        require(coordinator.standing.streaks[.worker(worker)]?.pausedUntil == nil, "a job to \(worker), which pauses")
      }
    default: break
    }
  }

  /// Whether the record has the attempt as another machine's. Such an attempt was sent by a coordinator that died
  /// before the commit, and its number was used again, so nothing proves that it is the attempt on record.
  func isForeign(_ reference: AttemptReference, to machine: Int) -> Bool {
    ledger.host(of: reference) != "machine\(machine)"
  }

  /// Whether the job may have been settled and reopened: then the coordinator has forgotten its attempts, or their
  /// worker is distrusted.
  func isDoneAgain(_ reference: AttemptReference) -> Bool {
    ledger.reopened.contains(reference.job) || !ledger.distrusted.isEmpty
  }

  /// Checks that a coordinator that knows nothing but the record would continue as this one does.
  func checkRestart() {
    guard let coordinator else { return }
    let restarted = machineOfRecord()
    let (now, then) = (coordinator.jobs.history, restarted.jobs.history)
    require(now.rounds == then.rounds, "after a restart the rounds would be others")
    require(now.results == then.results && now.setAside == then.setAside, "after a restart the results would be others")
    require(now.settledRounds == then.settledRounds, "after a restart other rounds would be settled")
    require(coordinator.isPaused == restarted.isPaused, "a pause does not survive a restart")
    let (standing, other) = (coordinator.standing, restarted.standing)
    require(standing.drained == other.drained, "after a restart other workers would be drained")
    require(standing.distrusted == other.distrusted, "after a restart other workers would be trusted")
    require(coordinator.jobs.budget == restarted.jobs.budget, "after a restart the budget would be another")
  }

  func checkCoordinator() {
    if plan.interventions > 0, chance(plan.interventions) { checkRestart() }
    require(ledger.violations.isEmpty, ledger.violations.joined(separator: "; "))
    guard let coordinator else { return }
    for broken in coordinator.invariants() { require(false, broken) }
    let summary = coordinator.summary
    require(summary.jobs.total == ledger.jobs.count, "jobs in memory and on record differ")
    require(summary.jobs.finished == ledger.jobs.count { $0.state == .finished }, "finished jobs differ")
    require(summary.jobs.setAside == ledger.jobs.count { $0.state == .setAside }, "failed jobs differ")
    require(summary.jobs.waiting == ledger.jobs.count { $0.state == .waiting } - unclaimed, "waiting jobs differ")
  }

  /// The number of jobs that wait according to the record, but that a worker came back with: their attempts were given
  /// up too early.
  private var unclaimed: Int {
    coordinator?.jobs.leases.count { ledger[$0.job]?.state == .waiting } ?? 0
  }
}
