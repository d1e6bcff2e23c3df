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

  /// A search of three rounds: trainings of `epochs` for one epoch; trainings of `beside`; and, once the first round is
  /// done, the trainings of `epochs` to the end, the last first. If jobs left in their order alone, each of two would
  /// go to the worker that trained the other.
  private struct Strategy: SearchStrategy {
    var epochs: ClosedRange<Int>
    var beside: ClosedRange<Int>
    var name: StrategyName { .random }
    var notes: [String] { [] }
    func roundsToKnow(before round: Int) -> Int { round < 2 ? 0 : 1 }
    func expectedWorks(history: SearchHistory) -> Int { 2 * epochs.count + beside.count }

    func round(_ number: Int, history: SearchHistory) -> SearchRound {
      switch number {
      case 0: SearchRound(works: epochs.map { work($0, until: 1) })
      case 1: SearchRound(works: beside.map { work($0, until: nil) })
      case 2: SearchRound(works: epochs.reversed().map { work($0, until: nil) })
      default: .over
      }
    }
  }

  private func ready(_ machine: inout CoordinatorMachine, _ peer: PeerID, _ slots: Int, at now: Double) -> [Int64] {
    machine.handle(.received(.ready(Ready(freeSlots: slots)), from: peer), at: now).jobs(to: peer).map(\.job)
  }

  /// Worker "w" at `a` has trained job 1 and "v" at `b` job 2, for an epoch each. "v" is busy with job 3. Job 4
  /// continues job 2, and job 5 continues job 1. Job 5 is in flight to "w", which has one of two slots free.
  private func halfway() -> CoordinatorMachine {
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], strategy: Strategy(epochs: 1...2, beside: 3...3))
    _ = machine.handle(.started, at: 0)
    for (peer, name) in [(a, "w"), (b, "v")] {
      _ = machine.handle(
        .received(Fixture.hello(name, slots: 2, version: ProtocolVersion.newest), from: peer), at: 0)
    }
    #expect(ready(&machine, a, 1, at: 1) == [1])
    #expect(ready(&machine, b, 1, at: 1) == [2])
    let busy = machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: b), at: 2)
    #expect(busy.jobs(to: b).map(\.job) == [3])
    let own = machine.handle(.received(Fixture.finished(Fixture.reference(1)), from: a), at: 3)
    #expect(own.jobs(to: a).map(\.job) == [5], "not job 4, though it is older")
    return machine
  }

  @Test("a training goes on at the worker that has its state, though another is free first")
  func preferred() {
    var machine = halfway()
    #expect(ready(&machine, a, 2, at: 4).isEmpty)
    let then = machine.handle(.received(Fixture.finished(Fixture.reference(3)), from: b), at: 5)
    #expect(then.jobs(to: b).map(\.job) == [4])
    #expect(machine.jobs.lease(of: 4)?.worker == "v" && machine.jobs.lease(of: 5)?.worker == "w")
    #expect(machine.affinities.isEmpty && machine.invariants() == [])
  }

  @Test("it waits for that worker so long and no longer, and not at all once it has gone", arguments: [false, true])
  func others(leaves: Bool) {
    var machine = halfway()
    if leaves {
      _ = machine.handle(.received(.bye(Bye(reason: "x")), from: b), at: 3)
      #expect(ready(&machine, a, 2, at: 4) == [3], "which is older")
      let next = machine.handle(.received(Fixture.finished(Fixture.reference(5)), from: a), at: 4)
      #expect(next.jobs(to: a).map(\.job) == [4])
      return
    }
    #expect(ready(&machine, a, 2, at: 4).isEmpty)
    for time in stride(from: 5.0, to: 32, by: 3) {
      for (peer, job) in [(a, Int64(5)), (b, 3)] {
        let beat = WorkerHeartbeat(running: [Fixture.reference(job)], freeSlots: peer == a ? 1 : 0)
        let effects = machine.handle(.received(.workerHeartbeat(beat), from: peer), at: time)
        #expect(effects.jobs(to: a).isEmpty)
      }
    }
    #expect(ready(&machine, a, 2, at: 34).contains(4))
  }

  /// Jobs that a worker is given at `now` for the end of one.
  private func next(_ machine: inout CoordinatorMachine, _ peer: PeerID, after job: Int64, at now: Double) -> [Int64] {
    machine.handle(.received(Fixture.finished(Fixture.reference(job)), from: peer), at: now).jobs(to: peer).map(\.job)
  }

  /// Under a time limit, the first trainings of the sequence are those that count.
  @Test(
    "as long as others wait, it is left to that worker, however long ago the wait was over; not under a time limit",
    arguments: [false, true])
  func queued(isLimited: Bool) {
    var settings = Fixture.coordinatorSettings()
    if isLimited { settings.timeLimits = TimeLimits(onClock: 1e6) }
    var machine = CoordinatorMachine(
      settings: settings, jobs: [], strategy: Strategy(epochs: 1...2, beside: 3...4))
    _ = machine.handle(.started, at: 0)
    for (peer, name) in [(a, "w"), (b, "v")] {
      _ = machine.handle(.received(Fixture.hello(name, version: ProtocolVersion.newest), from: peer), at: 0)
    }
    #expect(ready(&machine, a, 1, at: 1) == [1] && ready(&machine, b, 1, at: 1) == [2])
    #expect(next(&machine, b, after: 2, at: 2) == [3])
    #expect(next(&machine, a, after: 1, at: 3) == [4])
    // The queue has job 5, which continues job 2 of "v", and job 6, which continues job 1.
    #expect(machine.preference(of: "w", for: 5, at: 3.5) == .reserved)
    #expect(machine.preference(of: "w", for: 5, at: 40) == (isLimited ? .own : .last))
    #expect(machine.preference(of: "v", for: 5, at: 40) == .own)
    for time in stride(from: 5.0, to: 40, by: 3) {
      for (peer, job) in [(a, Int64(4)), (b, 3)] {
        let beat = WorkerHeartbeat(running: [Fixture.reference(job)], freeSlots: 0)
        _ = machine.handle(.received(.workerHeartbeat(beat), from: peer), at: time)
      }
    }
    let order: [Int64] = isLimited ? [5, 6] : [6, 5]
    #expect(next(&machine, a, after: 4, at: 40) == [order[0]])
    #expect(next(&machine, a, after: order[0], at: 41) == [order[1]], "no other job waits")
    #expect(machine.invariants() == [])
  }

  @Test("it waits no longer than repeating its earlier part takes", arguments: [4.0, 20, 50])
  func repeating(seconds: Double) {
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], strategy: Strategy(epochs: 1...2, beside: 3...4))
    _ = machine.handle(.started, at: 0)
    for (peer, name) in [(a, "w"), (b, "v")] {
      _ = machine.handle(.received(Fixture.hello(name, version: ProtocolVersion.newest), from: peer), at: 0)
    }
    #expect(ready(&machine, a, 1, at: 1) == [1] && ready(&machine, b, 1, at: 1) == [2])
    func beat(from start: Double, to end: Double, _ jobs: (Int64, Int64)) {
      for time in stride(from: start, to: end, by: 3) {
        for (peer, job) in [(a, jobs.0), (b, jobs.1)] {
          let beat = WorkerHeartbeat(running: [Fixture.reference(job)], freeSlots: 0)
          _ = machine.handle(.received(.workerHeartbeat(beat), from: peer), at: time)
        }
      }
    }
    // The trainings begin with the first heartbeat. "v" takes twice as long.
    beat(from: 2, to: 2 + seconds, (1, 2))
    #expect(next(&machine, a, after: 1, at: 2 + seconds) == [3])
    let end = 2 + 2 * seconds
    beat(from: 2 + seconds, to: end, (3, 2))
    _ = machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: b), at: end)
    // "v" goes on with job 5 at once; job 6 continues the training of "w".
    #expect(machine.jobs.lease(of: 5)?.worker == "v")
    let until = end + min(seconds, Fixture.coordinatorSettings().stateSeconds)
    #expect(machine.affinities.mapValues(\.until) == [6: until])
  }

  @Test("where very many wait for one worker, another does not wait with them", arguments: [15, 16])
  func many(count: Int) {
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [],
      strategy: Strategy(epochs: 1...count, beside: count + 1...2 * count))
    _ = machine.handle(.started, at: 0)
    for (peer, name) in [(b, "v"), (a, "w")] {
      _ = machine.handle(
        .received(Fixture.hello(name, slots: count, version: ProtocolVersion.newest), from: peer), at: 0)
    }
    #expect(ready(&machine, b, count, at: 1).count == count)
    for job in 1...count {
      _ = machine.handle(.received(Fixture.finished(Fixture.reference(Int64(job))), from: b), at: 2)
    }
    #expect(machine.affinities.count == count)
    #expect(ready(&machine, a, 1, at: 3) == (count < 16 ? [] : [Int64(2 * count + 1)]))
  }
}
