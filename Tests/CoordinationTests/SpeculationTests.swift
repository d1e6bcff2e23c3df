import Randomness
import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

@Suite("second attempts")
struct SpeculationTests: CoordinatorScenarios {
  /// Worker "fast" at `a` has finished job 1 in a second and is idle; "slow" at `b` has had job 2 for `seconds`.
  private func slow(seconds: Double = 4, speculates: Bool = true) -> (CoordinatorMachine, CoordinatorTurn) {
    var machine = machine(first: 2) { $0.speculates = speculates }
    _ = machine.handle(.started, at: 0)
    for (name, peer) in [("fast", a), ("slow", b)] {
      _ = machine.handle(.received(Fixture.hello(name, slots: 1, host: name), from: peer), at: 0)
      let given = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: 0).jobs(to: peer)
      _ = machine.handle(.received(.accept(given[0]), from: peer), at: 0)
    }
    _ = machine.handle(.received(Fixture.finished(Fixture.reference(1)), from: a), at: 1)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 1)
    let beat = WorkerHeartbeat(running: [Fixture.reference(2)], freeSlots: 0)
    _ = machine.handle(.received(.workerHeartbeat(beat), from: b), at: seconds)
    let turn = machine.handle(.tick, at: seconds)
    return (machine, turn)
  }

  private func begun() -> CoordinatorMachine {
    var (machine, turn) = slow()
    #expect(turn.jobs(to: a) == [Fixture.reference(2, 2)])
    #expect(turn.records == [.attemptStarted(job: 2, attempt: 2, worker: "fast")])
    _ = machine.handle(.received(.accept(Fixture.reference(2, 2)), from: a), at: 4)
    #expect(machine.invariants().isEmpty, "\(machine.invariants())")
    return machine
  }

  @Test("a straggler gets a second attempt only where that is wanted, and only once it is late")
  func onlyThen() {
    #expect(slow(speculates: false).1.jobs(to: a).isEmpty)
    #expect(slow(seconds: 1.5).1.jobs(to: a).isEmpty)
    var machine = begun()
    #expect(machine.handle(.tick, at: 20).records.isEmpty, "and no third one")
  }

  @Test("the first result counts, the other attempt is cancelled, and nothing failed or was lost", arguments: [1, 2])
  func firstWins(winner: Int) {
    var machine = begun()
    let (peer, other) = winner == 1 ? (b, a) : (a, b)
    let end = machine.handle(.received(Fixture.finished(Fixture.reference(2, winner)), from: peer), at: 5)
    let worker = winner == 1 ? "slow" : "fast"
    #expect(end.records.contains(.jobFinished(job: 2, attempt: winner, worker: worker, result: Fixture.result())))
    let ended = StudyChange.attemptEnded(
      job: 2, attempt: 3 - winner, .returned(reason: "attempt \(winner) finished first"))
    #expect(end.records.contains(ended))
    #expect(end.sent(to: other).contains(.cancel(Fixture.reference(2, 3 - winner))))
    #expect(machine.invariants().isEmpty, "\(machine.invariants())")
    // The result of the other attempt, which was in flight, is acknowledged and changes nothing.
    let late = machine.handle(.received(Fixture.finished(Fixture.reference(2, 3 - winner)), from: other), at: 5)
    #expect(late.sent(to: other).contains(.resultAcknowledged(Fixture.reference(2, 3 - winner))))
    #expect(!late.records.contains { if case .jobFinished(2, _, _, _) = $0 { true } else { false } })
  }

  @Test("where the second attempt ends without a result, the first goes on and its result counts", arguments: 0..<4)
  func resumes(how: Int) {
    var machine = begun()
    switch how {
    case 0: _ = machine.handle(.received(Fixture.failed(Fixture.reference(2, 2)), from: a), at: 5)
    case 1: _ = machine.handle(.received(Fixture.returned(Fixture.reference(2, 2)), from: a), at: 5)
    case 2:
      let distrust = InterventionRequest(number: 1, author: "me", action: .distrust(worker: "fast"))
      let turn = machine.handle(.intervened(distrust), at: 5)
      #expect(turn.sent(to: a).contains(.cancel(Fixture.reference(2, 2))))
    default: _ = machine.handle(.received(.bye(Bye(reason: "gone")), from: a), at: 5)
    }
    #expect(machine.summary.jobs.running == 1 && machine.invariants().isEmpty, "\(machine.invariants())")
    let beat = WorkerHeartbeat(running: [Fixture.reference(2)], freeSlots: 0)
    let heard = machine.handle(.received(.workerHeartbeat(beat), from: b), at: 6)
    #expect(!heard.sent(to: b).contains(.cancel(Fixture.reference(2))))
    let end = machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: b), at: 7)
    #expect(end.records.contains(.jobFinished(job: 2, attempt: 1, worker: "slow", result: Fixture.result())))
  }

  @Test("a straggler that is gone, or handed back, leaves the job to the second attempt", arguments: 0..<4)
  func strays(how: Int) {
    var machine = begun()
    let turn =
      switch how {
      case 0: machine.handle(.received(.bye(Bye(reason: "gone")), from: b), at: 5)
      case 1: machine.handle(.received(Fixture.returned(Fixture.reference(2)), from: b), at: 5)
      case 2:
        machine.handle(.received(.workerHeartbeat(WorkerHeartbeat(running: [], freeSlots: 1)), from: b), at: 5)
      default: machine.handle(.received(Fixture.failed(Fixture.reference(2)), from: b), at: 5)
      }
    let ends = turn.records.compactMap { if case .attemptEnded(2, 1, let end) = $0 { end.ending } else { nil } }
    #expect(ends == [how == 3 ? .failed : .returned])
    #expect(machine.invariants().isEmpty, "\(machine.invariants())")
    let end = machine.handle(.received(Fixture.finished(Fixture.reference(2, 2)), from: a), at: 7)
    #expect(end.records.contains(.jobFinished(job: 2, attempt: 2, worker: "fast", result: Fixture.result())))
  }

  @Test("after a restart of the coordinator one of two attempts goes on, and a result of the other counts")
  func restart() {
    let works = TwoStageStrategy(first: 2).works(history: SearchHistory())
    let job = JobRecord(id: 1, work: works[0], state: .running, attempts: 2)
    var past = past()
    past.attempts = [
      .init(job: 1, number: 1, worker: "w", ending: nil), .init(job: 1, number: 2, worker: "v", ending: nil),
    ]
    past.workers.append(
      WorkerRecord(id: "v", host: "other", processID: 1, slots: 1, kernelVariant: "avx", build: "1"))
    var machine = machine(first: 2, jobs: [job], past: past)
    let started = machine.handle(.started, at: 0).records
    #expect(started.contains { if case .attemptEnded(1, 1, .returned) = $0 { true } else { false } })
    let hello = Fixture.hello("w", study: "study-1", running: [Fixture.reference(1)])
    #expect(machine.handle(.received(hello, from: a), at: 1).sent(to: a).contains(.cancel(Fixture.reference(1))))
    let end = machine.handle(.received(Fixture.finished(Fixture.reference(1)), from: a), at: 2)
    #expect(end.records.contains(.jobFinished(job: 1, attempt: 1, worker: "w", result: Fixture.result())))
    // Which worker has the other attempt is not known. It has ended all the same.
    #expect(end.records.contains { if case .attemptEnded(1, 2, .returned) = $0 { true } else { false } })
    // If the second attempt ended first, the coordinator waits for the first.
    past.attempts[1].ending = .lost
    var other = self.machine(first: 2, jobs: [job], past: past)
    _ = other.handle(.started, at: 0)
    #expect(!other.handle(.received(hello, from: a), at: 1).sent(to: a).contains(.cancel(Fixture.reference(1))))
    #expect(other.summary.jobs.running == 1 && other.invariants().isEmpty, "\(other.invariants())")
  }

  @Test("whatever fails: with second attempts, a study ends with the results of an undisturbed one", arguments: 0..<8)
  func property(shard: Int) async {
    var seconds = 0
    for index in 0..<150 {
      await Task.yield()
      let seed = UInt64(shard * 1000 + index)
      var setup = StableRandom(seed: seed, purpose: "plan")
      var plan = World.Plan(
        workers: 2 + setup.integer(below: 3), slots: 1 + setup.integer(below: 2),
        strategy: TwoStageStrategy(first: 2 + setup.integer(below: 5), second: setup.integer(below: 3)),
        steps: 100 + setup.integer(below: 200), crashes: setup.integer(below: 4) == 0 ? 20 : 0)
      plan.speculates = true
      plan.interventions = setup.integer(below: 3) == 0 ? 3 : 0
      let world = World(seed: seed, plan: plan)
      for _ in 0..<plan.steps where world.violations.isEmpty { world.step() }
      guard world.settle(), world.violations.isEmpty else {
        Issue.record("seed \(seed): \(world.violations.first ?? "the study does not end")")
        return
      }
      seconds += world.ledger.secondAttempts
      for job in world.ledger.jobs where job.state == .finished {
        guard job.result == World.result(of: job.work.candidate.description) else {
          Issue.record("seed \(seed): another result of job \(job.id)")
          return
        }
      }
    }
    #expect(seconds > 10, "second attempts happen")
  }
}
