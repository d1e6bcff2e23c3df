import Randomness
import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// A coordinator and workers against each other in `World`.
struct PropertyTests {
  /// The number of test cases, and of sequences of events in each.
  static let shards = 16
  static let sequences = 640

  /// The results of the search if nothing goes wrong.
  private func undisturbed(_ plan: World.Plan) -> [Work: Observation] {
    var history = SearchHistory()
    while true {
      for isLast in [false, true] {
        while let question = SearchQuestion(plan.strategy, history: history, isLast: isLast) {
          let works = question.answer().works
          if works.isEmpty { break }
          history.ask(works)
        }
      }
      let open = history.asked.filter { !history.isSettled($0) }
      let left = (plan.budget ?? .max) - history.results.count
      if open.isEmpty || left == 0 { return history.results }
      for work in open.prefix(left) {
        history.record(World.result(of: work.candidate.description), for: work)
      }
    }
  }

  @Test(
    """
    whatever is lost, repeated, delayed or killed: nothing acknowledged is lost, nothing is counted twice, the study \
    ends with the results of an undisturbed one
    """,
    arguments: 0..<shards)
  func faults(shard: Int) async {
    for index in 0..<Self.sequences {
      // Lets other tests go on, which wait for something on the same threads.
      await Task.yield()
      let seed = UInt64(shard * Self.sequences + index)
      var setup = StableRandom(seed: seed, purpose: "plan")
      var plan = World.Plan(
        workers: 1 + setup.integer(below: 4), slots: 1 + setup.integer(below: 3),
        strategy: TwoStageStrategy(
          first: 1 + setup.integer(below: 6), second: setup.integer(below: 4), takesTime: setup.integer(below: 2) == 0,
          last: setup.integer(below: 3)),
        budget: setup.integer(below: 3) == 0 ? 1 + setup.integer(below: 8) : nil, steps: 40 + setup.integer(below: 160),
        crashes: setup.integer(below: 4) == 0 ? 20 : 0, hasBadMachine: setup.integer(below: 8) == 0)
      // A bad machine alone never ends a study: the jobs wait for a worker that can do them.
      if plan.workers == 1 { plan.hasBadMachine = false }
      let world = World(seed: seed, plan: plan)
      for _ in 0..<plan.steps where world.violations.isEmpty { world.step() }
      let ended = world.settle()
      guard world.violations.isEmpty, ended else {
        let endless = "the study does not end: \(String(describing: world.coordinator?.summary))"
        Issue.record(
          "seed \(seed): \(world.violations.first ?? endless)"
        )
        return
      }
      let results = Dictionary(
        uniqueKeysWithValues: world.ledger.jobs.compactMap { job in job.result.map { (job.work, $0) } })
      if world.ledger.jobs.allSatisfy({ $0.state == .finished }) {
        guard results == undisturbed(plan) else {
          Issue.record("seed \(seed): other results than undisturbed")
          return
        }
      } else if plan.crashes == 0, !plan.hasBadMachine, !world.ledger.jobs.contains(where: { $0.losses >= 20 }) {
        Issue.record("seed \(seed): a job was set aside without a crash")
        return
      }
    }
  }

  @Test("one bad machine among others sets no job aside, unless it is started again and again")
  func badMachine() async {
    for seed in 0..<50 {
      await Task.yield()
      let plan = World.Plan(
        workers: 3, slots: 2, strategy: TwoStageStrategy(first: 30, second: 10), steps: 0, hasBadMachine: true)
      let world = World(seed: UInt64(seed), plan: plan)
      guard world.settle(), world.violations.isEmpty else {
        Issue.record("seed \(seed): \(world.violations.first ?? "the study does not end")")
        return
      }
      guard world.ledger.jobs.count == 40, world.ledger.jobs.allSatisfy({ $0.state == .finished && $0.failures <= 1 })
      else {
        Issue.record("seed \(seed): \(world.ledger.jobs.filter { $0.state != .finished || $0.failures > 1 })")
        return
      }
    }
  }

  @Test("the faults of the simulation happen, so that the property above means something")
  func faultsHappen() async {
    var restarts = 0
    var attempts = 0
    var jobs = 0
    var late = 0
    for seed in 0..<100 {
      await Task.yield()
      let world = World(seed: UInt64(seed), plan: World.Plan(steps: 200))
      for _ in 0..<200 {
        world.step()
        late = max(late, world.coordinator?.summary.lateResults ?? 0)
      }
      _ = world.settle()
      restarts += world.restarts
      jobs += world.ledger.jobs.count
      attempts += world.ledger.jobs.reduce(0) { $0 + $1.attempts }
    }
    #expect(restarts > 20)
    #expect(attempts > jobs * 5 / 4)
    #expect(late > 0)
  }
}
