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
        state == .finished || state == .setAside || machine.map { isForeign(reference, to: $0) } ?? true,
        "job \(reference.job) acknowledged, but \(String(describing: state))")
    case .job:
      require(coordinator?.sessions[peer] != nil, "a job to someone unknown")
      if let coordinator, let worker = coordinator.sessions[peer]?.worker {
        require(coordinator.standing.standings[worker]?.benchedUntil == nil, "a job to \(worker), which is benched")
        require(coordinator.standing.streaks[.worker(worker)]?.pausedUntil == nil, "a job to \(worker), which pauses")
      }
    default: break
    }
  }

  /// The record has the attempt as another machine's: it left a coordinator that died before the commit, and its number
  /// was given again. Nothing tells then that it is what it says.
  func isForeign(_ reference: AttemptReference, to machine: Int) -> Bool {
    ledger.host(of: reference) != "machine\(machine)"
  }

  func checkCoordinator() {
    require(ledger.violations.isEmpty, ledger.violations.joined(separator: "; "))
    guard let coordinator else { return }
    for broken in coordinator.invariants() { require(false, broken) }
    let summary = coordinator.summary
    require(summary.jobs.total == ledger.jobs.count, "jobs in memory and on record differ")
    require(summary.jobs.finished == ledger.jobs.count { $0.state == .finished }, "finished jobs differ")
    require(summary.jobs.setAside == ledger.jobs.count { $0.state == .setAside }, "failed jobs differ")
    require(summary.jobs.waiting == ledger.jobs.count { $0.state == .waiting } - unclaimed, "waiting jobs differ")
  }

  /// Jobs that the record has as waiting and a worker came back with: given up too early.
  private var unclaimed: Int {
    coordinator?.jobs.leases.count { ledger[$0.job]?.state == .waiting } ?? 0
  }
}
