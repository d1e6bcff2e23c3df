import Randomness
import SearchProtocol
import Testing

@testable import Coordination

/// Contents that workers give a coordinator, and how both behave under faults.
struct ContentTests {
  private let a = PeerID(1)
  private let b = PeerID(2)
  private let blob = ContentDescription(
    contentHash: Fixture.hash(7), kind: .blob, bytes: 10 * ContentPiece.maximumBytes - 5)

  private func coordinator(
    keys: [String?] = [nil, nil], change: (inout CoordinatorSettings) -> Void = { _ in }
  ) -> CoordinatorMachine {
    var settings = Fixture.coordinatorSettings()
    change(&settings)
    var machine = CoordinatorMachine(settings: settings, jobs: [], strategy: TwoStageStrategy(first: 4))
    _ = machine.handle(.started, at: 0)
    for (peer, (name, key)) in zip([a, b], zip(["w", "v"], keys)) {
      _ = machine.handle(
        .received(Fixture.hello(name, version: ProtocolVersion.newest), from: peer, Delivery(key: key)), at: 0)
    }
    return machine
  }

  private func announce(
    _ content: ContentDescription, by peer: PeerID, to machine: inout CoordinatorMachine, at now: Double = 1
  ) -> CoordinatorTurn {
    machine.handle(.received(.contentAnnouncement(content), from: peer), at: now)
  }

  private func requests(_ turn: CoordinatorTurn, to peer: PeerID) -> [ContentRequest] {
    turn.sent(to: peer).compactMap { if case .contentRequest(let request) = $0 { request } else { nil } }
  }

  private func refusals(_ turn: CoordinatorTurn, to peer: PeerID) -> [String] {
    turn.sent(to: peer).compactMap { if case .contentRefusal(let refusal) = $0 { refusal.reason } else { nil } }
  }

  private func piece(_ request: ContentRequest, ticket: UInt64 = 1) -> ContentPiece {
    ContentPiece(
      contentHash: request.contentHash, ticket: ticket, offset: request.offset, digest: [],
      bytes: [UInt8](repeating: 0, count: request.length))
  }

  /// Answers the coordinator's requests with pieces until none is open, and has the disk store each piece. Returns the
  /// last turn, which has what the coordinator asks of its disk.
  private func giveAll(
    _ first: CoordinatorTurn, by peer: PeerID, to machine: inout CoordinatorMachine, from start: Double = 1,
    atMost: Int = .max
  ) -> CoordinatorTurn {
    var open = requests(first, to: peer)
    var turn = first
    var given = 0
    while !open.isEmpty, given < atMost {
      let request = open.removeFirst()
      guard request.length > 0 else { continue }
      given += 1
      turn = machine.handle(.received(.contentPiece(piece(request)), from: peer), at: start)
      open += requests(turn, to: peer)
      for case .store(let piece) in turn.contentEffects {
        turn = machine.handle(
          .content(.stored(piece.contentHash, end: piece.offset + piece.bytes.count)), at: start)
        open += requests(turn, to: peer)
      }
    }
    return turn
  }

  @Test("a content that a worker announces is asked for piece by piece, checked as a whole, and acknowledged")
  func take() {
    var machine = coordinator()
    #expect(announce(blob, by: a, to: &machine).contentEffects == [.prepare(blob, account: nil)])
    let prepared = machine.handle(.content(.prepared(blob.contentHash, present: 0)), at: 1)
    #expect(requests(prepared, to: a).count == 4)
    let last = giveAll(prepared, by: a, to: &machine)
    #expect(last.contentEffects == [.install(blob)])
    #expect(requests(last, to: a).first?.length == 0, "the last tickets go back")
    let whole = machine.handle(.content(.whole(blob.contentHash)), at: 2)
    #expect(whole.sent(to: a) == [.contentAcknowledged(ContentReference(contentHash: blob.contentHash))])
    #expect(machine.contents.invariants() == [])
    // From then on the coordinator gives the content to other workers, and acknowledges it at once.
    #expect(announce(blob, by: b, to: &machine).sent(to: b).count == 1)
    let query = machine.handle(
      .received(.contentQuery(ContentReference(contentHash: blob.contentHash)), from: b), at: 3)
    #expect(query.sent(to: b) == [.contentAnnouncement(blob)])
    let request = ContentRequest(contentHash: blob.contentHash, offset: 0, length: 9, returned: [])
    let gift = machine.handle(.received(.contentRequest(request), from: b, Delivery(ticket: 5)), at: 3)
    #expect(gift.gifts(to: b).map(\.ticket) == [5])
  }

  @Test("no more pieces are asked for than the disk keeps up with")
  func slowDisk() {
    var machine = coordinator()
    _ = announce(blob, by: a, to: &machine)
    var turn = machine.handle(.content(.prepared(blob.contentHash, present: 0)), at: 1)
    for request in requests(turn, to: a) {
      turn = machine.handle(.received(.contentPiece(piece(request)), from: a), at: 1)
      #expect(requests(turn, to: a).isEmpty)
    }
    turn = machine.handle(.content(.stored(blob.contentHash, end: ContentPiece.maximumBytes)), at: 2)
    #expect(requests(turn, to: a).map(\.offset) == [4 * ContentPiece.maximumBytes])
    #expect(requests(turn, to: a).first?.returned == [1, 1, 1, 1])
  }

  @Test("a worker that leaves in the middle leaves a part; another that has the content gives the rest")
  func otherSource() {
    var machine = coordinator()
    _ = announce(blob, by: a, to: &machine)
    let prepared = machine.handle(.content(.prepared(blob.contentHash, present: 0)), at: 1)
    _ = announce(blob, by: b, to: &machine)
    _ = giveAll(prepared, by: a, to: &machine, atMost: 3)
    let left = machine.handle(.received(.bye(Bye(reason: "")), from: a), at: 2)
    #expect(requests(left, to: b).first?.offset == 3 * ContentPiece.maximumBytes)
    // A piece that arrives all the same, from a peer without a session, was not asked for.
    let undecodable = machine.summary.undecodable
    _ = machine.handle(.received(.contentPiece(piece(requests(left, to: b)[0])), from: PeerID(9)), at: 2)
    _ = machine.handle(.received(.bye(Bye(reason: "")), from: b), at: 3)
    #expect(machine.contents.bytes == 0 && machine.contents.taker.takings.isEmpty)
    #expect(machine.summary.undecodable == undecodable)
    #expect(machine.contents.invariants() == [])
  }

  @Test("what is not the announced content is refused, where only one worker can be to blame")
  func lies() {
    var machine = coordinator()
    _ = announce(blob, by: a, to: &machine)
    let first = machine.handle(.content(.prepared(blob.contentHash, present: ContentPiece.maximumBytes)), at: 1)
    _ = giveAll(first, by: a, to: &machine)
    // The bytes that were on disk before may be the wrong ones.
    let again = machine.handle(.content(.wrong(blob.contentHash)), at: 2)
    #expect(refusals(again, to: a).isEmpty)
    let asked = machine.handle(.tick, at: 4)
    #expect(requests(asked, to: a).first?.offset == 0)
    _ = giveAll(asked, by: a, to: &machine, from: 4)
    let refused = machine.handle(.content(.wrong(blob.contentHash)), at: 5)
    #expect(refusals(refused, to: a).first?.contains("are not content") == true)
    #expect(refused.contentEffects == [.release(blob.contentHash)])
    #expect(machine.contents.bytes == 0 && machine.contents.invariants() == [])
  }

  @Test(
    "damaged pieces and silence are borne for a while; then the worker is asked no more until it announces again"
  )
  func patience() {
    for isSilent in [true, false] {
      var machine = coordinator()
      _ = announce(blob, by: a, to: &machine)
      var turn = machine.handle(.content(.prepared(blob.contentHash, present: 0)), at: 1)
      var reasons: [String] = []
      var now = 1.0
      while reasons.isEmpty, now < 2000, !machine.contents.taker.takings.isEmpty {
        var open = requests(turn, to: a)
        if isSilent { open = [] }
        for request in open where request.length > 0 {
          let given = machine.handle(.received(.contentPiece(piece(request)), from: a), at: now)
          for case .store(let piece) in given.contentEffects {
            reasons += refusals(machine.handle(.content(.damaged(piece.contentHash)), at: now), to: a)
          }
        }
        now += 1
        turn =
          machine.handle(
            .received(.workerHeartbeat(WorkerHeartbeat(running: [], freeSlots: 0)), from: a), at: now)
          + machine.handle(.tick, at: now)
        reasons += refusals(turn, to: a)
      }
      #expect(reasons.count == (isSilent ? 0 : 1), "\(isSilent)")
      #expect(machine.contents.taker.takings.isEmpty && machine.contents.invariants() == [])
      #expect(announce(blob, by: a, to: &machine, at: now).contentEffects == [.prepare(blob, account: nil)])
    }
  }

  @Test("a full disk is a refusal with its reason, and nothing is held for the content any more")
  func fullDisk() {
    var machine = coordinator()
    _ = announce(blob, by: a, to: &machine)
    _ = announce(blob, by: b, to: &machine)
    let failed = machine.handle(.content(.failed(blob.contentHash, reason: "no space left")), at: 1)
    for peer in [a, b] { #expect(refusals(failed, to: peer) == ["no space left"]) }
    #expect(machine.contents.bytes == 0 && machine.contents.announced.isEmpty)
  }

  @Test("contents are bounded in all and for each key, and what has no room is refused with numbers")
  func limits() {
    func content(_ number: Int, _ bytes: Int) -> ContentDescription {
      ContentDescription(contentHash: Fixture.hash(number), kind: .blob, bytes: bytes)
    }
    var machine = coordinator(keys: ["k", "k2"]) { $0.contentLimits = ContentLimits(bytes: 1000) }
    #expect(refusals(announce(content(1, 300), by: a, to: &machine), to: a).isEmpty)
    #expect(refusals(announce(content(2, 201), by: a, to: &machine), to: a).first?.contains("of one key") == true)
    #expect(refusals(announce(content(3, 200), by: a, to: &machine), to: a).isEmpty)
    #expect(refusals(announce(content(4, 500), by: b, to: &machine), to: b).isEmpty)
    #expect(refusals(announce(content(5, 1), by: b, to: &machine), to: b).first?.contains("1.0 kB") == true)
    _ = machine.handle(.received(.bye(Bye(reason: "")), from: a), at: 2)
    #expect(machine.contents.bytes == 500 && machine.contents.bytesByKey == ["k2": 500])
    var none = coordinator { $0.contentLimits = ContentLimits(bytes: 0) }
    #expect(refusals(announce(content(1, 1), by: a, to: &none), to: a).count == 1)
    // Contents stored earlier count.
    var full = coordinator {
      $0.contentLimits = ContentLimits(bytes: 1000)
      $0.contents = [StoredContent(description: content(1, 900), key: nil)]
    }
    #expect(refusals(announce(content(2, 101), by: a, to: &full), to: a).count == 1)
    #expect(full.contents.invariants() == [])
  }

  @Test("a worker may announce four contents at once, one of which is taken at a time; all together a bounded number")
  func announcements() {
    var machine = coordinator { $0.contentLimits.announcements = 5 }
    var prepared = 0
    for number in 0..<9 {
      let content = ContentDescription(contentHash: Fixture.hash(number), kind: .blob, bytes: 10)
      prepared += announce(content, by: a, to: &machine).contentEffects.count
    }
    #expect(prepared == 1 && machine.contents.announced[a]?.count == 4)
    for number in 10..<19 {
      let content = ContentDescription(contentHash: Fixture.hash(number), kind: .blob, bytes: 10)
      _ = announce(content, by: b, to: &machine)
    }
    #expect(machine.contents.announced[b]?.count == 1 && machine.contents.taker.takings.count == 5)
    // A worker that describes a content differently from the first worker is not believed. It may announce the content
    // again later.
    let other = ContentDescription(contentHash: Fixture.hash(0), kind: .blob, bytes: 11)
    #expect(announce(other, by: b, to: &machine).sent(to: b).isEmpty)
    #expect(machine.contents.invariants() == [])
  }

  @Test("strangers announce nothing, and workers of earlier versions are not asked")
  func strangers() {
    var machine = coordinator()
    #expect(announce(blob, by: PeerID(9), to: &machine).sent(to: PeerID(9)) == [.reregister])
    #expect(machine.contents.taker.takings.isEmpty)
    let unknown = ContentReference(contentHash: Fixture.hash(99))
    let query = machine.handle(.received(.contentQuery(unknown), from: a), at: 1)
    #expect(refusals(query, to: a).count == 1)
  }

  @Test("a content that cannot be read any more is given to nobody, and taken again from one who has it")
  func rot() {
    var machine = coordinator { $0.contents = [StoredContent(description: blob, key: nil)] }
    _ = machine.handle(.content(.unreadable(blob.contentHash, reason: "it was changed")), at: 1)
    let request = ContentRequest(contentHash: blob.contentHash, offset: 0, length: 9, returned: [])
    #expect(refusals(machine.handle(.received(.contentRequest(request), from: a), at: 1), to: a).count == 1)
    #expect(announce(blob, by: b, to: &machine).contentEffects == [.prepare(blob, account: nil)])
  }

  @Test(
    "whatever is lost, reordered, damaged, killed or full: contents come to all, whole or not at all",
    arguments: 0..<4)
  func faults(shard: Int) async {
    for index in 0..<40 {
      await Task.yield()
      let seed = UInt64(shard * 40 + index)
      var setup = StableRandom(seed: seed, purpose: "contents")
      var plan = World.Plan(
        workers: 2 + setup.integer(below: 3), slots: 1, strategy: TwoStageStrategy(first: 200, second: 1), steps: 200)
      plan.contents = 1 + setup.integer(below: 6)
      plan.dataBytes = setup.integer(below: 2) == 0 ? ContentPiece.maximumBytes + 100 : 0
      plan.liars = setup.integer(below: 3) == 0 ? 1 : 0
      plan.hasFullDisks = setup.integer(below: 3) == 0
      let world = World(seed: seed, plan: plan)
      for _ in 0..<plan.steps where world.violations.isEmpty { world.step() }
      let ended = world.violations.isEmpty && world.settleContents()
      guard world.violations.isEmpty, ended else {
        Issue.record("seed \(seed): \(world.violations.first ?? world.missingContents)")
        return
      }
    }
  }
}
