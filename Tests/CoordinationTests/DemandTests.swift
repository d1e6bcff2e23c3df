import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// What a coordinator tells launchers about its need for workers.
@Suite("demand")
struct DemandTests {
  private let launcher = PeerID(bytes: [9])
  private let a = PeerID(bytes: [1])

  private func machine(
    _ change: (inout CoordinatorSettings) -> Void = { _ in }
  ) -> CoordinatorMachine {
    var settings = Fixture.coordinatorSettings()
    change(&settings)
    var machine = CoordinatorMachine(settings: settings, jobs: [], strategy: TwoStageStrategy())
    _ = machine.handle(.started, at: 0)
    return machine
  }

  private func demands(_ turn: CoordinatorTurn, to peer: PeerID) -> [Demand] {
    turn.afterCommit.compactMap {
      if case .send(.demand(let demand), to: peer) = $0 { demand } else { nil }
    }
  }

  private func ask(_ machine: inout CoordinatorMachine, at now: Double, key: String? = nil) -> Demand? {
    demands(machine.handle(.received(.demandQuery, from: launcher, Delivery(key: key)), at: now), to: launcher).first
  }

  @Test("it counts what waits, runs and is to come, and who idles; who asks is no worker")
  func counts() throws {
    var machine = machine()
    let before = try #require(ask(&machine, at: 1))
    #expect(before.waitingJobs == 4 && before.runningJobs == 0 && before.comingJobs == 2 && before.soonJobs == 2)
    #expect(before.workers == 0 && before.slots == 0 && before.idleWorkers.isEmpty && before.jobSeconds == nil)
    _ = machine.handle(.received(Fixture.hello("w"), from: a), at: 2)
    #expect(ask(&machine, at: 2)?.idleWorkers == ["w"])
    _ = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 3)
    let after = try #require(ask(&machine, at: 4))
    #expect(after.waitingJobs == 2 && after.runningJobs == 2 && after.workers == 1 && after.idleWorkers.isEmpty)
    #expect(!after.isDone && !after.isPaused)
    #expect(machine.summary.workers == 1)
  }

  @Test("it is answered a few times a second, and only to those whose keys are known")
  func bounded() {
    var machine = machine()
    let answers = (0..<1000).count { _ in ask(&machine, at: 1) != nil }
    #expect(answers == 20)
    #expect((0..<1000).count { _ in ask(&machine, at: 2) != nil } == 4)
    _ = machine.handle(.keysAuthorized(["k"]), at: 3)
    #expect(ask(&machine, at: 100) == nil)
    #expect(ask(&machine, at: 100, key: "other") == nil)
    #expect(ask(&machine, at: 100, key: "k") != nil)
  }

  @Test("who asked hears that the study is done")
  func done() throws {
    var machine = machine { $0.jobBudget = 1 }
    _ = ask(&machine, at: 1)
    _ = machine.handle(.received(Fixture.hello("w"), from: a), at: 2)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 3)
    let turn = machine.handle(.received(Fixture.finished(Fixture.reference(1)), from: a), at: 4)
    #expect(demands(turn, to: launcher).map(\.isDone) == [true])
    let later = try #require(ask(&machine, at: 5))
    #expect(later.isDone && later.waitingJobs == 0 && later.comingJobs == 0 && later.jobSeconds != nil)
  }

  @Test("of a paused study it says so")
  func paused() throws {
    var past = StudyPast()
    past.isPaused = true
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], past: past, strategy: TwoStageStrategy())
    _ = machine.handle(.started, at: 0)
    #expect(ask(&machine, at: 1)?.isPaused == true)
  }
}
