import Coordination
import SearchCore
import SearchProtocol
import Testing

/// A worker that leaves: at the end of a study, when told to stop, or for another study.
struct WorkerLeavingTests: WorkerScenarios {
  @Test("the end of the study ends it with 0, once its last results are acknowledged")
  func drain() {
    var machine = serving(slots: 2, running: 2)
    _ = machine.handle(.engineFinished(slot: 0, Fixture.reference(1), Fixture.result()), at: 1)
    let drained = machine.handle(.received(.drain(Drain(reason: .studyFinished))), at: 2)
    #expect(drained == [.stopEngine(slot: 1)])
    let effects = machine.handle(.received(.resultAcknowledged(Fixture.reference(1))), at: 3)
    #expect(effects.sent == [.bye(Bye(reason: "the study is finished"))])
    #expect(effects.exitCode == 0)
  }

  @Test("a worker that stays waits for the next study and takes part in it")
  func stays() {
    var machine = serving(slots: 1) { $0.stays = true }
    let effects = machine.handle(.received(.drain(Drain(reason: .studyFinished))), at: 1)
    #expect(effects.exitCode == nil && effects.sent == [.bye(Bye(reason: "the study is finished"))])
    var said: Hello?
    for second in 2...40 where said == nil { said = hello(machine.handle(.tick, at: Double(second))) }
    #expect(said != nil && said?.study == nil)
    let again = machine.handle(.received(.drain(Drain(reason: .studyFinished))), at: 40)
    #expect(again.isEmpty, "the old coordinator stays too, and has nothing new to say")
    #expect(!machine.isSeeking(at: 41), "and it is known who is there")
    #expect(machine.isSeeking(at: 200))
    #expect(machine.handle(welcome("study-2"), at: 41).sent == [.ready(Ready(freeSlots: 1))])
  }

  @Test("asked to stop, it hands back what runs, waits for the acknowledgement, and leaves with 0")
  func stop() {
    var machine = serving(slots: 1, running: 1)
    let effects = machine.handle(.stopRequested, at: 1)
    // READY comes first, before the coordinator learns of a job that it could send to a free slot.
    #expect(effects.sent.first == .ready(Ready(freeSlots: 0)) && effects.contains(.stopEngine(slot: 0)))
    guard case .result(let report) = effects.sent.dropFirst().first, case .returned = report.outcome else {
      Issue.record("\(effects)")
      return
    }
    #expect(machine.handle(.tick, at: 2).exitCode == nil)
    #expect(machine.handle(.received(.resultAcknowledged(Fixture.reference(1))), at: 3).exitCode == 0)
  }

  private func step(_ machine: inout WorkerMachine, _ step: Int, of steps: Int, job: Int64 = 1, at now: Double) {
    let progress = AttemptProgress(
      reference: Fixture.reference(job), epoch: 1, step: step, steps: steps, loss: nil, memoryBytes: 1)
    _ = machine.handle(.engineProgress(slot: Int(job) - 1, progress), at: now)
  }

  @Test("asked to stop, it finishes what ends within the grace time and hands back the rest")
  func finishing() {
    var machine = serving(slots: 2, running: 2) { $0.graceSeconds = 30 }
    // After 90 s, nine tenths of the first training are done, and a tenth of the second.
    step(&machine, 90, of: 100, at: 90)
    step(&machine, 10, of: 100, job: 2, at: 90)
    let stopped = machine.handle(.stopRequested, at: 90)
    #expect(stopped.contains(.stopEngine(slot: 1)) && !stopped.contains(.stopEngine(slot: 0)))
    #expect(stopped.sent.contains(Fixture.returned(2, because: "the worker was stopped")))
    #expect(stopped.sent.contains(.ready(Ready(freeSlots: 0))))
    #expect(machine.handle(.received(.resultAcknowledged(Fixture.reference(2))), at: 91).exitCode == nil)
    // The lease of the remaining job is renewed, and the worker takes no new job.
    let beat = machine.handle(.tick, at: 96).sent
    #expect(beat.contains(.workerHeartbeat(WorkerHeartbeat(running: [Fixture.reference(1)], freeSlots: 0))))
    let late = machine.handle(.received(.job(job(Fixture.reference(3)))), at: 97)
    #expect(late.sent.contains(Fixture.returned(3, because: "the worker has no free slot for it")))
    _ = machine.handle(.received(.resultAcknowledged(Fixture.reference(3))), at: 98)
    let finished = machine.handle(.engineFinished(slot: 0, Fixture.reference(1), Fixture.result()), at: 100)
    #expect(finished.sent.contains(Fixture.finished(Fixture.reference(1))))
    #expect(machine.handle(.received(.resultAcknowledged(Fixture.reference(1))), at: 101).exitCode == 0)
  }

  @Test("what takes longer than expected is handed back before the grace time is over")
  func overdue() {
    var machine = serving(slots: 1, running: 1) { $0.graceSeconds = 30 }
    step(&machine, 90, of: 100, at: 90)
    #expect(!machine.handle(.stopRequested, at: 90).contains(.stopEngine(slot: 0)))
    #expect(!machine.handle(.tick, at: 116).contains(.stopEngine(slot: 0)))
    let effects = machine.handle(.tick, at: 117)
    #expect(effects.contains(.stopEngine(slot: 0)))
    #expect(effects.sent.contains(Fixture.returned(1, because: "the worker was stopped")))
    #expect(machine.handle(.tick, at: 120).exitCode == 0)
  }

  @Test("an engine that is killed while the worker leaves is no failure: the machine goes down")
  func machineGoesDown() {
    var machine = serving(slots: 1, running: 1)
    step(&machine, 99, of: 100, at: 99)
    #expect(!machine.handle(.stopRequested, at: 99).contains(.stopEngine(slot: 0)))
    let failure = AttemptFailure(cause: .processEnded, signal: 9)
    let effects = machine.handle(.engineFailed(slot: 0, Fixture.reference(1), reason: "killed", failure), at: 100)
    #expect(effects.sent.contains(Fixture.returned(1, because: "ended while the worker was leaving")))
  }

  @Test("the grace time bounds how long it waits, a second request ends it at once")
  func impatience() {
    var patient = serving(slots: 1, running: 1)
    _ = patient.handle(.stopRequested, at: 1)
    #expect(patient.handle(.tick, at: 12).exitCode == 0)
    var impatient = serving(slots: 1, running: 1)
    _ = impatient.handle(.stopRequested, at: 1)
    #expect(impatient.handle(.stopRequested, at: 1.001).isEmpty, "signals of one moment are one request")
    #expect(impatient.handle(.stopRequested, at: 1.1).exitCode == 1)
    var orphan = serving(slots: 1, running: 1)
    #expect(orphan.handle(.endRequested, at: 1) == [.stopEngine(slot: 0), .exit(code: 1)])
    // A training that is about to end goes on after the first request, but not after the second.
    var nearlyDone = serving(slots: 1, running: 1)
    step(&nearlyDone, 99, of: 100, at: 99)
    #expect(!nearlyDone.handle(.stopRequested, at: 99).contains(.stopEngine(slot: 0)))
    let ended = nearlyDone.handle(.stopRequested, at: 99.1)
    #expect(ended.contains(.stopEngine(slot: 0)) && ended.exitCode == 1)
  }

  @Test("asked to stop while nobody is there, it leaves at once")
  func stopAlone() {
    var machine = machine()
    _ = machine.handle(.started, at: 0)
    #expect(machine.handle(.stopRequested, at: 1).exitCode == 0)
  }

  @Test("another study's coordinator gets nothing of what belonged to the last")
  func otherStudy() {
    var machine = serving(slots: 2, running: 2)
    _ = machine.handle(.engineFinished(slot: 0, Fixture.reference(1), Fixture.result()), at: 1)
    _ = machine.handle(.received(.reregister), at: 2)
    let effects = machine.handle(welcome("study-2"), at: 3)
    #expect(effects.contains(.stopEngine(slot: 1)))
    // The result waits on disk for the study that it belongs to.
    #expect(effects.contains(.releaseSpooled(study: "study-1")) && effects.last == .adoptSpooled(study: "study-2"))
    #expect(!effects.contains(.discardSpooled(Fixture.reference(1), study: "study-1")))
    #expect(effects.sent == [.ready(Ready(freeSlots: 2))])
  }
}
