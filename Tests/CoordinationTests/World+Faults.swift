import Randomness
import SearchProtocol

@testable import Coordination

extension World {
  /// Performs a random event, sometimes a fault.
  /// - Parameter kinds: The requests that a user may make.
  func step(asking kinds: ClosedRange<Int> = everything) {
    now += random.uniform() * 0.4
    if plan.interventions > 0, chance(plan.interventions) { return intervene(kinds) }
    if chance(20) { answer() }
    let worker = random.integer(below: workers.count)
    switch random.integer(below: 100) {
    case 0..<30: deliverToCoordinator(from: worker)
    case 30..<55: deliverToWorker(worker)
    case 55..<63:
      turn(.tick)
      answerOfCoordinatorsDisk()
    case 63..<72: turn(worker: worker, .tick)
    case 72..<82: endEngine(of: worker)
    case 82..<84: reportUnreachable()
    case 84..<86:
      reportUnreachable()
      if plan.contents > 0 { wantContent(on: worker) }
    case 86..<91: reconnect(worker)
    default: fault(worker)
    }
  }

  private func fault(_ worker: Int) {
    if plan.hasFullDisks, chance(5) { coordinatorsDisk.isFull.toggle() }
    switch random.integer(below: 14) {
    case 0, 1: workers[worker].connection = nil
    case 2: replaceWorker(worker)
    case 3: turn(worker: worker, .stopRequested)
    case 4: if workers[worker].exitCode != nil { replaceWorker(worker) }
    case 5:
      if coordinator == nil {
        if !ledger.isFinished { startCoordinator() }
      } else if chance(40) {
        restarts += 1
        killCoordinator()
      }
    case 6: if coordinator == nil, !ledger.isFinished { startCoordinator() }
    case 7: deliverToCoordinator(from: worker, diesAt: random.integer(below: 6))
    case 8: now += random.uniform() * 30
    case 9:
      // Time passes for the coordinator alone, or for this worker alone.
      let others = chance(50)
      for _ in 0..<8 {
        now += 10
        if others { turn(.tick) } else { turn(worker: worker, .tick) }
      }
    case 10:
      if workers[worker].connection?.toCoordinator.isEmpty == false {
        workers[worker].connection?.toCoordinator.removeFirst()
      }
    case 11:
      if workers[worker].connection?.toWorker.isEmpty == false { workers[worker].connection?.toWorker.removeFirst() }
    case 12:
      if let message = workers[worker].connection?.toCoordinator.first {
        workers[worker].connection?.toCoordinator.append(message)
      }
    default:
      if let message = workers[worker].connection?.toWorker.first {
        workers[worker].connection?.toWorker.append(message)
      }
    }
    checkWorkersHold()
  }

  /// Checks that no finished training is lost: a spooled result that is unacknowledged is on disk.
  private func checkWorkersHold() {
    for worker in workers.indices where workers[worker].exitCode == nil {
      for (reference, entry) in workers[worker].machine.unacknowledged where entry.isSpooled {
        require(spools[worker][reference] != nil, "\(reference) is unacknowledged and not on disk")
      }
    }
  }

  /// Runs the world without faults. Returns whether the study ended.
  func settle(rounds: Int = 600) -> Bool {
    for _ in 0..<rounds {
      if coordinator == nil {
        if ledger.isFinished { return true }
        startCoordinator()
      }
      now += 0.5
      if ledger.isPaused { turn(.intervened(InterventionRequest(number: 0, author: "me", action: .resume))) }
      turn(.tick)
      answer()
      for worker in workers.indices {
        let isDrained = ledger.drained.contains(workers[worker].machine.settings.worker)
        if workers[worker].exitCode != nil || isDrained, !ledger.isFinished { replaceWorker(worker) }
        reconnect(worker)
        turn(worker: worker, .tick)
        if chance(50) { endEngine(of: worker) }
        for _ in 0..<20 {
          deliverToCoordinator(from: worker)
          answerOfCoordinatorsDisk()
          deliverToWorker(worker)
        }
      }
      for _ in 0..<20 { reportUnreachable() }
      if !violations.isEmpty { return false }
    }
    return false
  }
}
