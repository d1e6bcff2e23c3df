import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// How much one peer can make a coordinator or a worker send and record.
struct LimitTests {
  private let a = PeerID(1)

  private func machine(change: (inout CoordinatorSettings) -> Void = { _ in }) -> CoordinatorMachine {
    var settings = Fixture.coordinatorSettings()
    change(&settings)
    var machine = CoordinatorMachine(settings: settings, jobs: [], strategy: TwoStageStrategy(first: 4))
    _ = machine.handle(.started, at: 0)
    return machine
  }

  private func unknown(_ count: Int) -> [AttemptReference] { (0..<count).map { Fixture.reference(1000 + Int64($0)) } }

  @Test(
    """
    of attempts that nobody knows, a hello's running ones are answered as far as there are slots, finished ones not \
    at all
    """
  )
  func unknownAttempts() {
    var machine = machine()
    func cancels(_ message: WorkerMessage, at now: Double) -> Int {
      machine.handle(.received(message, from: a), at: now).sent(to: a).count {
        if case .cancel = $0 { true } else { false }
      }
    }
    let hello = Fixture.hello("w", slots: 3, study: "study-1", running: unknown(3), finished: unknown(5000))
    #expect(cancels(hello, at: 0) == 3)
    #expect(cancels(hello, at: 1) == 0)
    let heartbeat = WorkerMessage.workerHeartbeat(WorkerHeartbeat(running: unknown(5000), freeSlots: 0))
    #expect(cancels(heartbeat, at: 2) == 0)
    #expect(cancels(heartbeat, at: 5) == 3)
    #expect(cancels(heartbeat, at: 6) == 0)
  }

  @Test("a hello again and again is answered so often, then once a second, also under other names")
  func hellos() {
    var machine = machine()
    func welcomes(_ name: String, at now: Double) -> Int {
      machine.handle(.received(Fixture.hello(name), from: a), at: now).sent(to: a).count {
        if case .welcome = $0 { true } else { false }
      }
    }
    let many = (0..<1000).reduce(0) { $0 + welcomes("w\($1)", at: 1) }
    #expect(many >= 10 && many <= 50)
    #expect(welcomes("w", at: 1.5) == 0)
    #expect(welcomes("w", at: 3) == 1)
  }

  @Test(
    "of ever new names so many go on record, the others with their first job; those that left before leave no trace")
  func names() {
    var machine = machine { $0.maximumWorkers = 100_000 }
    var joined = 0
    var left = 0
    func count(_ effects: CoordinatorTurn) {
      for change in effects.records {
        switch change {
        case .workerJoined: joined += 1
        case .workerLeft: left += 1
        default: break
        }
      }
    }
    for number in 0..<5000 as Range<Int> {
      count(machine.handle(.received(Fixture.hello("w\(number)"), from: PeerID(number)), at: 0))
    }
    #expect(joined > 1000 && joined < 3000)
    for number in 0..<5000 as Range<Int> where number != 4999 {
      count(machine.handle(.received(.bye(Bye(reason: "")), from: PeerID(number)), at: 0))
    }
    #expect(left == joined)
    let effects = machine.handle(.received(.ready(Ready(freeSlots: 1)), from: PeerID(4999)), at: 0)
    let records = effects.records.map { change in
      switch change {
      case .workerJoined(let worker): worker.id
      case .attemptStarted(_, _, let worker): "job of \(worker)"
      default: ""
      }
    }
    #expect(records == ["w4999", "job of w4999"])
  }

  @Test("names of kernel variants are noted for so many, not for ever")
  func variants() {
    var machine = machine()
    var notes = 0
    for number in 0..<500 as Range<Int> {
      guard case .hello(var hello) = Fixture.hello("w\(number)") else { return }
      hello.kernelVariant = "variant \(number)"
      let effects = machine.handle(.received(.hello(hello), from: PeerID(number)), at: 0)
      notes += effects.records.count { if case .noted = $0 { true } else { false } }
    }
    #expect(notes > 0 && notes < 20)
  }

  // MARK: A worker under a coordinator that misbehaves

  private let welcome = CoordinatorMessage.welcome(
    Welcome(
      study: "study-1", studyName: "test", protocolVersion: 2, data: Fixture.data, heartbeatSeconds: 5, leaseSeconds: 60
    ))

  private func worker() -> WorkerMachine {
    var machine = WorkerMachine(settings: Fixture.workerSettings("w", slots: 2))
    _ = machine.handle(.started, at: 0)
    _ = machine.handle(.received(welcome), at: 0)
    _ = machine.handle(.dataLocated(path: nil), at: 0)
    return machine
  }

  @Test("welcomes that answer no hello change nothing, and nobody makes a worker say hello all the time")
  func welcomes() {
    var machine = worker()
    var effects = 0
    for _ in 0..<3000 { effects += machine.handle(.received(welcome), at: 1).count }
    #expect(effects == 0)
    var hellos = 0
    for _ in 0..<3000 {
      let heartbeat = CoordinatorMessage.coordinatorHeartbeat(CoordinatorHeartbeat(study: "another"))
      for message in [heartbeat, .reregister, welcome] {
        for case .send(.hello) in machine.handle(.received(message), at: 1.1) { hellos += 1 }
      }
    }
    #expect(hellos <= 1)
  }

  @Test("jobs without end are handed back up to a number, then let be")
  func jobs() {
    var machine = worker()
    var started = 0
    for number in 1...20_000 as ClosedRange<Int64> {
      let job = JobAssignment(
        reference: Fixture.reference(number), work: .example(.dense))
      for case .startJob in machine.handle(.received(.job(job)), at: 1) { started += 1 }
    }
    #expect(started == 2)
    #expect(machine.unacknowledged.count < 2000)
  }
}
