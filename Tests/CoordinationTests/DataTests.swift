import Randomness
import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// The transfer of a data set from the coordinator to workers that lack it.
struct DataTests {
  private let a = PeerID(1)
  private let b = PeerID(2)
  private let bytes = 10 * ContentPiece.maximumBytes - 5
  private var content: ContentDescription {
    ContentDescription(contentHash: Fixture.hash(1), kind: .cifar10, bytes: bytes)
  }
  private let data = DataRequirement(set: .cifar10, contentHash: Fixture.hash(1).text, pathHint: nil)

  private func coordinator(
    version: Int = ProtocolVersion.newest, change: (inout CoordinatorSettings) -> Void = { _ in }
  ) -> CoordinatorMachine {
    var settings = Fixture.coordinatorSettings()
    settings.data = data
    settings.dataBytes = bytes
    change(&settings)
    var machine = CoordinatorMachine(settings: settings, jobs: [], strategy: TwoStageStrategy(first: 4))
    _ = machine.handle(.started, at: 0)
    for (peer, name) in [(a, "w"), (b, "v")] {
      _ = machine.handle(.received(Fixture.hello(name, version: version), from: peer), at: 0)
    }
    return machine
  }

  private func request(_ chunk: Int, returned: [UInt64] = []) -> ContentRequest {
    ContentRequest(
      contentHash: Fixture.hash(1), offset: chunk * ContentPiece.maximumBytes,
      length: min(ContentPiece.maximumBytes, bytes - chunk * ContentPiece.maximumBytes), returned: returned)
  }

  private func asks(_ request: ContentRequest, from peer: PeerID, ticket: UInt64) -> CoordinatorEvent {
    .received(.contentRequest(request), from: peer, Delivery(ticket: ticket))
  }

  private func tickets(_ effects: CoordinatorTurn, _ peer: PeerID) -> [UInt64] {
    effects.gifts(to: peer).map(\.ticket)
  }

  @Test("a worker that returns no tickets gets four chunks and no more; each ticket that comes back gets it another")
  func window() {
    var machine = coordinator()
    for chunk in 0..<9 {
      let effects = machine.handle(asks(request(chunk), from: a, ticket: UInt64(chunk)), at: 1)
      #expect(tickets(effects, a) == (chunk < 4 ? [UInt64(chunk)] : []))
    }
    // A made-up ticket changes nothing.
    #expect(
      tickets(machine.handle(asks(request(4, returned: [77]), from: a, ticket: 50), at: 1), a).isEmpty)
    #expect(tickets(machine.handle(asks(request(4, returned: [0]), from: a, ticket: 51), at: 1), a) == [51])
    #expect(tickets(machine.handle(asks(request(5, returned: [0]), from: a, ticket: 52), at: 1), a).isEmpty)
    // Other workers are not held up. A chunk that was lost is forgotten after a minute.
    #expect(tickets(machine.handle(asks(request(0), from: b, ticket: 60), at: 1), b) == [60])
    for second in 2...70 {
      for peer in [a, b] {
        _ = machine.handle(
          .received(.workerHeartbeat(WorkerHeartbeat(running: [], freeSlots: 0)), from: peer), at: Double(second))
      }
      _ = machine.handle(.tick, at: Double(second))
    }
    #expect(tickets(machine.handle(asks(request(5), from: a, ticket: 70), at: 71), a) == [70])
  }

  @Test("all workers together have a bounded number of chunks on their way, and are served in turn")
  func bound() {
    var machine = coordinator { $0.piecesAtOnce = 5 }
    for chunk in 0..<4 { _ = machine.handle(asks(request(chunk), from: a, ticket: UInt64(chunk)), at: 1) }
    var sent: [UInt64] = []
    for chunk in 0..<4 {
      sent += tickets(machine.handle(asks(request(chunk), from: b, ticket: UInt64(10 + chunk)), at: 1), b)
    }
    #expect(sent == [10])
    #expect(
      tickets(machine.handle(asks(request(4, returned: [0, 1]), from: a, ticket: 4), at: 2), b) == [11, 12])
    // A worker that leaves makes room for others.
    #expect(tickets(machine.handle(.received(.bye(Bye(reason: "")), from: a), at: 3), b) == [13])
    let nothing = ContentRequest(contentHash: Fixture.hash(1), offset: 0, length: 0, returned: [])
    #expect(tickets(machine.handle(asks(nothing, from: b, ticket: 99), at: 3), b).isEmpty)
  }

  @Test(
    """
    other content, bytes that are not there, and data sets that nobody has are refused; strangers are asked to say hello
    """,
    arguments: ProtocolVersion.oldest...ProtocolVersion.newest)
  func refusals(version: Int) {
    func isRefusal(_ message: CoordinatorMessage) -> Bool {
      switch message {
      case .contentRefusal: version >= ProtocolVersion.withContents
      case .dataRefusal: version < ProtocolVersion.withContents
      default: false
      }
    }
    var machine = coordinator(version: version)
    var requests = [request(0), request(9), request(9), request(0)]
    requests[0].contentHash = Fixture.hash(2)
    requests[1].length += 1
    requests[2].offset = FieldLimits.contentBytes
    for request in requests[..<3] {
      let effects = machine.handle(asks(request, from: a, ticket: 1), at: 1)
      #expect(effects.sent(to: a).contains(where: isRefusal))
      #expect(tickets(effects, a).isEmpty)
    }
    #expect(
      machine.handle(asks(request(0), from: PeerID(9), ticket: 1), at: 1) == [
        .send(.reregister, to: PeerID(9))
      ])
    var without = coordinator(version: version) { $0.dataBytes = 0 }
    let effects = without.handle(asks(request(0), from: a, ticket: 1), at: 1)
    #expect(effects.sent(to: a).contains(where: isRefusal))
  }

  // MARK: The worker

  private func welcome(version: Int = ProtocolVersion.newest) -> CoordinatorMessage {
    .welcome(
      Welcome(
        study: "study-1", studyName: "s", protocolVersion: version, data: data, heartbeatSeconds: 5, leaseSeconds: 60))
  }

  private func requests(_ effects: [WorkerEffect]) -> [ContentRequest] {
    effects.sent.compactMap { if case .contentRequest(let request) = $0 { request } else { nil } }
  }

  /// Delivers the piece to the worker, and then the disk's answer.
  private func arrives(
    _ piece: ContentPiece, isIntact: Bool, at worker: inout WorkerMachine, _ now: Double
  ) -> [WorkerEffect] {
    var effects = worker.handle(.received(.contentPiece(piece)), at: now)
    for case .content(.store(let piece)) in effects {
      let hash = piece.contentHash
      effects += worker.handle(
        .content(isIntact ? .stored(hash, end: piece.offset + piece.bytes.count) : .damaged(hash)), at: now)
    }
    return effects
  }

  private func chunk(_ number: Int, ticket: UInt64 = 1) -> ContentPiece {
    let request = request(number)
    return ContentPiece(
      contentHash: Fixture.hash(1), ticket: ticket, offset: request.offset, digest: [],
      bytes: [UInt8](repeating: 0, count: request.length))
  }

  private func fetching(
    present: Int = 0, change: (inout WorkerSettings) -> Void = { _ in }
  ) -> (WorkerMachine, [WorkerEffect]) {
    var settings = Fixture.workerSettings("w")
    change(&settings)
    var worker = WorkerMachine(settings: settings)
    _ = worker.handle(.started, at: 0)
    #expect(worker.handle(.received(welcome()), at: 0).contains(.locateData(data)))
    let effects = worker.handle(.dataAbsent(present: present, bytes: bytes, reason: "not here"), at: 0)
    return (worker, effects)
  }

  @Test("a worker asks for the data set piece by piece, keeps what is next, and installs the whole")
  func fetch() {
    var (worker, effects) = fetching()
    #expect(requests(effects) == (0..<4).map { request($0) })
    for number in 0..<10 {
      effects = arrives(chunk(number, ticket: UInt64(number)), isIntact: true, at: &worker, 1)
      let stored = effects.compactMap {
        if case .content(.store(let piece)) = $0 { [piece.offset, piece.bytes.count] } else { nil }
      }
      #expect(stored == [[request(number).offset, request(number).length]])
      if number < 6 { #expect(requests(effects) == [request(number + 4, returned: [UInt64(number)])]) }
    }
    #expect(effects.contains(.content(.install(content))))
    #expect(requests(effects).first?.returned == [6, 7, 8, 9])
    #expect(requests(effects).first?.length == 0)
    #expect(worker.handle(.content(.whole(content.contentHash)), at: 2).sent == [.ready(Ready(freeSlots: 2))])
  }

  @Test("what is there already is not fetched again; only the check of the whole decides")
  func resume() {
    let (_, effects) = fetching(present: ContentPiece.maximumBytes + 7)
    #expect(requests(effects).first?.offset == ContentPiece.maximumBytes + 7)
    let (_, whole) = fetching(present: bytes)
    #expect(requests(whole).isEmpty && whole.contains(.content(.install(content))))
  }

  @Test("a damaged piece is asked for again, once everything that followed it has come")
  func damage() {
    var (worker, _) = fetching()
    #expect(requests(arrives(chunk(0), isIntact: false, at: &worker, 1)).isEmpty)
    for number in 1..<3 {
      #expect(requests(arrives(chunk(number), isIntact: true, at: &worker, 1)).isEmpty)
    }
    #expect(requests(arrives(chunk(3), isIntact: true, at: &worker, 1)).isEmpty)
    #expect(requests(worker.handle(.tick, at: 1.9)).isEmpty)
    let effects = worker.handle(.tick, at: 2)
    #expect(requests(effects).map(\.offset) == (0..<4).map { request($0).offset })
    #expect(requests(effects).first?.returned.count == 4)
  }

  @Test(
    "a fetch that never succeeds is asked for after pauses that double, whatever comes in between",
    arguments: [0, 1, 2])
  func pauses(kind: Int) {
    var (worker, _) = fetching()
    var asked: [Double] = []
    var waiting = 4
    for step in 1...6000 {
      let now = Double(step) / 10
      var effects: [WorkerEffect] = []
      if waiting > 0 {
        waiting -= 1
        // A damaged piece, one out of order, or a damaged one with a new welcome each time.
        effects += arrives(chunk(kind == 1 ? 5 : 0), isIntact: kind == 1, at: &worker, now)
        if kind == 2 { effects += worker.handle(.received(welcome()), at: now) }
      }
      effects += worker.handle(.received(.coordinatorHeartbeat(CoordinatorHeartbeat(study: "study-1"))), at: now)
      effects += worker.handle(.tick, at: now)
      let count = requests(effects).count
      if count > 0 { asked.append(now) }
      waiting += count
    }
    #expect(asked.count >= 6 && asked.count <= 20, "\(asked)")
    let gaps = zip(asked.dropFirst(), asked).map { $0 - $1 }
    for (next, gap) in zip(gaps.dropFirst(), gaps) { #expect(next >= min(60, 1.5 * gap), "\(gaps)") }
  }

  @Test("silence, and a new connection, ask for the rest again")
  func interruption() {
    var (worker, _) = fetching()
    _ = arrives(chunk(0), isIntact: true, at: &worker, 1)
    for second in 2...31 {
      _ = worker.handle(.received(.coordinatorHeartbeat(CoordinatorHeartbeat(study: "study-1"))), at: Double(second))
      #expect(requests(worker.handle(.tick, at: Double(second))).isEmpty)
    }
    #expect(requests(worker.handle(.tick, at: 32)).first?.offset == request(1).offset)
    _ = worker.handle(.received(.reregister), at: 33)
    let effects = worker.handle(.received(welcome()), at: 34)
    #expect(requests(effects).first?.offset == request(1).offset)
    #expect(!effects.contains(.locateData(data)))
  }

  @Test("without a coordinator for a minute, and at the study's end, what is half here is let go for other workers")
  func letGo() {
    let isOver: [(inout WorkerMachine) -> [WorkerEffect]] = [
      { worker in
        #expect(worker.handle(.tick, at: 20).allSatisfy { $0 != .forgetData })
        return worker.handle(.tick, at: 61)
      },
      { worker in
        let effects = worker.handle(.received(.drain(Drain(reason: .studyFinished))), at: 20)
        return effects + worker.handle(.tick, at: 50)
      },
    ]
    for end in isOver {
      var (worker, _) = fetching(change: { $0.stays = true })
      let effects = end(&worker)
      #expect(effects.contains(.forgetData) && effects.contains(.content(.release(content.contentHash))))
      #expect(worker.contents.invariants() == [])
      #expect(worker.handle(.received(welcome()), at: 62).contains(.locateData(data)))
      #expect(!requests(worker.handle(.dataAbsent(present: 0, bytes: bytes, reason: "not here"), at: 63)).isEmpty)
    }
  }

  @Test("other content, fetched three times, is given up; so is a coordinator that cannot give it, or is too old")
  func giveUp() {
    var (worker, _) = fetching(present: bytes)
    for _ in 0..<2 {
      let refused = worker.handle(.content(.wrong(content.contentHash)), at: 1)
      #expect(refused.exitCode == nil && requests(refused).isEmpty)
      #expect(!requests(worker.handle(.tick, at: 4)).isEmpty)
      for number in 0..<10 { _ = arrives(chunk(number), isIntact: true, at: &worker, 4) }
    }
    #expect(worker.handle(.content(.wrong(content.contentHash)), at: 1).exitCode == 1)
    var (refused, _) = fetching()
    #expect(refused.handle(.received(.dataRefusal(Refusal(reason: "changed"))), at: 1).exitCode == 1)
    (refused, _) = fetching()
    let refusal = ContentRefusal(contentHash: content.contentHash, subject: .request, reason: "changed")
    #expect(refused.handle(.received(.contentRefusal(refusal)), at: 1).exitCode == 1)
    var old = WorkerMachine(settings: Fixture.workerSettings("w"))
    _ = old.handle(.started, at: 0)
    _ = old.handle(.received(welcome(version: 1)), at: 0)
    #expect(old.handle(.dataAbsent(present: 0, bytes: bytes, reason: "not here"), at: 1).exitCode == 1)
  }

  @Test("whatever is lost, repeated, damaged or killed: every worker ends up with the data set, and the study ends")
  func faults() async {
    for seed in 0..<40 {
      await Task.yield()
      var plan = World.Plan(
        workers: 1 + seed % 3, slots: 1, strategy: TwoStageStrategy(first: 2, second: 1), steps: 120)
      plan.dataBytes = 2 * ContentPiece.maximumBytes + 100
      let world = World(seed: UInt64(seed), plan: plan)
      for _ in 0..<plan.steps where world.violations.isEmpty { world.step() }
      let ended = world.settle()
      guard world.violations.isEmpty, ended else {
        Issue.record("seed \(seed): \(world.violations.first ?? "the study does not end")")
        return
      }
    }
  }
}
