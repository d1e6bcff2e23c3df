import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

@Suite("Trainings that go on")
struct StateAffinityTests: CoordinatorScenarios {
  private static func work(_ candidate: Int, until: Int?) -> Work {
    var recipe = Work.example(.dense).kind.recipe
    (recipe.epochs, recipe.until) = (3, until)
    return Work(
      candidate: Candidate(ranks: ["layer": candidate]), kind: .proxyTraining(recipe), repetition: 0, seed: 1)
  }

  /// Two trainings of an epoch, and both to the end.
  private struct Strategy: SearchStrategy {
    var name: StrategyName { .random }
    var notes: [String] { [] }
    func roundsToKnow(before round: Int) -> Int { round }
    func expectedWorks(history: SearchHistory) -> Int { 4 }

    func round(_ number: Int, history: SearchHistory) -> SearchRound {
      number > 1 ? .over : SearchRound(works: [1, 2].map { work($0, until: number == 0 ? 1 : nil) })
    }
  }

  private func ready(_ machine: inout CoordinatorMachine, _ peer: PeerID, _ slots: Int, at now: Double) -> [Int64] {
    machine.handle(.received(.ready(Ready(freeSlots: slots)), from: peer), at: now).jobs(to: peer).map(\.job)
  }

  /// Worker "w" at `a` has trained job 1 and "v" at `b` job 2, each for an epoch; both have a free slot in the end.
  private func halfway() -> CoordinatorMachine {
    var machine = CoordinatorMachine(settings: Fixture.coordinatorSettings(), jobs: [], strategy: Strategy())
    _ = machine.handle(.started, at: 0)
    for (peer, name) in [(a, "w"), (b, "v")] {
      _ = machine.handle(
        .received(Fixture.hello(name, slots: 1, version: ProtocolVersion.newest), from: peer), at: 0)
    }
    #expect(ready(&machine, a, 1, at: 1) == [1])
    #expect(ready(&machine, b, 1, at: 1) == [2])
    _ = machine.handle(.received(Fixture.finished(Fixture.reference(1)), from: a), at: 2)
    return machine
  }

  @Test("a training goes on at the worker that has its state, though another is free first")
  func preferred() {
    var machine = halfway()
    // Job 4 goes on from job 2, which `b` had: `a`, which is free, does not get both.
    _ = machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: b), at: 3)
    let first = ready(&machine, a, 2, at: 3)
    let second = ready(&machine, b, 1, at: 3)
    #expect(!first.contains(4) && !second.contains(3), "\(first) \(second)")
    #expect(machine.jobs.lease(of: 3)?.worker == "w" && machine.jobs.lease(of: 4)?.worker == "v")
    #expect(machine.affinities.isEmpty && machine.invariants() == [])
  }

  @Test("it waits for that worker so long and no longer, and not at all once it has gone")
  func others() {
    for leaves in [false, true] {
      var machine = halfway()
      let end = machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: b), at: 3)
      guard !end.jobs(to: b).contains(Fixture.reference(4)) else {
        // Its slot counted as free: it has it already.
        continue
      }
      if leaves { _ = machine.handle(.received(.bye(Bye(reason: "x")), from: b), at: 3) }
      let early = ready(&machine, a, 2, at: 4)
      #expect(early.contains(4) == leaves, "\(early)")
      if !leaves {
        for time in stride(from: 5.0, to: 32, by: 3) {
          for peer in [a, b] {
            _ = machine.handle(
              .received(.workerHeartbeat(WorkerHeartbeat(running: [], freeSlots: 0)), from: peer), at: time)
          }
        }
        #expect(ready(&machine, a, 2, at: 34).contains(4))
      }
    }
  }
}
