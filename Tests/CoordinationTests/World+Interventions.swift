import SearchCore

@testable import Coordination

extension World {
  /// Makes a random request as a user: to the coordinator, which may die at any step of the turn, or to the record if
  /// there is no coordinator.
  func intervene(_ kinds: ClosedRange<Int> = everything) {
    let request = InterventionRequest(number: 7, author: "me@here", action: action(kinds))
    lastAnswer = nil
    if coordinator != nil {
      turn(.intervened(request), diesAt: chance(20) ? random.integer(below: 4) : nil)
      if coordinator != nil { require(lastAnswer != nil, "an intervention was not answered") }
      return checkRestart()
    }
    var machine = machineOfRecord()
    let turn = machine.handle(.intervened(request), at: now)
    require(turn.beforeCommit.isEmpty, "a job is sent where there is no coordinator")
    // The process is killed before the commit or after it.
    if chance(80) { ledger.commit(turn.commit) }
    require(ledger.violations.isEmpty, ledger.violations.joined(separator: "; "))
  }

  /// All requests that a user may make, by their numbers in `action`.
  static let everything = 0...9
  /// The requests that change neither the results that count in the end nor the budget.
  static let harmless = 0...6

  private func action(_ kinds: ClosedRange<Int>) -> InterventionRequest.Action {
    let job = job()
    switch kinds.lowerBound + random.integer(below: kinds.count) {
    case 0: return .pause
    case 1, 2: return .resume
    case 3, 4:
      // In part a candidate that the search asks for as well.
      let candidate = Candidate(ranks: [chance(50) ? "layer" : "other": 1 + random.integer(below: 4)])
      return .add(candidate, repetitions: 1 + random.integer(below: 2), WorkTemplate.example())
    case 5: return .drain(worker: worker())
    case 6: return .distrust(worker: worker())
    case 7:
      let budget = (ledger.budget ?? ledger.jobs.count) + random.integer(below: 4) - 1
      return .budget(max(1, budget), Self.strategy(plan, budget: max(1, budget)))
    case 8: return .cancel(job: job)
    default: return .retry(job: job)
    }
  }

  /// The number of a job, which mostly exists.
  private func job() -> Int64 {
    guard !ledger.jobs.isEmpty, chance(90) else { return 99 }
    return ledger.jobs[random.integer(below: ledger.jobs.count)].id
  }

  private func worker() -> String {
    let names = ledger.workerNames
    guard !names.isEmpty, chance(90) else { return "nobody" }
    return names[random.integer(below: names.count)]
  }

  /// The strategy under a budget. It differs from the plan's strategy if the budget differs from the plan's.
  static func strategy(_ plan: Plan, budget: Int?) -> TwoStageStrategy {
    var strategy = plan.strategy
    if let budget, budget != plan.budget { strategy.second += budget % 3 }
    return strategy
  }

  /// A coordinator's machine that is restored from the record.
  func machineOfRecord() -> CoordinatorMachine {
    var settings = Fixture.coordinatorSettings()
    settings.jobBudget = ledger.budget
    settings.dataBytes = plan.dataBytes
    settings.data = dataSet
    settings.contents = blobs.filter { coordinatorsDisk.wholes.contains($0.contentHash) }.map {
      StoredContent(description: $0, key: nil)
    }
    settings.failuresUntilGivenUp = .max
    settings.speculates = plan.speculates
    return CoordinatorMachine(
      settings: settings, jobs: ledger.jobs, past: ledger.past,
      strategy: Self.strategy(plan, budget: ledger.budget))
  }

  /// The result that a worker finds, which is wrong if the worker is the liar.
  func found(_ candidate: String, _ worker: Int) -> Observation {
    plan.hasLiar && worker == 0 ? Fixture.result(0.999) : Self.result(of: candidate)
  }
}
