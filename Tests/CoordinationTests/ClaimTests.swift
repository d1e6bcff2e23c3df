import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// Which worker's reports on an attempt count.
@Suite("reports count from the worker that the attempt was given to")
struct ClaimTests {
  private let a = PeerID(1)
  private let b = PeerID(2)

  private func machine(jobs: [JobRecord] = [], past: StudyPast = StudyPast()) -> CoordinatorMachine {
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: jobs, past: past, strategy: TwoStageStrategy(first: 4))
    _ = machine.handle(.started, at: 0)
    return machine
  }

  private func join(
    _ machine: inout CoordinatorMachine, _ peer: PeerID, _ name: String, host: String = "host", key: String? = nil,
    at now: Double = 0
  ) -> [AttemptReference] {
    let message = Fixture.hello(name, host: host)
    _ = machine.handle(.received(message, from: peer, Delivery(key: key)), at: now)
    let jobs = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: peer), at: now).jobs(to: peer)
    for job in jobs { _ = machine.handle(.received(.accept(job), from: peer), at: now) }
    return jobs
  }

  private func isFinished(_ effects: CoordinatorTurn) -> Bool {
    effects.records.contains { if case .jobFinished = $0 { true } else { false } }
  }

  @Test("a worker that never had the job cannot settle it, on whatever host it says it is; this is told once")
  func foreign() {
    var machine = machine()
    let jobs = join(&machine, a, "honest")
    _ = join(&machine, b, "liar")
    var warnings = 0
    // On the same host, the worker may be the successor of one that died unnoticed, so the claim stays undecided. On
    // another host it never is.
    for report in [Fixture.finished(jobs[0]), Fixture.failed(jobs[0])] {
      #expect(machine.handle(.received(report, from: b), at: 1).isEmpty)
    }
    let c = PeerID(3)
    _ = join(&machine, c, "liar elsewhere", host: "elsewhere")
    for job in jobs {
      for report in [Fixture.finished(job), Fixture.failed(job), Fixture.returned(job)] {
        let effects = machine.handle(.received(report, from: c), at: 1)
        #expect(effects.records.isEmpty && effects.sent(to: c).contains(.resultAcknowledged(job)))
        warnings += effects.afterCommit.count { if case .log(.warning, _) = $0 { true } else { false } }
      }
    }
    #expect(warnings == 1)
    for job in jobs { #expect(isFinished(machine.handle(.received(Fixture.finished(job), from: a), at: 2))) }
  }

  @Test("nor does it get an attempt by listing it")
  func listed() {
    var machine = machine()
    let jobs = join(&machine, a, "honest")
    _ = join(&machine, b, "liar", host: "elsewhere")
    _ = machine.handle(.received(.bye(Bye(reason: "gone")), from: a), at: 1)
    let heartbeat = WorkerHeartbeat(running: jobs, freeSlots: 0)
    let effects = machine.handle(.received(.workerHeartbeat(heartbeat), from: b), at: 2)
    #expect(jobs.allSatisfy { effects.sent(to: b).contains(.cancel($0)) })
  }

  @Test("a worker of the same host brings what one that is gone left on disk; one of another host does not")
  func adopted() {
    for (host, counts) in [("host", true), ("elsewhere", false)] {
      var machine = machine()
      let jobs = join(&machine, a, "first")
      _ = machine.handle(.received(.bye(Bye(reason: "killed")), from: a), at: 1)
      _ = machine.handle(.received(Fixture.hello("second", host: host), from: b), at: 2)
      #expect(isFinished(machine.handle(.received(Fixture.finished(jobs[0]), from: b), at: 2)) == counts)
    }
  }

  @Test("with keys the key counts, whatever the name and the host")
  func keys() {
    for (key, counts) in [("key a", true), ("key b", false)] {
      var machine = machine()
      _ = machine.handle(.keysAuthorized(["key a", "key b"]), at: 0)
      let jobs = join(&machine, a, "first", key: "key a")
      _ = machine.handle(.received(.bye(Bye(reason: "killed")), from: a), at: 1)
      _ = join(&machine, b, "second", host: key == "key a" ? "moved" : "host", key: key, at: 2)
      #expect(isFinished(machine.handle(.received(Fixture.finished(jobs[0]), from: b), at: 2)) == counts)
    }
  }

  @Test("a result of other kernels than the worker said it has fails the attempt")
  func variant() {
    var machine = machine()
    let job = join(&machine, a, "w")[0]
    var result = Fixture.result()
    result.kernelVariant = "neon"
    let report = AttemptReport(reference: job, study: "study-1", outcome: .finished(result))
    let effects = machine.handle(.received(.result(report), from: a), at: 1)
    #expect(!isFinished(effects) && effects.sent(to: a).contains(.resultAcknowledged(job)))
    #expect(
      effects.records.contains {
        if case .attemptEnded(_, _, .failed(let reason, _)) = $0 { reason.contains("neon") } else { false }
      })
  }

  @Test("after a restart the record tells whose an attempt was; one that is not on it needs a worker or a host that is")
  func restart() {
    let worker = WorkerRecord(id: "first", host: "host", processID: 1, slots: 2, kernelVariant: "avx", build: "1")
    let past = StudyPast(
      attempts: [.init(job: 1, number: 1, worker: "first", ending: nil)], workers: [worker], finishers: [])
    func jobs() -> [JobRecord] {
      (1...4).map {
        JobRecord(
          id: $0, work: .example(Candidate(ranks: ["layer": Int($0)])),
          state: $0 == 1 ? .running : .waiting, attempts: $0 == 1 ? 1 : 0)
      }
    }
    for (name, host, counts) in [("first", "host", true), ("next", "host", true), ("next", "elsewhere", false)] {
      for job: Int64 in [1, 2] {
        var machine = machine(jobs: jobs(), past: past)
        _ = machine.handle(.received(Fixture.hello(name, host: host), from: b), at: 1)
        let effects = machine.handle(.received(Fixture.finished(Fixture.reference(job)), from: b), at: 1)
        #expect(isFinished(effects) == counts, "\(name) on \(host), job \(job)")
      }
    }
  }
}
