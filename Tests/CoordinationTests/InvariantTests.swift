import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// `invariants()` reports broken states. `PropertyTests` tests that the invariants hold after every event.
@Suite("what the machines' invariants tell")
struct InvariantTests: CoordinatorScenarios {
  @Test("nothing of a machine that is well; of one whose parts are out of step what is wrong")
  func coordinator() throws {
    var (machine, _) = served()
    #expect(machine.invariants() == [])

    var broken = machine
    broken.sessions.introduce(
      WorkerIdentity(worker: "v", host: "h", key: nil, kernelVariant: "avx"), slots: 2, protocolVersion: 3,
      hellos: Allowance(), at: a, 0, firstTimer: 1)
    #expect(broken.invariants().contains("2 names of 1 sessions"))

    broken = machine
    _ = broken.sessions.remove(a)
    #expect(broken.invariants().contains("sessions and leases differ by 2 jobs"))

    broken = machine
    _ = broken.jobs.release(1)
    #expect(broken.invariants() == ["sessions and leases differ by -1 jobs"])

    broken = machine
    broken.sessions.countAcceptance(at: a)
    #expect(broken.invariants().contains("w has 0 unaccepted jobs, not -1"))

    broken = machine
    broken.standing.pause(.worker("w"), until: 10)
    #expect(broken.invariants() == ["w must rest, but does not"])

    broken = machine
    broken.standing.restoreFailure(of: 99, at: "w")
    #expect(broken.invariants() == ["job 99, failed at [\"w\"], is not open"])

    broken = machine
    broken.joinings.add(WorkerRecord(id: "v", host: "h", processID: 1, slots: 1, kernelVariant: "avx", build: "1"))
    #expect(broken.invariants() == ["v waits to be recorded, but is not connected"])

    machine.turn.record(.studyFinished)
    #expect(machine.invariants() == ["effects of an event were not handed over"])
  }

  @Test("of a worker as well")
  func worker() {
    var machine = WorkerMachine(settings: Fixture.workerSettings("w"))
    #expect(machine.invariants() == [])
    let report = AttemptReport(reference: Fixture.reference(1), study: "study-1", outcome: .returned(reason: ""))
    machine.unacknowledged[Fixture.reference(2)] = .init(report: report, isSpooled: false)
    #expect(machine.invariants().contains("a report is kept under another attempt"))
    machine.phase = .serving
    #expect(machine.invariants().contains("it serves no study"))
  }

  @Test("when a worker began with an attempt is known from its word on, and not of one that it came back with")
  func began() {
    var machine = machine(first: 1)
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(Fixture.hello("w"), from: a), at: 0)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 1)
    #expect(machine.began(Fixture.reference(1)) == nil)
    _ = machine.handle(.received(.accept(Fixture.reference(1)), from: a), at: 2)
    let beat = WorkerMessage.workerHeartbeat(WorkerHeartbeat(running: [Fixture.reference(1)], freeSlots: 0))
    _ = machine.handle(.received(beat, from: a), at: 5)
    #expect(machine.began(Fixture.reference(1)) == 2 && machine.began(Fixture.reference(1, 2)) == nil)
    let job = JobRecord(id: 1, work: .example(.dense), state: .running, attempts: 1)
    var again = self.machine(first: 1, jobs: [job], past: past([job]))
    _ = again.handle(.started, at: 0)
    _ = again.handle(
      .received(Fixture.hello("w", study: "study-1", running: [Fixture.reference(1)]), from: a), at: 1)
    #expect(again.summary.jobs.running == 1 && again.began(Fixture.reference(1)) == nil)
  }
}
