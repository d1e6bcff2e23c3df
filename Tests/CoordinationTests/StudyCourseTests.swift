import Coordination
import SearchCore
import SearchProtocol
import Testing

/// A study's end, its restart from what is on record, and its budget.
struct StudyCourseTests: CoordinatorScenarios {
  @Test("jobs that ran when the coordinator ended wait for their worker, are claimed by it, and are not trained again")
  func restart() {
    let works = TwoStageStrategy().works(history: SearchHistory())
    let jobs = works.enumerated().map { index, work in
      JobRecord(
        id: Int64(index + 1), work: work, state: index < 2 ? .running : .waiting, attempts: index < 2 ? 3 : 0
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
    guard lost.count == 1, case .attemptEnded(2, 3, .lost) = lost[0] else {
      Issue.record("\(lost)")
      return
    }
  }

  @Test("an attempt that began as the last coordinator ended, before it was on record, goes on", arguments: [0, 1])
  func cutOffRecord(attempts: Int) throws {
    // With 1: the record has the attempt before it under way.
    var job = JobRecord(id: 1, work: .example(Candidate(ranks: ["layer1.0.conv1": 3])))
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

  @Test("kernel variants are known from the record: a worker with another one is told, one with the same is not")
  func variantsOnRecord() {
    for variant in ["avx", "avx512"] {
      let work = Work.example(.dense)
      var result = Fixture.result()
      result.kernelVariant = variant
      let job = JobRecord(id: 1, work: work, state: .finished, attempts: 1, result: result)
      var machine = CoordinatorMachine(
        settings: Fixture.coordinatorSettings(), jobs: [job], strategy: TwoStageStrategy())
      _ = machine.handle(.started, at: 0)
      let effects = machine.handle(.received(Fixture.hello("w"), from: PeerID(1)), at: 1)
      let warnings = effects.afterCommit.compactMap { if case .log(.warning, let text) = $0 { text } else { nil } }
      #expect(warnings.count == (variant == "avx" ? 0 : 1))
      #expect(warnings.allSatisfy { $0.contains("computes with avx, the study so far with avx512") })
      #expect(effects.records.contains { if case .noted = $0 { true } else { false } } == (variant == "avx512"))
    }
  }

  @Test("results without a core type fit the first one that comes; a worker with another one is told")
  func coreTypes() {
    var result = Fixture.result()
    result.kernelVariant = "avx512"
    let job = JobRecord(id: 1, work: .example(.dense), state: .finished, attempts: 1, result: result)
    var settings = Fixture.coordinatorSettings()
    settings.countsCoreTypes = true
    var machine = CoordinatorMachine(settings: settings, jobs: [job], strategy: TwoStageStrategy())
    _ = machine.handle(.started, at: 0)
    let warnings = ["SkylakeX", "SkylakeX", "Haswell"].enumerated().map { index, core in
      var hello = Fixture.hello("w\(index)")
      if case .hello(var words) = hello {
        words.kernelVariant = "avx512+\(core)"
        hello = .hello(words)
      }
      let effects = machine.handle(.received(hello, from: PeerID(index + 1)), at: 1)
      return effects.afterCommit.count { if case .log(.warning, _) = $0 { true } else { false } }
    }
    #expect(warnings == [0, 0, 1])
  }

  @Test("the budget bounds the jobs, and a spent budget ends the study")
  func budget() {
    var machine = machine { $0.jobBudget = 5 }
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(Fixture.hello("w", slots: 8), from: a), at: 0)
    #expect(machine.handle(.received(.ready(Ready(freeSlots: 8)), from: a), at: 0).jobs(to: a).count == 4)
    for job in 1...4 { _ = machine.handle(.received(Fixture.finished(Fixture.reference(Int64(job))), from: a), at: 1) }
    #expect(machine.summary.jobs.total == 5 && machine.summary.expectedJobs == 5)
    let effects = machine.handle(.received(.ready(Ready(freeSlots: 8)), from: a), at: 1)
    #expect(effects.jobs(to: a).count <= 1)
    #expect(
      machine.handle(.received(Fixture.finished(Fixture.reference(5)), from: a), at: 2).records.last == .studyFinished)
  }

  @Test("with a smaller budget than before, nothing beyond it begins, what runs may end, and then the study does")
  func smallerBudget() {
    let works = TwoStageStrategy().works(history: SearchHistory())
    let jobs = works.enumerated().map { index, work in
      JobRecord(
        id: Int64(index + 1), work: work, state: index == 0 ? .finished : index == 2 ? .running : .waiting,
        attempts: index == 0 || index == 2 ? 1 : 0, result: index == 0 ? Fixture.result() : nil)
    }
    var settings = Fixture.coordinatorSettings()
    settings.jobBudget = 2
    var machine = CoordinatorMachine(
      settings: settings, jobs: jobs, past: past(jobs.filter { $0.state != .finished }), strategy: TwoStageStrategy())
    _ = machine.handle(.started, at: 0)
    // The one that runs is beyond the budget; job 4 waits beyond it.
    _ = machine.handle(
      .received(Fixture.hello("w", slots: 8, study: "study-1", running: [Fixture.reference(3)]), from: a), at: 0)
    #expect(machine.summary.jobs.waiting == 1 && machine.summary.jobs.running == 1 && machine.summary.expectedJobs == 3)
    let sent = machine.handle(.received(.ready(Ready(freeSlots: 7)), from: a), at: 1).jobs(to: a)
    #expect(sent == [Fixture.reference(2)])
    #expect(
      !machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: a), at: 2).records.contains(
        .studyFinished))
    let last = machine.handle(.received(Fixture.returned(Fixture.reference(3)), from: a), at: 3)
    #expect(last.records.last == .studyFinished && machine.summary.jobs.finished == 2)
    #expect(machine.invariants().isEmpty, "\(machine.invariants())")

    // A larger one goes on where that ended.
    settings.jobBudget = nil
    var ended = jobs
    ended[1].state = .finished
    ended[1].result = Fixture.result()
    ended[2].state = .waiting
    var again = CoordinatorMachine(settings: settings, jobs: ended, strategy: TwoStageStrategy())
    _ = again.handle(.started, at: 0)
    _ = again.handle(.received(Fixture.hello("w", slots: 8), from: a), at: 0)
    #expect(
      again.handle(.received(.ready(Ready(freeSlots: 8)), from: a), at: 0).jobs(to: a)
        == [Fixture.reference(3, 2), Fixture.reference(4)])
  }

  @Test("a study is finished when the strategy wants nothing more; workers are sent home, then it stops")
  func finish() {
    var (machine, jobs) = served(slots: 2, first: 1)
    _ = machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 1)
    let second = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 1).jobs(to: a)
    #expect(machine.summary.jobs.total == 3)
    _ = second
    _ = machine.handle(.received(Fixture.finished(Fixture.reference(2)), from: a), at: 2)
    let last = machine.handle(.received(Fixture.finished(Fixture.reference(3)), from: a), at: 2)
    #expect(last.records.last == .studyFinished)
    #expect(last.sent(to: a).contains(.drain(Drain(reason: .studyFinished))))
    #expect(!last.afterCommit.contains(.stop) && machine.summary.isFinished)
    #expect(machine.handle(.received(.bye(Bye(reason: "done")), from: a), at: 3).afterCommit.last == .stop)
    #expect(machine.handle(.tick, at: 4).isEmpty)
  }

  @Test("a worker that never says goodbye holds the end up for a few seconds only")
  func silentEnd() {
    var machine = machine(first: 1, jobs: finishedJobs())
    _ = machine.handle(.received(Fixture.hello("w"), from: a), at: 0)
    _ = machine.handle(.started, at: 0)
    #expect(!machine.handle(.tick, at: 4).afterCommit.contains(.stop))
    #expect(machine.handle(.tick, at: 6).afterCommit.contains(.stop))
  }

  @Test("a coordinator that stays sends home who comes later")
  func staying() {
    var machine = machine(first: 1, jobs: finishedJobs()) { $0.keepsRunning = true }
    _ = machine.handle(.started, at: 0)
    for second in 1...100 { #expect(!machine.handle(.tick, at: Double(second)).afterCommit.contains(.stop)) }
    let effects = machine.handle(.received(Fixture.hello("w"), from: a), at: 101)
    #expect(effects == [.send(.drain(Drain(reason: .studyFinished)), to: a)], "and keeps no record of it")
    #expect(machine.handle(.received(.bye(Bye(reason: "done")), from: a), at: 101).isEmpty)
    #expect(machine.handle(.stopRequested, at: 102).afterCommit.last == .stop)
  }

  private func finishedJobs() -> [JobRecord] {
    let strategy = TwoStageStrategy(first: 1)
    var history = SearchHistory()
    var jobs: [JobRecord] = []
    while let work = strategy.works(history: history).first(where: { !history.isSettled($0) }) {
      history.record(Fixture.result(), for: work)
      jobs.append(
        JobRecord(
          id: Int64(jobs.count + 1), work: work, state: .finished, attempts: 1, result: Fixture.result()))
    }
    return jobs
  }

  @Test("asked to stop, it stops and tells nobody to leave")
  func stopRequest() {
    var (machine, _) = served()
    let effects = machine.handle(.stopRequested, at: 1)
    #expect(effects.afterCommit.last == .stop)
    #expect(effects.sent(to: a).isEmpty && effects.records.isEmpty)
  }
}
