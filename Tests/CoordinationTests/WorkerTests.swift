import Coordination
import SearchCore
import SearchProtocol
import Testing

struct WorkerTests: WorkerScenarios {
  @Test("a worker says hello until it is welcomed, at growing distances")
  func greeting() {
    var machine = machine()
    var times: [Double] = []
    if hello(machine.handle(.started, at: 0)) != nil { times.append(0) }
    for tick in 1...1200 where hello(machine.handle(.tick, at: Double(tick) / 10)) != nil {
      times.append(Double(tick) / 10)
    }
    #expect(times.count > 8 && times.count < 30)
    let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect(gaps.allSatisfy { $0 <= 23 } && gaps[0] < 2)
  }

  @Test("a first hello that was lost for want of a connection is said again once there is one, and only once")
  func lostHello() {
    for events in [[WorkerEvent.connected, .helloUndelivered], [.helloUndelivered, .connected]] {
      var machine = machine()
      #expect(hello(machine.handle(.started, at: 0)) != nil)
      #expect(hello(machine.handle(events[0], at: 0.01)) == nil)
      #expect(hello(machine.handle(events[1], at: 0.02)) != nil)
      for event in events + events { #expect(hello(machine.handle(event, at: 0.03)) == nil) }
      #expect(machine.handle(welcome(), at: 0.04).contains(.locateData(Fixture.data)))
    }
    // A hello is not repeated if it was delivered at once, or once the worker is welcomed.
    var quick = machine()
    _ = quick.handle(.started, at: 0)
    for _ in 0..<3 { #expect(quick.handle(.connected, at: 0.01).isEmpty) }
    var welcomed = serving()
    for event in [WorkerEvent.helloUndelivered, .connected] { #expect(hello(welcomed.handle(event, at: 1)) == nil) }
  }

  @Test(
    "beside the coordinator's log, a worker does not repeat what the coordinator says of it", arguments: [true, false])
  func sharedLog(isShared: Bool) {
    var machine = serving(running: 1) { $0.sharesLog = isShared }
    var effects = machine.handle(
      .engineFailed(slot: 0, Fixture.reference(1), reason: "it crashed", nil), at: 1)
    effects += machine.handle(.received(.bench(Bench(reason: "jobs fail here", seconds: 60))), at: 2)
    let warnings = effects.compactMap { effect -> String? in
      if case .log(.warning, let text) = effect { text } else { nil }
    }
    #expect(warnings.count == (isShared ? 0 : 2), "\(warnings)")
  }

  @Test("credits are given once the data set is found")
  func data() {
    var machine = machine()
    _ = machine.handle(.started, at: 0)
    let welcomed = machine.handle(welcome(), at: 0)
    #expect(
      welcomed == [
        .log(.notice, "connected to the coordinator of study test"), .locateData(Fixture.data),
        .adoptSpooled(study: "study-1"),
      ])
    #expect(machine.handle(.dataLocated(path: "/d"), at: 1).sent == [.ready(Ready(freeSlots: 2))])
    // After a reconnect the data set is already located.
    _ = machine.handle(.received(.reregister), at: 2)
    #expect(machine.handle(welcome(), at: 2).sent == [.ready(Ready(freeSlots: 2))])
  }

  @Test("without the data set it says why and leaves with an error")
  func missingData() {
    var machine = machine()
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(welcome(), at: 0)
    let effects = machine.handle(.dataMissing("cifar10 is nowhere"), at: 1)
    #expect(effects.sent == [.bye(Bye(reason: "cifar10 is nowhere"))])
    #expect(effects.exitCode == 1)
  }

  @Test("a refusal ends it with an error")
  func refusal() {
    var machine = machine()
    _ = machine.handle(.started, at: 0)
    #expect(machine.handle(.received(.refusal(Refusal(reason: "old build"))), at: 0).exitCode == 1)
  }

  @Test("a job is accepted and started in a free slot; one too many goes back")
  func jobs() {
    var machine = serving(slots: 1)
    let first = job(Fixture.reference(1))
    #expect(
      machine.handle(.received(.job(first)), at: 1) == [
        .send(.accept(first.reference)), .startJob(slot: 0, first),
      ])
    #expect(machine.handle(.received(.job(first)), at: 1) == [.send(.accept(first.reference))])
    guard case .result(let report) = machine.handle(.received(.job(job(Fixture.reference(2)))), at: 1).sent.first,
      case .returned = report.outcome
    else {
      Issue.record("not handed back")
      return
    }
  }

  @Test("a result is spooled before it is sent, sent until it is acknowledged, and then discarded")
  func results() {
    var machine = serving(slots: 1, running: 1)
    let reference = Fixture.reference(1)
    let report = AttemptReport(reference: reference, study: "study-1", outcome: .finished(Fixture.result()))
    #expect(
      machine.handle(.engineFinished(slot: 0, reference, Fixture.result()), at: 1) == [
        .spool(report), .send(.result(report)), .send(.ready(Ready(freeSlots: 1))),
      ])
    var sent = 0
    for second in 2...32 {
      _ = machine.handle(.received(.coordinatorHeartbeat(CoordinatorHeartbeat(study: "study-1"))), at: Double(second))
      sent += machine.handle(.tick, at: Double(second)).sent.count { $0 == .result(report) }
    }
    #expect(sent == 3)
    #expect(
      machine.handle(.received(.resultAcknowledged(reference)), at: 33) == [
        .discardSpooled(reference, study: "study-1")
      ])
    #expect(machine.handle(.received(.resultAcknowledged(reference)), at: 34).isEmpty)
  }

  @Test("a result that is impossible becomes a failure")
  func impossibleResult() {
    var machine = serving(slots: 1, running: 1)
    let effects = machine.handle(.engineFinished(slot: 0, Fixture.reference(1), Fixture.result(.nan)), at: 1)
    guard case .result(let report) = effects.sent.first, case .failed(let reason, _) = report.outcome else {
      Issue.record("\(effects)")
      return
    }
    #expect(reason.contains("accuracy"))
  }

  @Test("events of an engine that was stopped, or of slots that do not exist, change nothing")
  func staleEvents() {
    var machine = serving(slots: 1, running: 1)
    let reference = Fixture.reference(1)
    #expect(
      machine.handle(.received(.cancel(reference)), at: 1) == [
        .stopEngine(slot: 0), .send(.ready(Ready(freeSlots: 1))),
      ])
    #expect(machine.handle(.engineFinished(slot: 0, reference, Fixture.result()), at: 2).isEmpty)
    #expect(machine.handle(.engineFailed(slot: 7, reference, reason: ""), at: 2).isEmpty)
    #expect(machine.handle(.engineFailed(slot: -1, reference, reason: ""), at: 2).isEmpty)
  }

  @Test("training goes on through a silence of the coordinator, and what happened meanwhile is told afterwards")
  func silence() {
    var machine = serving(slots: 2, running: 2)
    var said: Hello?
    for second in 1...30 { said = hello(machine.handle(.tick, at: Double(second))) ?? said }
    #expect(said?.running == [Fixture.reference(1), Fixture.reference(2)])
    #expect(said?.study == "study-1")
    let finished = machine.handle(.engineFinished(slot: 0, Fixture.reference(1), Fixture.result()), at: 31)
    #expect(finished.sent.isEmpty && finished.count == 1)
    _ = machine.handle(.received(.reregister), at: 40)
    let sent = machine.handle(welcome(), at: 41).sent
    #expect(sent == [Fixture.finished(Fixture.reference(1)), .ready(Ready(freeSlots: 1))])
  }

  @Test("heartbeats list all that it holds, finished and unacknowledged attempts too")
  func heartbeats() {
    var machine = serving(slots: 3, running: 2)
    _ = machine.handle(.engineFinished(slot: 1, Fixture.reference(2), Fixture.result()), at: 1)
    let sent = machine.handle(.tick, at: 6).sent
    #expect(
      sent == [
        .workerHeartbeat(WorkerHeartbeat(running: [Fixture.reference(1), Fixture.reference(2)], freeSlots: 2))
      ])
  }

  @Test("progress is passed on every few seconds, not every step")
  func progress() {
    var machine = serving(slots: 1, running: 1)
    var sent = 0
    for step in 0..<100 {
      let progress = AttemptProgress(
        reference: Fixture.reference(1), epoch: 1, step: step, steps: 100, loss: .nan, memoryBytes: 1)
      sent += machine.handle(.engineProgress(slot: 0, progress), at: Double(step) / 10).sent.count
    }
    #expect(sent == 5)
  }

  @Test("a failure is told with how long it took")
  func failure() {
    var machine = serving(slots: 1, running: 1)
    let failure = AttemptFailure(cause: .processEnded, signal: 11, lastLines: ["a\u{1b}[1mb"])
    let effects = machine.handle(.engineFailed(slot: 0, Fixture.reference(1), reason: "crash", failure), at: 7)
    guard case .result(let report) = effects.sent.first, case .failed("crash", let account?) = report.outcome else {
      Issue.record("\(effects)")
      return
    }
    #expect(account.signal == 11 && account.lastLines == ["a [1mb"])
    #expect(account.seconds == 7)
  }

  @Test("reports that earlier workers left of the welcomed study are offered and sent, those of others are not")
  func spool() {
    let report = AttemptReport(
      reference: Fixture.reference(4, 2), study: "study-1", outcome: .finished(Fixture.result()))
    let other = AttemptReport(
      reference: Fixture.reference(5, 1), study: "study-0", outcome: .finished(Fixture.result()))
    var machine = machine()
    #expect(hello(machine.handle(.started, at: 0))?.finished == [])
    #expect(machine.handle(welcome(), at: 1).last == .adoptSpooled(study: "study-1"))
    let introduced = machine.handle(.spooled([report, other]), at: 1)
    #expect(hello(introduced)?.finished == [report.reference] && hello(introduced)?.study == "study-1")
    let welcomed = machine.handle(welcome(), at: 2)
    #expect(welcomed.sent == [.result(report)])
    // The worker asks for the spool once for each study.
    #expect(!welcomed.contains(.adoptSpooled(study: "study-1")))
    #expect(
      machine.handle(.received(.resultAcknowledged(report.reference)), at: 3) == [
        .discardSpooled(report.reference, study: "study-1")
      ])
    #expect(machine.handle(.spooled([]), at: 3).isEmpty)
  }

  @Test(
    "an engine that cannot be started costs no attempt: the job goes back, the slot takes none for a while, ever longer"
  )
  func shortage() throws {
    var machine = serving()
    var waits: [Double] = []
    var now = 1.0
    for attempt in 1...3 {
      let job = job(Fixture.reference(1, attempt))
      var effects = machine.handle(.received(.job(job)), at: now)
      #expect(effects.contains { if case .startJob(0, _) = $0 { true } else { false } })
      let failure = AttemptFailure(cause: .notStarted)
      effects = machine.handle(
        .engineFailed(slot: 0, job.reference, reason: "too many open files", failure), at: now)
      #expect(
        effects.sent.contains {
          if case .result(let report) = $0, case .returned(let reason) = report.outcome {
            reason.contains("too many open files")
          } else {
            false
          }
        })
      #expect(effects.sent.last == .ready(Ready(freeSlots: 1)))
      let start = now
      var isOpen = false
      while !isOpen {
        now += 0.5
        _ = machine.handle(.received(.coordinatorHeartbeat(CoordinatorHeartbeat(study: "study-1"))), at: now)
        isOpen = machine.handle(.tick, at: now).sent.contains(.ready(Ready(freeSlots: 2)))
      }
      waits.append(now - start)
    }
    #expect(waits == [10, 10, 20])
  }
}
