import Coordination
import SearchCore
import SearchProtocol
import Testing

/// Attempts whose workers fall silent, come back, fail or are lost.
struct LeaseTests: CoordinatorScenarios {
  @Test("a lease that expires puts its job back once")
  func expiry() {
    var (machine, jobs) = served(slots: 1)
    var lost: [StudyChange] = []
    for second in 1...200 {
      lost += machine.handle(.tick, at: Double(second)).records.filter {
        if case .attemptEnded = $0 { true } else { false }
      }
      if second == 59 { #expect(lost.isEmpty && machine.summary.jobs.running == 1) }
    }
    #expect(lost.count == 1)
    #expect(machine.summary.jobs.running == 0 && machine.summary.jobs.waiting == 4)
    // The late result still counts, even over another connection.
    _ = machine.handle(.received(Fixture.hello("w", study: "study-1", finished: jobs), from: b), at: 201)
    let effects = machine.handle(.received(Fixture.finished(jobs[0]), from: b), at: 201)
    #expect(effects.records == [.jobFinished(job: 1, attempt: 1, worker: "w", result: Fixture.result())])
  }

  @Test("progress and heartbeats keep a lease for as long as they come")
  func renewal() {
    var (machine, jobs) = served(slots: 1)
    for second in stride(from: 1.0, to: 1000, by: 1) {
      if Int(second) % 40 == 0 {
        let message: WorkerMessage =
          Int(second) % 80 == 0
          ? .workerHeartbeat(WorkerHeartbeat(running: jobs, freeSlots: 0))
          : .progress(AttemptProgress(reference: jobs[0], epoch: 1, step: 1, steps: 2, loss: 1, memoryBytes: 1))
        #expect(machine.handle(.received(message, from: a), at: second).records.isEmpty)
      }
      #expect(machine.handle(.tick, at: second).records.isEmpty)
    }
    #expect(machine.summary.jobs.running == 1)
  }

  @Test("a heartbeat that does not list an accepted attempt means that it is lost")
  func missingAttempt() {
    var (machine, jobs) = served()
    let effects = machine.handle(
      .received(.workerHeartbeat(WorkerHeartbeat(running: [jobs[0]], freeSlots: 0)), from: a), at: 1)
    #expect(effects.records.count == 1)
    guard case .attemptEnded(2, 1, .lost) = effects.records.first else {
      Issue.record("\(effects)")
      return
    }
  }

  @Test("a job on its way is not lost because a heartbeat crossed it, but is if it never arrives")
  func crossing() {
    var machine = machine()
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(Fixture.hello("w", slots: 1), from: a), at: 0)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 0)
    let empty = WorkerMessage.workerHeartbeat(WorkerHeartbeat(running: [], freeSlots: 1))
    #expect(machine.handle(.received(empty, from: a), at: 1).isEmpty)
    let effects = machine.handle(.received(empty, from: a), at: 30)
    #expect(effects.jobs(to: a) == [Fixture.reference(1, 2)])
  }

  @Test(
    "a job that fails three times at a worker that has finished another is set aside, and the search goes on without it"
  )
  func setAside() {
    var (machine, _) = served(slots: 1)
    _ = machine.handle(.received(Fixture.finished(Fixture.reference(1)), from: a), at: 1)
    _ = machine.handle(.received(.accept(Fixture.reference(2)), from: a), at: 1)
    var records: [StudyChange] = []
    for attempt in 1...3 {
      records += machine.handle(.received(Fixture.failed(Fixture.reference(2, attempt)), from: a), at: 1).records
      let effects = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 1)
      #expect(effects.jobs(to: a) == [attempt < 3 ? Fixture.reference(2, attempt + 1) : Fixture.reference(3)])
      for job in effects.jobs(to: a) { _ = machine.handle(.received(.accept(job), from: a), at: 1) }
    }
    #expect(records.last == .jobSetAside(job: 2, reason: "crash"))
    #expect(machine.summary.jobs.setAside == 1)
  }

  @Test("jobs that are handed back do not count against themselves; a worker that hands back all that it gets pauses")
  func handedBack() {
    var (machine, _) = served(slots: 1)
    var now = 1.0
    var pauses = 0
    for attempt in 1...50 {
      _ = machine.handle(.received(Fixture.returned(Fixture.reference(1, attempt)), from: a), at: now)
      var effects = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: now)
      while effects.jobs(to: a).isEmpty, now < 40_000 {
        pauses += effects.sent(to: a).count { if case .bench = $0 { true } else { false } }
        now += 5
        _ = machine.handle(
          .received(.workerHeartbeat(WorkerHeartbeat(running: [], freeSlots: 1)), from: a), at: now)
        effects = machine.handle(.tick, at: now)
      }
      #expect(effects.jobs(to: a) == [Fixture.reference(1, attempt + 1)])
    }
    #expect(pauses == 16)
    #expect(machine.summary.jobs.setAside == 0)
  }

  @Test("a job that is lost twenty times with a worker that has finished another is set aside")
  func tooManyLosses() {
    var (machine, _) = served(slots: 1)
    _ = machine.handle(.received(Fixture.finished(Fixture.reference(1)), from: a), at: 1)
    for attempt in 1...20 {
      _ = machine.handle(.received(.bye(Bye(reason: "")), from: a), at: 1)
      _ = machine.handle(.received(Fixture.hello("w", slots: 1), from: a), at: 1)
      let jobs = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 1).jobs(to: a)
      #expect(jobs == [attempt < 20 ? Fixture.reference(2, attempt + 1) : Fixture.reference(3)])
    }
    #expect(machine.summary.jobs.setAside == 1)
  }

  @Test("a job that cannot be delivered goes to another worker at once, and the peer is lost")
  func undeliverable() throws {
    var machine = machine(first: 1)
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(Fixture.hello("w1", slots: 1), from: a), at: 0)
    let sent = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 0).sent(to: a)
    _ = machine.handle(.received(Fixture.hello("w2", slots: 1), from: b), at: 0)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: b), at: 0)
    let effects = machine.handle(.unreachable(a, try #require(sent.first)), at: 1)
    #expect(effects.jobs(to: b) == [Fixture.reference(1, 2)])
    #expect(machine.summary.workers == 1)
  }

  @Test("a worker that comes back on a new connection in time keeps what it trains")
  func reconnect() {
    var (machine, jobs) = served()
    _ = machine.handle(.unreachable(a, .coordinatorHeartbeat(CoordinatorHeartbeat(study: "study-1"))), at: 1)
    #expect(machine.summary.jobs.running == 2 && machine.summary.workers == 0)
    let effects = machine.handle(
      .received(Fixture.hello("w", study: "study-1", running: [jobs[0]], finished: [jobs[1]]), from: b), at: 10)
    #expect(effects.records.count == 1)  // joined again
    for second in 11...60 { #expect(machine.handle(.tick, at: Double(second)).records.isEmpty) }
    #expect(machine.handle(.received(Fixture.finished(jobs[1]), from: b), at: 61).records.count == 1)
  }

  @Test("a worker that says hello from a new connection takes the place of its old one")
  func replacement() {
    var (machine, jobs) = served()
    _ = machine.handle(.received(Fixture.hello("w", study: "study-1", running: jobs), from: b), at: 1)
    #expect(machine.summary.workers == 1 && machine.summary.jobs.running == 2)
    #expect(machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 1) == [.send(.reregister, to: a)])
  }

  @Test("an attempt that was given up too early goes on where it is, if nobody else has begun it")
  func adoption() {
    var (machine, jobs) = served(slots: 1)
    for second in 1...70 { _ = machine.handle(.tick, at: Double(second)) }
    #expect(machine.summary.jobs.running == 0)
    let effects = machine.handle(
      .received(Fixture.hello("w", slots: 1, study: "study-1", running: jobs), from: b), at: 71)
    #expect(!effects.sent(to: b).contains(.cancel(jobs[0])))
    #expect(machine.summary.jobs.running == 1)
    // Another worker gets another job.
    _ = machine.handle(.received(Fixture.hello("v"), from: a), at: 71)
    #expect(
      machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 71).jobs(to: a) == [Fixture.reference(2)])
  }

  @Test("an attempt whose failure was reported does not come back because a heartbeat still lists it")
  func reportedFailure() {
    var (machine, jobs) = served(slots: 1, first: 1)
    _ = machine.handle(.received(Fixture.failed(jobs[0]), from: a), at: 1)
    let beat = WorkerMessage.workerHeartbeat(WorkerHeartbeat(running: jobs, freeSlots: 1))
    #expect(machine.handle(.received(beat, from: a), at: 1).jobs(to: a) == [Fixture.reference(1, 2)])
  }

  @Test("an attempt whose job somebody else has by now is called off")
  func calledOff() {
    var (machine, jobs) = served(slots: 1, first: 1)
    _ = machine.handle(.unreachable(a, .reregister), at: 1)
    for second in 2...20 { _ = machine.handle(.tick, at: Double(second)) }
    let other = PeerID(3)
    _ = machine.handle(.received(Fixture.hello("v"), from: other), at: 20)
    #expect(
      machine.handle(.received(.ready(Ready(freeSlots: 1)), from: other), at: 20).jobs(to: other) == [
        Fixture.reference(1, 2)
      ])
    let hello = Fixture.hello("w", slots: 1, study: "study-1", running: jobs)
    #expect(machine.handle(.received(hello, from: b), at: 21).sent(to: b).contains(.cancel(jobs[0])))
    // If the attempt finishes all the same, its result counts and the other attempt is canceled.
    let late = machine.handle(.received(Fixture.finished(jobs[0]), from: b), at: 22)
    #expect(late.sent(to: other) == [.cancel(Fixture.reference(1, 2))])
    #expect(machine.summary.jobs.finished == 1)
  }

  @Test("a coordinator that stood still takes nobody's lease")
  func stall() {
    var (machine, jobs) = served(slots: 1)
    _ = machine.handle(.tick, at: 1)
    #expect(machine.handle(.tick, at: 500).records.isEmpty)
    #expect(
      machine.handle(.received(.workerHeartbeat(WorkerHeartbeat(running: jobs, freeSlots: 0)), from: a), at: 501)
        .isEmpty)
    for second in 502...560 { #expect(machine.handle(.tick, at: Double(second)).records.isEmpty) }
  }
}
