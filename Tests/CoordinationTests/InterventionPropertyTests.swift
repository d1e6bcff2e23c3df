import Randomness
import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// A coordinator, workers and a user who intervenes, in `World`. `StudyLedger` checks that every round is what the
/// record before it decides.
struct InterventionPropertyTests {
  static let shards = 8
  static let sequences = 400

  private func plan(_ seed: UInt64) -> World.Plan {
    var setup = StableRandom(seed: seed, purpose: "interventions")
    var plan = World.Plan(
      workers: 1 + setup.integer(below: 4), slots: 1 + setup.integer(below: 3),
      strategy: TwoStageStrategy(
        first: 1 + setup.integer(below: 6), second: setup.integer(below: 4), takesTime: setup.integer(below: 2) == 0,
        last: setup.integer(below: 3)),
      budget: setup.integer(below: 3) == 0 ? 2 + setup.integer(below: 8) : nil, steps: 60 + setup.integer(below: 200))
    plan.interventions = 2 + setup.integer(below: 12)
    plan.hasLiar = setup.integer(below: 2) == 0
    plan.crashes = setup.integer(below: 4) == 0 ? 20 : 0
    return plan
  }

  @Test(
    """
    whatever a person asks for, and whatever is killed meanwhile: the same record decides the same rounds, nothing is \
    half done, and the study ends
    """,
    arguments: 0..<shards)
  func interventions(shard: Int) async {
    for index in 0..<Self.sequences {
      await Task.yield()
      let seed = UInt64(shard * Self.sequences + index)
      let plan = plan(seed)
      let world = World(seed: seed, plan: plan)
      for _ in 0..<plan.steps where world.violations.isEmpty { world.step() }
      let ended = world.settle()
      guard world.violations.isEmpty, ended else {
        let endless = "the study does not end: \(String(describing: world.coordinator?.summary))"
        Issue.record("seed \(seed): \(world.violations.first ?? endless)")
        return
      }
      let open = world.ledger.jobs.filter { $0.state != .finished && $0.state != .setAside }
      guard open.isEmpty else {
        Issue.record("seed \(seed): the study has ended with jobs \(open.map(\.id)) open")
        return
      }
      // Only results of honest workers count, unless a liar has not been found out.
      if !plan.hasLiar {
        for job in world.ledger.jobs {
          guard let result = job.result else { continue }
          if result != World.result(of: job.work.candidate.description) {
            Issue.record("seed \(seed): job \(job.id) has another result")
            return
          }
        }
      }
    }
  }

  @Test("a person's meddling happens, so that the property above means something")
  func meddlingHappens() async {
    var (done, struck, reopened, byHand) = (0, 0, 0, 0)
    for seed in 0..<100 {
      await Task.yield()
      let world = World(seed: UInt64(seed), plan: plan(UInt64(seed)))
      for _ in 0..<world.plan.steps { world.step() }
      done += world.ledger.interventions
      struck += world.ledger.struck
      reopened += world.ledger.reopened.count
      byHand += world.ledger.jobs.count { HandAsked.includes($0.id) }
    }
    #expect(done > 100, "\(done)")
    #expect(struck > 3, "\(struck)")
    #expect(reopened > 3, "\(reopened)")
    #expect(byHand > 20, "\(byHand)")
  }

  @Test("pauses, drained and distrusted workers and what was asked by hand leave a search what it is")
  func sameSequence() async {
    var compared = 0
    for seed in 0..<200 as Range<UInt64> {
      await Task.yield()
      var plan = plan(seed)
      (plan.hasLiar, plan.crashes, plan.budget) = (false, 0, nil)
      var calm = plan
      calm.interventions = 0
      let undisturbed = World(seed: seed, plan: calm)
      _ = undisturbed.settle()
      let world = World(seed: seed, plan: plan)
      for _ in 0..<plan.steps where world.violations.isEmpty { world.step(asking: World.harmless) }
      guard world.settle(), world.violations.isEmpty else {
        Issue.record("seed \(seed): \(world.violations.first ?? "the study does not end")")
        return
      }
      if world.ledger.jobs.contains(where: { $0.state == .setAside }) { continue }
      #expect(world.ledger.history.rounds == undisturbed.ledger.history.rounds, "seed \(seed)")
      compared += 1
    }
    #expect(compared > 100, "\(compared)")
  }
}
