import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// Workers that fail what others finish.
@Suite("a worker that fails what others finish")
struct StandingTests {
  let good = PeerID(1)
  let bad = PeerID(2)

  private func coordinator(jobs: Int) -> CoordinatorMachine {
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], strategy: TwoStageStrategy(first: jobs, second: 0))
    _ = machine.handle(.started, at: 0)
    return machine
  }

  private func join(_ machine: inout CoordinatorMachine, _ peer: PeerID, _ name: String, at now: Double)
    -> CoordinatorTurn
  {
    machine.handle(.received(Fixture.hello(name, slots: 1), from: peer), at: now)
      + machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: now)
  }

  /// Accepts and fails every job that comes, until none comes any more.
  private func failAll(
    _ machine: inout CoordinatorMachine, _ peer: PeerID, _ jobs: [AttemptReference], at now: Double
  ) -> CoordinatorTurn {
    var all: CoordinatorTurn = []
    var jobs = jobs
    while let job = jobs.popLast() {
      var effects = machine.handle(.received(.accept(job), from: peer), at: now)
      effects += machine.handle(.received(Fixture.failed(job), from: peer), at: now)
      effects += machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: now)
      jobs += effects.jobs(to: peer)
      all += effects
    }
    return all
  }

  @Test("gets no more than three in doubt, is benched, told so, and comes back after a time; no job is set aside")
  func benched() throws {
    var machine = coordinator(jobs: 12)
    var goodJobs = join(&machine, good, "good", at: 0).jobs(to: good)
    let first = join(&machine, bad, "bad", at: 0).jobs(to: bad)
    var effects = failAll(&machine, bad, first, at: 1)
    #expect(effects.records.count { if case .attemptEnded = $0 { true } else { false } } == 3)
    #expect(machine.summary.restingWorkers == 1)

    var benchedAt: Int?
    var ended = 1
    var settled: CoordinatorTurn = []
    while let job = goodJobs.popLast() {
      ended += 1
      effects = machine.handle(.received(.accept(job), from: good), at: Double(ended))
      effects += machine.handle(.received(Fixture.finished(job), from: good), at: Double(ended))
      effects += machine.handle(.received(.ready(Ready(freeSlots: 1)), from: good), at: Double(ended))
      goodJobs += effects.jobs(to: good)
      // Jobs in doubt are settled: the bad one may try again, until it is known for what it is.
      effects += failAll(&machine, bad, effects.jobs(to: bad), at: Double(ended))
      if benchedAt == nil, effects.records.contains(where: { if case .workerBenched = $0 { true } else { false } }) {
        benchedAt = ended
        #expect(effects.sent(to: bad).contains { if case .bench = $0 { true } else { false } })
      } else if benchedAt != nil {
        #expect(effects.jobs(to: bad).isEmpty)
      }
      settled += effects
    }
    #expect(benchedAt != nil)
    #expect(machine.summary.jobs.setAside == 0)
    #expect(machine.summary.jobs.finished == 12)
    #expect(!settled.records.contains { if case .jobSetAside = $0 { true } else { false } })
  }

  /// A coordinator whose worker `bad` is benched at 10, with jobs left.
  private func withBench() -> CoordinatorMachine {
    var machine = coordinator(jobs: 12)
    var goodJobs = join(&machine, good, "good", at: 0).jobs(to: good)
    _ = failAll(&machine, bad, join(&machine, bad, "bad", at: 0).jobs(to: bad), at: 1)
    while machine.standing.standings["bad"]?.benchedUntil == nil, let job = goodJobs.popLast() {
      var effects = machine.handle(.received(.accept(job), from: good), at: 10)
      effects += machine.handle(.received(Fixture.finished(job), from: good), at: 10)
      effects += machine.handle(.received(.ready(Ready(freeSlots: 1)), from: good), at: 10)
      goodJobs += effects.jobs(to: good)
      _ = failAll(&machine, bad, effects.jobs(to: bad), at: 10)
    }
    return machine
  }

  @Test(
    "stays benched through a reconnection, gets jobs again after the time, and sits out twice as long the next time")
  func wayBack() {
    var machine = withBench()
    let again = PeerID(3)
    var effects = join(&machine, again, "bad", at: 20)
    #expect(effects.jobs(to: again).isEmpty)
    #expect(effects.sent(to: again).contains { if case .bench(let bench) = $0 { bench.seconds == 590 } else { false } })
    var jobs: [AttemptReference] = []
    var unbenched = 0.0
    for second in stride(from: 25.0, through: 700, by: 5) where jobs.isEmpty {
      for (peer, held) in [(good, machine.sessions[good]?.jobs ?? Set<Int64>()), (again, Set<Int64>())] {
        let running = held.map { AttemptReference(job: $0, attempt: machine.jobs[$0]?.attempts ?? 1) }
        effects = machine.handle(
          .received(
            .workerHeartbeat(WorkerHeartbeat(running: running, freeSlots: 1 - min(1, running.count))), from: peer),
          at: second)
        jobs += effects.jobs(to: again)
        if !effects.jobs(to: again).isEmpty { unbenched = second }
      }
      let ticked = machine.handle(.tick, at: second)
      jobs += ticked.jobs(to: again)
      if !ticked.jobs(to: again).isEmpty { unbenched = second }
    }
    #expect(unbenched >= 610 && unbenched <= 625, "\(unbenched)")
    #expect(machine.standing.standings["bad"]?.benchings == 1)
  }

  @Test("a worker that starts again begins anew")
  func restart() {
    var machine = withBench()
    _ = machine.handle(.received(.bye(Bye(reason: "stopped")), from: bad), at: 11)
    #expect(!join(&machine, PeerID(3), "bad-2", at: 12).jobs(to: PeerID(3)).isEmpty)
  }

  /// The worker finishes the first of its jobs.
  private func prove(_ machine: inout CoordinatorMachine, _ peer: PeerID, _ job: AttemptReference, at now: Double)
    -> [AttemptReference]
  {
    var effects = machine.handle(.received(.accept(job), from: peer), at: now)
    effects += machine.handle(.received(Fixture.finished(job), from: peer), at: now)
    effects += machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: now)
    return effects.jobs(to: peer)
  }

  @Test("one worker alone that has finished a job is given what it failed again, until the job is set aside")
  func alone() {
    var machine = coordinator(jobs: 3)
    let first = join(&machine, bad, "bad", at: 0).jobs(to: bad)
    _ = failAll(&machine, bad, prove(&machine, bad, first[0], at: 1), at: 1)
    #expect(machine.summary.jobs.setAside == 2)
    #expect(machine.summary.restingWorkers == 0 && machine.standing.evidence.isEmpty)
  }

  @Test(
    "a job that fails at two workers that have finished others is the job's fault: it is set aside, nobody is benched")
  func badJob() {
    var machine = coordinator(jobs: 4)
    let peers = (1...3).map { PeerID($0) }
    var jobs: [PeerID: [AttemptReference]] = [:]
    for (index, peer) in peers.enumerated() {
      jobs[peer] = join(&machine, peer, "w\(index)", at: 0).jobs(to: peer)
    }
    for peer in peers { jobs[peer] = prove(&machine, peer, jobs[peer]![0], at: 1) }
    var tried: [PeerID] = []
    while let (peer, list) = jobs.first(where: { !$0.value.isEmpty }), let job = list.first {
      tried.append(peer)
      jobs[peer] = []
      var effects = machine.handle(.received(.accept(job), from: peer), at: 1)
      effects += machine.handle(.received(Fixture.failed(job), from: peer), at: 1)
      effects += machine.handle(.received(.ready(Ready(freeSlots: 1)), from: peer), at: 1)
      for other in peers { jobs[other, default: []] += effects.jobs(to: other) }
    }
    #expect(tried.count == 2 && Set(tried).count == 2, "each failure at another worker")
    #expect(machine.summary.jobs.setAside == 1)
    #expect(machine.summary.restingWorkers == 0 && machine.standing.standings.values.allSatisfy { $0.faults == 0 })
  }

  @Test("a job that failed at a worker waits for one that works and has not failed it, whatever benched ones did")
  func benchedOnesDoNotCount() throws {
    var settings = Fixture.coordinatorSettings()
    settings.faultsUntilBenched = 1
    var machine = CoordinatorMachine(
      settings: settings, jobs: [], strategy: TwoStageStrategy(first: 3, second: 0))
    _ = machine.handle(.started, at: 0)
    let other = PeerID(3)
    var jobs = join(&machine, good, "good", at: 0).jobs(to: good)
    let failed = join(&machine, bad, "bad", at: 0).jobs(to: bad)
    _ = machine.handle(.received(Fixture.hello("other", slots: 1), from: other), at: 0)
    let effects = failAll(&machine, bad, failed, at: 1)
    #expect(effects.records.count { if case .attemptEnded = $0 { true } else { false } } == 2)
    // Its second result shows that the bad worker was at fault.
    for _ in 0..<2 { jobs = prove(&machine, good, try #require(jobs.first), at: 2) }
    #expect(machine.standing.isKeptFromJobs(try #require(machine.sessions.identity(at: bad))))
    // It fails the last job: the one that works and has not tried it is to have it.
    #expect(failAll(&machine, good, jobs, at: 3).jobs(to: good).isEmpty)
    let ready = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: other), at: 4)
    #expect(ready.jobs(to: other).map(\.job) == jobs.map(\.job))
  }

  @Test("why an attempt failed is recorded with its end")
  func account() {
    var machine = coordinator(jobs: 1)
    let jobs = join(&machine, bad, "bad", at: 0).jobs(to: bad)
    let failure = AttemptFailure(cause: .processEnded, signal: 11, peakMemoryBytes: 5, seconds: 2, lastLines: ["boom"])
    let report = AttemptReport(
      reference: jobs[0], study: "study-1", outcome: .failed(reason: "crash", failure))
    let records = machine.handle(.received(.result(report), from: bad), at: 1).records
    #expect(records.first == .attemptEnded(job: 1, attempt: 1, .failed(reason: "crash", failure)))
  }
}
