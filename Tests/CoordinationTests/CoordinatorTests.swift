import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// Single scenarios; what holds in all of them is tested in `PropertyTests`.
struct CoordinatorTests {
  private let a = PeerID(1)
  private let b = PeerID(2)

  private func machine(
    first: Int = 4, jobs: [JobRecord] = [], past: StudyPast = StudyPast(),
    change: (inout CoordinatorSettings) -> Void = { _ in }
  ) -> CoordinatorMachine {
    var settings = Fixture.coordinatorSettings()
    change(&settings)
    return CoordinatorMachine(settings: settings, jobs: jobs, past: past, strategy: TwoStageStrategy(first: first))
  }

  /// The record of worker "w", which had the last attempts at these jobs.
  private func past(_ jobs: [JobRecord] = []) -> StudyPast {
    StudyPast(
      attempts: jobs.filter { $0.attempts > 0 }.map {
        .init(job: $0.id, number: $0.attempts, worker: "w", ending: nil)
      },
      workers: [WorkerRecord(id: "w", host: "host", processID: 1, slots: 2, kernelVariant: "avx", build: "1")])
  }

  /// A machine with worker "w" at peer `a`, which has `slots` free slots and so many jobs.
  private func served(slots: Int = 2, first: Int = 4) -> (CoordinatorMachine, [AttemptReference]) {
    var machine = machine(first: first)
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(Fixture.hello("w", slots: slots), from: a), at: 0)
    let effects = machine.handle(.received(.ready(Ready(freeSlots: slots)), from: a), at: 0)
    let jobs = effects.jobs(to: a)
    for job in jobs { _ = machine.handle(.received(.accept(job), from: a), at: 0) }
    return (machine, jobs)
  }

  @Test("a start records the strategy's notes and the jobs of its first stage")
  func start() {
    var machine = machine()
    let records = machine.handle(.started, at: 0).records
    #expect(records.first == .noted("a note of the strategy"))
    #expect(records.count { if case .jobAdded = $0 { true } else { false } } == 4)
    #expect(machine.summary.waiting == 4 && machine.summary.expectedJobs == 6)
  }

  @Test("a worker is welcomed, and gets as many jobs as it has free slots, each on record first")
  func credits() {
    var machine = machine()
    _ = machine.handle(.started, at: 0)
    let welcome = machine.handle(.received(Fixture.hello("w"), from: a), at: 0)
    guard case .welcome(let message) = welcome.sent(to: a).first else {
      Issue.record("no welcome")
      return
    }
    #expect(message.data == Fixture.data && message.study == "study-1")
    #expect(welcome.jobs(to: a).isEmpty)
    let effects = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 0)
    #expect(effects.jobs(to: a) == [Fixture.reference(1), Fixture.reference(2)])
    #expect(
      effects.records == [
        .attemptStarted(job: 1, attempt: 1, worker: "w"), .attemptStarted(job: 2, attempt: 1, worker: "w"),
      ])
    // Said again before the jobs arrived: no more than two slots are there.
    #expect(machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 0).jobs(to: a).isEmpty)
  }

  @Test("workers are served in turn")
  func fairness() {
    var machine = machine()
    _ = machine.handle(.received(Fixture.hello("early"), from: a), at: 0)
    _ = machine.handle(.received(Fixture.hello("w1", slots: 4), from: a), at: 0)
    _ = machine.handle(.received(Fixture.hello("w2", slots: 4), from: b), at: 0)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 4)), from: a), at: 0)
    _ = machine.handle(.received(.ready(Ready(freeSlots: 4)), from: b), at: 0)
    let effects = machine.handle(.started, at: 0)
    #expect(effects.jobs(to: a).count == 2 && effects.jobs(to: b).count == 2)
  }

  @Test("a result is recorded and then acknowledged; a second one is counted and acknowledged")
  func results() throws {
    var (machine, jobs) = served()
    let effects = machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 1)
    let record = try #require(
      effects.firstIndex(of: .record(.jobFinished(job: 1, attempt: 1, worker: "w", result: Fixture.result()))))
    let acknowledgement = try #require(effects.firstIndex(of: .send(.resultAcknowledged(jobs[0]), to: a)))
    #expect(record < acknowledgement)
    let again = machine.handle(.received(Fixture.finished(jobs[0], accuracy: 0.9), from: a), at: 2)
    #expect(again.records.isEmpty)
    #expect(again.sent(to: a) == [.resultAcknowledged(jobs[0])])
    #expect(machine.summary.lateResults == 1 && machine.jobs[1]?.result?.accuracy == 0.5)
  }

  @Test("jobs leave before the commit, but for those that are not on record yet")
  func early() {
    var (machine, jobs) = served()
    let first = CoordinatorTurn(machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 1))
    #expect(first.early.count == 1 && first.early.allSatisfy { $0.peer == a })
    #expect(first.changes.count == 2)
    #expect(first.rest == [.send(.resultAcknowledged(jobs[0]), to: a)])
    var new = self.machine()
    _ = new.handle(.received(Fixture.hello("w"), from: a), at: 0)
    _ = new.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 0)
    let stage = CoordinatorTurn(new.handle(.started, at: 0))
    #expect(stage.early.isEmpty && stage.rest.jobs(to: a).count == 1)
  }

  @Test("an attempt that began as the last coordinator ended, before it was on record, goes on", arguments: [0, 1])
  func cutOffRecord(attempts: Int) throws {
    // With 1: the record has the attempt before it under way.
    var job = JobRecord(id: 1, trial: Trial(candidate: Candidate(ranks: ["layer1.0.conv1": 3]), replicate: 0), seed: 1)
    job.state = attempts == 0 ? .waiting : .running
    job.attempts = attempts
    let reference = AttemptReference(job: 1, attempt: attempts + 1)
    var machine = machine(first: 1, jobs: [job], past: past())
    _ = machine.handle(.started, at: 0)
    let effects = machine.handle(.received(Fixture.hello("w", study: "study-1", running: [reference]), from: a), at: 1)
    #expect(effects.records.contains(.attemptStarted(job: 1, attempt: attempts + 1, worker: "w")))
    #expect(!effects.sent(to: a).contains(.cancel(reference)))
    let end = machine.handle(.received(Fixture.finished(reference), from: a), at: 2)
    #expect(end.records.contains(.jobFinished(job: 1, attempt: attempts + 1, worker: "w", result: Fixture.result())))
  }

  @Test("someone unknown is asked to say hello, whatever it says but goodbye")
  func unknownPeer() {
    var (machine, jobs) = served()
    for message in [Fixture.finished(jobs[0]), .ready(Ready(freeSlots: 1)), .accept(jobs[0])] {
      #expect(machine.handle(.received(message, from: b), at: 1) == [.send(.reregister, to: b)])
    }
    #expect(machine.handle(.received(.bye(Bye(reason: "")), from: b), at: 1).isEmpty)
  }

  @Test("a lease that expires puts its job back once")
  func expiry() {
    var (machine, jobs) = served(slots: 1)
    var lost: [StudyChange] = []
    for second in 1...200 {
      lost += machine.handle(.tick, at: Double(second)).records.filter {
        if case .attemptEnded = $0 { true } else { false }
      }
      if second == 59 { #expect(lost.isEmpty && machine.summary.running == 1) }
    }
    #expect(lost.count == 1)
    #expect(machine.summary.running == 0 && machine.summary.waiting == 4)
    // The late result is taken all the same, from whoever brings it.
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
          : .progress(Progress(reference: jobs[0], epoch: 1, step: 1, steps: 2, loss: 1, memoryBytes: 1))
        #expect(machine.handle(.received(message, from: a), at: second).records.isEmpty)
      }
      #expect(machine.handle(.tick, at: second).records.isEmpty)
    }
    #expect(machine.summary.running == 1)
  }

  @Test("a heartbeat that does not list an accepted attempt means that it is lost")
  func missingAttempt() {
    var (machine, jobs) = served()
    let effects = machine.handle(
      .received(.workerHeartbeat(WorkerHeartbeat(running: [jobs[0]], freeSlots: 0)), from: a), at: 1)
    #expect(effects.records.count == 1)
    guard case .attemptEnded(2, 1, .lost, _) = effects.records.first else {
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
    #expect(machine.summary.failed == 1)
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
    #expect(machine.summary.failed == 0)
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
    #expect(machine.summary.failed == 1)
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
    #expect(machine.summary.running == 2 && machine.summary.workers == 0)
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
    #expect(machine.summary.workers == 1 && machine.summary.running == 2)
    #expect(machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 1) == [.send(.reregister, to: a)])
  }

  @Test("an attempt that was given up too early goes on where it is, if nobody else has begun it")
  func adoption() {
    var (machine, jobs) = served(slots: 1)
    for second in 1...70 { _ = machine.handle(.tick, at: Double(second)) }
    #expect(machine.summary.running == 0)
    let effects = machine.handle(
      .received(Fixture.hello("w", slots: 1, study: "study-1", running: jobs), from: b), at: 71)
    #expect(!effects.sent(to: b).contains(.cancel(jobs[0])))
    #expect(machine.summary.running == 1)
    // Others get other jobs.
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
    // Its result would still have counted, and would have called the other one off.
    let late = machine.handle(.received(Fixture.finished(jobs[0]), from: b), at: 22)
    #expect(late.sent(to: other) == [.cancel(Fixture.reference(1, 2))])
    #expect(machine.summary.finished == 1)
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

  @Test("a study is finished when the strategy wants nothing more; workers are sent home, then it stops")
  func finish() {
    var (machine, jobs) = served(slots: 2, first: 1)
    _ = machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 1)
    let second = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 1).jobs(to: a)
    #expect(machine.summary.jobs == 3)
    _ = second
    _ = machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: a), at: 2)
    let last = machine.handle(.received(Fixture.finished(Fixture.reference(3)), from: a), at: 2)
    #expect(last.records.last == .studyFinished)
    #expect(last.sent(to: a).contains(.drain(Drain(reason: .studyFinished))))
    #expect(!last.contains(.stop) && machine.summary.isFinished)
    #expect(machine.handle(.received(.bye(Bye(reason: "done")), from: a), at: 3).last == .stop)
    #expect(machine.handle(.tick, at: 4).isEmpty)
  }

  @Test("a worker that never says goodbye holds the end up for a few seconds only")
  func silentEnd() {
    var machine = machine(first: 1, jobs: finishedJobs())
    _ = machine.handle(.received(Fixture.hello("w"), from: a), at: 0)
    _ = machine.handle(.started, at: 0)
    #expect(!machine.handle(.tick, at: 4).contains(.stop))
    #expect(machine.handle(.tick, at: 6).contains(.stop))
  }

  @Test("a coordinator that stays sends home who comes later")
  func staying() {
    var machine = machine(first: 1, jobs: finishedJobs()) { $0.keepsRunning = true }
    _ = machine.handle(.started, at: 0)
    for second in 1...100 { #expect(!machine.handle(.tick, at: Double(second)).contains(.stop)) }
    let effects = machine.handle(.received(Fixture.hello("w"), from: a), at: 101)
    #expect(effects == [.send(.drain(Drain(reason: .studyFinished)), to: a)], "and keeps no record of it")
    #expect(machine.handle(.received(.bye(Bye(reason: "done")), from: a), at: 101).isEmpty)
    #expect(machine.handle(.stopRequested, at: 102).last == .stop)
  }

  private func finishedJobs() -> [JobRecord] {
    let strategy = TwoStageStrategy(first: 1)
    var history = SearchHistory()
    var jobs: [JobRecord] = []
    while let trial = strategy.nextStage(history: history).first(where: { !history.isSettled($0) }) {
      history.record(Fixture.result(), for: trial)
      jobs.append(
        JobRecord(
          id: Int64(jobs.count + 1), trial: trial, seed: 1, state: .finished, attempts: 1, result: Fixture.result()))
    }
    return jobs
  }

  @Test("asked to stop, it stops and tells nobody to leave")
  func stopRequest() {
    var (machine, _) = served()
    let effects = machine.handle(.stopRequested, at: 1)
    #expect(effects.last == .stop)
    #expect(effects.sent(to: a).isEmpty && effects.records.isEmpty)
  }

  @Test("jobs that ran when the coordinator ended wait for their worker, are claimed by it, and are not trained again")
  func restart() {
    let trials = TwoStageStrategy().nextStage(history: SearchHistory())
    let jobs = trials.enumerated().map { index, trial in
      JobRecord(
        id: Int64(index + 1), trial: trial, seed: 1, state: index < 2 ? .running : .waiting, attempts: index < 2 ? 3 : 0
      )
    }
    var machine = machine(jobs: jobs, past: past(jobs))
    _ = machine.handle(.started, at: 100)
    _ = machine.handle(.received(Fixture.hello("new", slots: 4), from: b), at: 100)
    let given = machine.handle(.received(.ready(Ready(freeSlots: 4)), from: b), at: 100).jobs(to: b)
    #expect(given == [Fixture.reference(3), Fixture.reference(4)])
    let hello = Fixture.hello("w", study: "study-1", running: [Fixture.reference(1, 3)])
    #expect(machine.handle(.received(hello, from: a), at: 101).jobs(to: a).isEmpty)
    var lost: [StudyChange] = []
    for second in 102...165 {
      let beat = WorkerHeartbeat(running: [Fixture.reference(1, 3)], freeSlots: 0)
      _ = machine.handle(.received(.workerHeartbeat(beat), from: a), at: Double(second))
      let other = WorkerHeartbeat(running: given, freeSlots: 0)
      _ = machine.handle(.received(.workerHeartbeat(other), from: b), at: Double(second))
      lost += machine.handle(.tick, at: Double(second)).records
    }
    guard lost.count == 1, case .attemptEnded(2, 3, .lost, _) = lost[0] else {
      Issue.record("\(lost)")
      return
    }
  }

  @Test("the budget bounds the jobs, and a spent budget ends the study")
  func budget() {
    var machine = machine { $0.jobBudget = 5 }
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(Fixture.hello("w", slots: 8), from: a), at: 0)
    #expect(machine.handle(.received(.ready(Ready(freeSlots: 8)), from: a), at: 0).jobs(to: a).count == 4)
    for job in 1...4 { _ = machine.handle(.received(Fixture.finished(Fixture.reference(Int64(job))), from: a), at: 1) }
    #expect(machine.summary.jobs == 5 && machine.summary.expectedJobs == 5)
    let effects = machine.handle(.received(.ready(Ready(freeSlots: 8)), from: a), at: 1)
    #expect(effects.jobs(to: a).count <= 1)
    #expect(
      machine.handle(.received(Fixture.finished(Fixture.reference(5)), from: a), at: 2).records.last == .studyFinished)
  }

  @Test("other protocol versions and other data are refused with a reason")
  func refusals() {
    var machine = machine()
    _ = machine.handle(.started, at: 0)
    guard case .hello(var hello) = Fixture.hello("w") else { return }
    hello.oldestProtocol = 7
    hello.newestProtocol = 9
    guard case .refusal(let version) = machine.handle(.received(.hello(hello), from: a), at: 0).sent(to: a).first else {
      Issue.record("not refused")
      return
    }
    #expect(version.reason.contains("7 to 9"))
    hello.oldestProtocol = 1
    hello.newestProtocol = 1
    hello.dataHashes = ["shapes10": "other"]
    guard case .refusal(let data) = machine.handle(.received(.hello(hello), from: a), at: 0).sent(to: a).first else {
      Issue.record("not refused")
      return
    }
    #expect(data.reason.contains("other") && data.reason.contains("abc"))
    #expect(machine.summary.workers == 0)
  }

  @Test("reports of another study, of unknown jobs and of attempts that never were are acknowledged and change nothing")
  func strangeReports() {
    var (machine, jobs) = served()
    for message in [
      Fixture.finished(jobs[0], study: "other"), Fixture.finished(Fixture.reference(999)),
      Fixture.finished(Fixture.reference(1, 2)),
    ] {
      let effects = machine.handle(.received(message, from: a), at: 1)
      #expect(effects.records.isEmpty)
      #expect(effects.sent(to: a).count == 1)
    }
  }

  @Test("kernel variants are known from the record: a worker with another one is told, one with the same is not")
  func variantsOnRecord() {
    for variant in ["avx", "avx512"] {
      let trial = Trial(candidate: .dense, replicate: 0)
      var result = Fixture.result()
      result.kernelVariant = variant
      let job = JobRecord(id: 1, trial: trial, seed: 1, state: .finished, attempts: 1, result: result)
      var machine = CoordinatorMachine(
        settings: Fixture.coordinatorSettings(), jobs: [job], strategy: TwoStageStrategy())
      _ = machine.handle(.started, at: 0)
      let effects = machine.handle(.received(Fixture.hello("w"), from: PeerID(1)), at: 1)
      let warnings = effects.compactMap { if case .log(.warning, let text) = $0 { text } else { nil } }
      #expect(warnings.count == (variant == "avx" ? 0 : 1))
      #expect(warnings.allSatisfy { $0.contains("computes with avx, the study so far with avx512") })
      #expect(effects.records.contains { if case .noted = $0 { true } else { false } } == (variant == "avx512"))
    }
  }
}
