import Coordination
import SearchCore
import SearchProtocol
import Testing

/// Which workers a coordinator admits by their keys.
struct KeyTests {
  private let a = PeerID(1)
  private let b = PeerID(2)

  private func machine(_ keys: Set<String> = ["key a", "key b"]) -> CoordinatorMachine {
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], strategy: TwoStageStrategy(first: 4))
    _ = machine.handle(.keysAuthorized(keys), at: 0)
    _ = machine.handle(.started, at: 0)
    return machine
  }

  private func hello(_ worker: String, running: [AttemptReference] = []) -> Hello {
    guard case .hello(let hello) = Fixture.hello(worker, slots: 2, study: "study-1", running: running) else {
      fatalError("not a hello")
    }
    return hello
  }

  private func isRefused(_ effects: CoordinatorTurn, _ peer: PeerID) -> Bool {
    effects.sent(to: peer).contains { if case .refusal = $0 { true } else { false } }
  }

  @Test("only holders of authorized keys are welcomed, and nobody without a key")
  func unknown() {
    var machine = machine()
    #expect(isRefused(machine.handle(.received(.hello(hello("w")), from: a, Delivery(key: "key c")), at: 0), a))
    #expect(isRefused(machine.handle(.received(.hello(hello("w")), from: a), at: 0), a))
    #expect(machine.summary.workers == 0)
    #expect(!isRefused(machine.handle(.received(.hello(hello("w")), from: a, Delivery(key: "key a")), at: 0), a))
    #expect(machine.summary.workers == 1)
  }

  @Test("a worker whose key is taken away is refused, its jobs go to others at once, and its words count no more")
  func revoked() {
    var machine = machine()
    for (peer, key) in [(a, "key a"), (b, "key b")] {
      _ = machine.handle(.received(.hello(hello(key)), from: peer, Delivery(key: key)), at: 0)
    }
    let jobs = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: a), at: 0).jobs(to: a)
    for job in jobs { _ = machine.handle(.received(.accept(job), from: a), at: 0) }
    _ = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: b), at: 0)
    let others = machine.handle(.received(.ready(Ready(freeSlots: 2)), from: b), at: 1)
    #expect(others.jobs(to: b).isEmpty && jobs.count == 2)

    let effects = machine.handle(.keysAuthorized(["key b"]), at: 2)
    #expect(isRefused(effects, a) && !isRefused(effects, b))
    #expect(machine.summary.workers == 1)
    #expect(
      effects.records.contains {
        if case .attemptEnded(job: jobs[0].job, attempt: 1, .returned) = $0 { true } else { false }
      })
    #expect(machine.handle(.received(Fixture.finished(jobs[0]), from: a), at: 3) == [.send(.reregister, to: a)])
    let again = machine.handle(.received(.hello(hello("key a", running: jobs)), from: a, Delivery(key: "key a")), at: 3)
    #expect(isRefused(again, a) && again.records.isEmpty)
    _ = machine.handle(.received(.workerHeartbeat(WorkerHeartbeat(running: [], freeSlots: 2)), from: b), at: 30)
    #expect(machine.summary.jobs.running == 2)

    // Once its key is authorized again, the worker may come back.
    _ = machine.handle(.keysAuthorized(["key a", "key b"]), at: 31)
    #expect(!isRefused(machine.handle(.received(.hello(hello("key a")), from: a, Delivery(key: "key a")), at: 31), a))
  }

  @Test("a worker cannot take the place of another one that has another key; with its own key it may reconnect")
  func names() {
    var machine = machine()
    _ = machine.handle(.received(.hello(hello("w")), from: a, Delivery(key: "key a")), at: 0)
    #expect(isRefused(machine.handle(.received(.hello(hello("w")), from: b, Delivery(key: "key b")), at: 0), b))
    #expect(machine.handle(.received(.ready(Ready(freeSlots: 1)), from: a), at: 0).jobs(to: a).count == 1)
    #expect(!isRefused(machine.handle(.received(.hello(hello("w")), from: b, Delivery(key: "key a")), at: 0), b))
    #expect(machine.summary.workers == 1)
  }

  @Test("a worker that is not let in leaves with an error at first, and goes on training later")
  func turnedAway() {
    var worker = WorkerMachine(settings: Fixture.workerSettings("w"))
    _ = worker.handle(.started, at: 0)
    let effects = worker.handle(.turnedAway("no key"), at: 0)
    #expect(effects.exitCode == 1 && effects.contains(.log(.error, "no key")))

    var known = WorkerMachine(settings: Fixture.workerSettings("w"))
    _ = known.handle(.started, at: 0)
    let welcome = Welcome(
      study: "study-1", studyName: "s", protocolVersion: 1, data: Fixture.data, heartbeatSeconds: 5, leaseSeconds: 60)
    _ = known.handle(.received(.welcome(welcome)), at: 0)
    _ = known.handle(.dataLocated(path: nil), at: 0)
    let job = JobAssignment(
      reference: Fixture.reference(1), work: .example(.dense))
    _ = known.handle(.received(.job(job)), at: 1)
    let later = known.handle(.turnedAway("no key"), at: 60)
    #expect(later.exitCode == nil && known.runningCount == 1)
    #expect(!known.handle(.turnedAway("no key"), at: 61).contains { if case .log = $0 { true } else { false } })
  }
}
