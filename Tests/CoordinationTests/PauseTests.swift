import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// Consecutive failures of a worker, and of the whole study.
@Suite("a worker that has never finished a job")
struct PauseTests {
  private let good = PeerID(1)
  private let bad = PeerID(2)

  private func coordinator(
    jobs: Int, restored: [JobRecord] = [], past: StudyPast = StudyPast(),
    change: (inout CoordinatorSettings) -> Void = { _ in }
  ) -> CoordinatorMachine {
    var settings = Fixture.coordinatorSettings()
    change(&settings)
    var machine = CoordinatorMachine(
      settings: settings, jobs: restored, past: past, strategy: TwoStageStrategy(first: jobs, second: 0))
    _ = machine.handle(.started, at: 0)
    return machine
  }

  private func join(
    _ machine: inout CoordinatorMachine, _ peer: PeerID, _ name: String, slots: Int = 1, key: String? = nil,
    at now: Double
  ) -> [AttemptReference] {
    let message = Fixture.hello(name, slots: slots)
    _ = machine.handle(.received(message, from: peer, Delivery(key: key)), at: now)
    return machine.handle(.received(.ready(Ready(freeSlots: slots)), from: peer), at: now).jobs(to: peer)
  }

  private func fail(_ machine: inout CoordinatorMachine, _ peer: PeerID, _ job: AttemptReference, at now: Double)
    -> CoordinatorTurn
  {
    machine.handle(.received(.accept(job), from: peer), at: now)
      + machine.handle(.received(Fixture.failed(job), from: peer), at: now)
      + machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: now)
  }

  /// Sends ticks and heartbeats until the worker gets a job. Returns the job and the time.
  private func nextJob(
    _ machine: inout CoordinatorMachine, _ peer: PeerID, from start: Double, every step: Double = 0.25
  )
    -> (job: AttemptReference, at: Double)?
  {
    var now = start
    while now < start + 2000 {
      now += step
      let effects =
        machine.handle(.received(.workerHeartbeat(WorkerHeartbeat(running: [], freeSlots: 1)), from: peer), at: now)
        + machine.handle(.tick, at: now)
      if let job = effects.jobs(to: peer).first { return (job, now) }
    }
    return nil
  }

  @Test("pauses after three failures, twice as long each time, and is given one job at a time")
  func doubling() throws {
    var machine = coordinator(jobs: 20) { $0.failuresUntilGivenUp = 100 }
    var jobs = join(&machine, bad, "bad", slots: 4, at: 0)
    #expect(jobs.count == 4)
    var benches: [Double] = []
    var now = 0.0
    for job in jobs {
      let effects = fail(&machine, bad, job, at: now)
      benches += effects.sent(to: bad).compactMap { if case .bench(let bench) = $0 { bench.seconds } else { nil } }
      #expect(effects.jobs(to: bad).isEmpty || benches.isEmpty)
      jobs += effects.jobs(to: bad)
    }
    for _ in 0..<6 {
      let next = try #require(nextJob(&machine, bad, from: now))
      #expect(machine.sessions[bad]?.jobs.count == 1)
      #expect(next.at - now >= benches.last ?? 0)
      now = next.at
      let effects = fail(&machine, bad, next.job, at: now)
      benches += effects.sent(to: bad).compactMap { if case .bench(let bench) = $0 { bench.seconds } else { nil } }
    }
    #expect(benches == [0.5, 1, 2, 4, 8, 16, 32])
    #expect(machine.summary.jobs.setAside == 0)
  }

  @Test("ahead of a good one costs no job: all are finished")
  func ahead() throws {
    var machine = coordinator(jobs: 16)
    var now = 0.0
    var job = join(&machine, bad, "bad", at: 0).first
    while let next = job, now < 10 {
      let effects = fail(&machine, bad, next, at: now)
      if let more = effects.jobs(to: bad).first {
        job = more
      } else if let more = nextJob(&machine, bad, from: now) {
        (job, now) = (more.job, more.at)
      } else {
        job = nil
      }
    }
    var goodJobs = join(&machine, good, "good", at: now)
    for _ in 0..<200 where machine.summary.jobs.finished < 16 {
      now += 1
      var effects: CoordinatorTurn = machine.handle(.tick, at: now)
      if let job = goodJobs.popLast() {
        effects += machine.handle(.received(.accept(job), from: good), at: now)
        effects += machine.handle(.received(Fixture.finished(job), from: good), at: now)
        effects += machine.handle(.received(.ready(Ready(freeSlots: 1)), from: good), at: now)
      }
      for lost in effects.jobs(to: bad) { effects += fail(&machine, bad, lost, at: now) }
      goodJobs += effects.jobs(to: good)
    }
    #expect(machine.summary.jobs.finished == 16 && machine.summary.jobs.setAside == 0)
  }

  @Test("what a key did counts for its workers under new names")
  func keys() throws {
    var machine = coordinator(jobs: 20)
    _ = machine.handle(.keysAuthorized(["bad key", "good key"]), at: 0)
    // Each worker fails a job; the first one leaves while it has the next: three attempts without a result.
    for (name, peer) in [("bad-1", PeerID(5)), ("bad-2", PeerID(6))] {
      let job = try #require(join(&machine, peer, name, key: "bad key", at: 1).first)
      _ = fail(&machine, peer, job, at: 1)
      _ = machine.handle(.received(.bye(Bye(reason: "again")), from: peer), at: 1)
    }
    #expect(join(&machine, bad, "bad-3", key: "bad key", at: 1.1).isEmpty)
    #expect(!join(&machine, good, "good-1", key: "good key", at: 1.1).isEmpty)
    #expect(machine.summary.jobs.setAside == 0)
  }

  @Test("alone in a study in which nothing ever succeeds: it is told, no job is set aside, and the study is given up")
  func hopeless() throws {
    var machine = coordinator(jobs: 4)
    var effects: CoordinatorTurn = []
    var now = 0.0
    var job = try #require(join(&machine, bad, "bad", at: 0).first)
    var failures = 0
    while failures < 40 {
      failures += 1
      let new = fail(&machine, bad, job, at: now)
      effects += new
      if new.afterCommit.contains(where: { if case .giveUp = $0 { true } else { false } }) { break }
      if let next = new.jobs(to: bad).first {
        job = next
      } else {
        (job, now) = try #require(nextJob(&machine, bad, from: now))
      }
    }
    #expect(failures == 10)
    #expect(now < 100)
    #expect(
      effects.afterCommit.contains {
        if case .log(.warning, let text) = $0 { text.contains("--give-up-after") } else { false }
      })
    #expect(!effects.records.contains { if case .jobSetAside = $0 { true } else { false } })
    #expect(machine.handle(.tick, at: now + 1).isEmpty)
  }

  @Test("tries other jobs before the same one again: one bad job at the front holds up no study")
  func otherJobsFirst() throws {
    var machine = coordinator(jobs: 4)
    var job = try #require(join(&machine, bad, "w", at: 0).first)
    let badJob = job.job
    var order: [Int64] = []
    for second in 1...20 {
      order.append(job.job)
      let now = Double(second) * 10
      var effects: CoordinatorTurn = machine.handle(.received(.accept(job), from: bad), at: now)
      effects += machine.handle(
        .received(job.job == badJob ? Fixture.failed(job) : Fixture.finished(job), from: bad), at: now)
      effects += machine.handle(.received(.ready(Ready(freeSlots: 1)), from: bad), at: now)
      guard let next = effects.jobs(to: bad).first else { break }
      job = next
    }
    // By then the worker has finished another job, so that its failures count against job 1: the third one sets it
    // aside.
    #expect(order == [1, 2, 1, 1, 3, 4])
    #expect(machine.summary.jobs.setAside == 1 && machine.summary.jobs.finished == 3)
  }

  @Test("a training that still runs is waited for")
  func notHopeless() throws {
    var machine = coordinator(jobs: 4) { $0.failuresUntilGivenUp = 2 }
    let running = try #require(join(&machine, good, "good", at: 0).first)
    _ = machine.handle(.received(.accept(running), from: good), at: 0)
    var job = try #require(join(&machine, bad, "bad", at: 0).first)
    for _ in 0..<2 {
      let effects = fail(&machine, bad, job, at: 0)
      #expect(!effects.afterCommit.contains { if case .giveUp = $0 { true } else { false } })
      if let next = effects.jobs(to: bad).first { job = next }
    }
    #expect(machine.streak.failures == 2)
    let effects = machine.handle(.received(Fixture.finished(running), from: good), at: 1)
    #expect(!effects.afterCommit.contains { if case .giveUp = $0 { true } else { false } })
    #expect(machine.streak.failures == 0)
  }

  @Test("ten jobs set aside in a row: nothing is handed out any more")
  func halted() throws {
    var machine = coordinator(jobs: 16) { $0.failuresUntilGivenUp = 10 }
    var job = try #require(join(&machine, good, "good", at: 0).first)
    _ = machine.handle(.received(.accept(job), from: good), at: 0)
    _ = machine.handle(.received(Fixture.finished(job), from: good), at: 0)
    job = try #require(machine.sessions[good]?.jobs.first.map { AttemptReference(job: $0, attempt: 1) })
    var now = 0.0
    var reasons: [String] = []
    for _ in 0..<100 where reasons.isEmpty {
      let effects = fail(&machine, good, job, at: now)
      reasons = effects.afterCommit.compactMap { if case .giveUp(let reason) = $0 { reason } else { nil } }
      if let next = effects.jobs(to: good).first {
        job = next
      } else if reasons.isEmpty {
        (job, now) = try #require(nextJob(&machine, good, from: now))
      }
    }
    #expect(reasons.first?.contains("10 jobs in a row were set aside") == true, "\(reasons)")
    #expect(machine.summary.jobs.setAside == 10 && machine.summary.jobs.finished == 1)
  }

  @Test("a worker that says that it has a job and never trains loses it, and that counts against it")
  func stalled() throws {
    var machine = coordinator(jobs: 4) { $0.stalledSeconds = 60 }
    let job = try #require(join(&machine, bad, "bad", at: 0).first)
    _ = machine.handle(.received(.accept(job), from: bad), at: 0)
    var effects: CoordinatorTurn = []
    for second in 1...20 {
      let now = Double(second) * 5
      let heartbeat = WorkerHeartbeat(running: [job], freeSlots: 0)
      effects += machine.handle(.received(.workerHeartbeat(heartbeat), from: bad), at: now)
      if second == 4 {
        let progress = AttemptProgress(reference: job, epoch: 0, step: 3, steps: 9, loss: nil, memoryBytes: 1)
        effects += machine.handle(.received(.progress(progress), from: bad), at: now)
      }
      effects += machine.handle(.tick, at: now)
      let isLost = effects.records.contains { if case .attemptEnded(_, _, .lost) = $0 { true } else { false } }
      #expect(isLost == (now > 80), "\(now)")
      if isLost { break }
    }
    #expect(effects.sent(to: bad).contains(.cancel(job)))
    #expect(machine.standing.streaks[.worker("bad")]?.count(isProven: false) == 1)
  }

  @Test("a training that is over and scored for long is not given up")
  func scored() throws {
    var machine = coordinator(jobs: 4) { $0.stalledSeconds = 60 }
    let job = try #require(join(&machine, bad, "bad", at: 0).first)
    _ = machine.handle(.received(.accept(job), from: bad), at: 0)
    for second in 1...40 {
      let now = Double(second) * 5
      _ = machine.handle(.received(.workerHeartbeat(WorkerHeartbeat(running: [job], freeSlots: 0)), from: bad), at: now)
      let progress = AttemptProgress(reference: job, epoch: 1, step: 9, steps: 9, loss: nil, memoryBytes: 1)
      let effects =
        machine.handle(.received(.progress(progress), from: bad), at: now) + machine.handle(.tick, at: now)
      #expect(effects.records.isEmpty, "\(now)")
    }
  }

  @Test("what the record says of failures counts after a restart, and no more once the job is tried anew")
  func restart() throws {
    let workers = ["old", "older"].map {
      WorkerRecord(id: $0, host: "host", processID: 1, slots: 1, kernelVariant: "avx", build: "1")
    }
    let past = StudyPast(
      attempts: [
        .init(job: 1, number: 1, worker: "older", ending: .failed),
        .init(job: 1, number: 2, worker: "older", ending: .lost),
      ],
      workers: workers, finishers: ["old", "older"])
    for failures in 0...1 {
      let restored = JobRecord(
        id: 1, work: .example(Candidate(ranks: ["layer": 1])), attempts: 2,
        failures: failures)
      var machine = coordinator(jobs: 1, restored: [restored], past: past)
      let job = try #require(join(&machine, good, "old", at: 0).first)
      #expect(job.attempt == 3)
      _ = fail(&machine, good, job, at: 1)
      // If the failure at the other worker counts, the job has now failed at two workers that have finished other jobs.
      #expect(machine.summary.jobs.setAside == failures)
    }
  }

  @Test("jobs that the user leaves out are set aside at the start")
  func leftOut() {
    var settings = Fixture.coordinatorSettings()
    settings.leftOut = [2, 99]
    let jobs = (1...3).map {
      JobRecord(
        id: $0, work: .example(Candidate(ranks: ["layer": Int($0)])),
        state: $0 == 2 ? .running : .waiting, attempts: $0 == 2 ? 1 : 0)
    }
    var machine = CoordinatorMachine(settings: settings, jobs: jobs, strategy: TwoStageStrategy(first: 3, second: 0))
    let records = machine.handle(.started, at: 0).records
    #expect(records.contains(.jobSetAside(job: 2, reason: "left out by the user")))
    #expect(machine.summary.jobs.setAside == 1 && machine.summary.jobs.waiting == 2)
  }
}
