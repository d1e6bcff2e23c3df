import SearchCore
import SearchProtocol
import Testing

@testable import Coordination

/// Peers of protocol version 2. The tests contain their frames as that version writes them.
struct VersionTests {
  private static let hash = String(repeating: "5a", count: 32)

  private func frames(_ type: UInt8, _ payload: [UInt8], id: UInt8 = 1) -> [[UInt8]] {
    [Array("LYSR".utf8) + [1], [type], [0, 0, 0, 0, 0, 0, 0, id], payload]
  }

  private func frames(_ type: UInt8, _ payload: String) -> [[UInt8]] { frames(type, Array(payload.utf8)) }

  private var hello: [[UInt8]] {
    frames(
      1,
      #"{"build":"0.9","dataHashes":{},"finished":[],"host":"h","kernelVariant":"avx2","newestProtocol":2,"#
        + #""oldestProtocol":1,"processID":7,"running":[],"slots":1,"worker":"w"}"#)
  }

  private var welcome: [[UInt8]] {
    frames(
      65,
      #"{"data":{"contentHash":"\#(Self.hash)","set":"cifar10"},"heartbeatSeconds":5,"leaseSeconds":60,"#
        + #""protocolVersion":2,"study":"study-1","studyName":"test"}"#)
  }

  private func request(offset: Int, length: Int, returned: String = "") -> [[UInt8]] {
    frames(8, #"{"contentHash":"\#(Self.hash)","length":\#(length),"offset":\#(offset),"returned":[\#(returned)]}"#)
  }

  /// Ticket 258, offset 1000, a digest of 32 bytes of 9, and the bytes 1, 2, 3.
  private var piece: [[UInt8]] {
    frames(
      73,
      [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0x03, 0xe8] + [UInt8](repeating: 9, count: 32) + [1, 2, 3])
  }

  private let refusal = #"{"reason":"the coordinator does not have this data"}"#

  @Test("a worker of version 2 fetches the data set from a coordinator of this version, in the frames that it knows")
  func oldWorker() throws {
    var settings = Fixture.coordinatorSettings()
    settings.data = DataRequirement(set: .cifar10, contentHash: Self.hash, pathHint: nil)
    settings.dataBytes = 1003
    var machine = CoordinatorMachine(settings: settings, jobs: [], strategy: TwoStageStrategy(first: 4))
    _ = machine.handle(.started, at: 0)
    let peer = PeerID(1)
    func hear(_ frames: [[UInt8]]) throws -> CoordinatorTurn {
      let message = try MessageCodec.decode(frames, as: WorkerMessage.self).message
      return machine.handle(.received(message, from: peer, Delivery(ticket: 258)), at: 1)
    }
    let welcomes = try hear(hello).sent(to: peer).map { try MessageCodec.encode($0, id: 1) }
    #expect(welcomes == [welcome])
    let gift = try #require(try hear(request(offset: 1000, length: 3)).gifts(to: peer).first)
    #expect(gift.range == 1000..<1003 && gift.ticket == 258 && !gift.namesContent)
    let answer = ContentPiece(
      contentHash: gift.contentHash, ticket: gift.ticket, offset: 1000, digest: [UInt8](repeating: 9, count: 32),
      bytes: [1, 2, 3])
    #expect(try MessageCodec.encode(CoordinatorMessage.dataChunk(answer.unnamed), id: 1) == piece)
    let refused = try hear(request(offset: 1001, length: 3, returned: "258")).sent(to: peer)
    #expect(try refused.map { try MessageCodec.encode($0, id: 1) } == [frames(74, refusal)])
  }

  @Test(
    "a worker of this version fetches the data set from a coordinator of version 2, and says nothing else of contents")
  func oldCoordinator() throws {
    var worker = WorkerMachine(settings: Fixture.workerSettings("w"))
    func hear(_ frames: [[UInt8]]) throws -> [WorkerEffect] {
      worker.handle(
        .received(try MessageCodec.decode(frames, as: CoordinatorMessage.self).message), at: 1)
    }
    _ = worker.handle(.started, at: 0)
    let data = DataRequirement(set: .cifar10, contentHash: Self.hash, pathHint: nil)
    #expect(try hear(welcome).contains(.locateData(data)))
    let asked = worker.handle(.dataAbsent(present: 1000, bytes: 1003, reason: "not here"), at: 1).sent
    #expect(try asked.map { try MessageCodec.encode($0, id: 1) } == [request(offset: 1000, length: 3)])
    let hash = try #require(ContentHash(Self.hash))
    let stored = try hear(piece)
    let expected = ContentPiece(
      contentHash: hash, ticket: 258, offset: 1000, digest: [UInt8](repeating: 9, count: 32), bytes: [1, 2, 3])
    #expect(stored == [.content(.store(expected))])
    let last = worker.handle(.content(.stored(hash, end: 1003)), at: 1)
    #expect(
      try last.sent.map { try MessageCodec.encode($0, id: 1) } == [request(offset: 0, length: 0, returned: "258")])
    // The contents of the worker's clients wait for a coordinator that supports contents.
    let blob = ContentDescription(contentHash: Fixture.hash(1), kind: .blob, bytes: 9)
    #expect(worker.handle(.contentOffered(blob), at: 1).sent.isEmpty)
    #expect(worker.handle(.content(.whole(hash)), at: 2).sent == [.ready(Ready(freeSlots: 2))])
    #expect(worker.handle(.tick, at: 14).sent.allSatisfy { if case .contentAnnouncement = $0 { false } else { true } })
    // As in version 2, a worker ends if the coordinator cannot give the data set.
    var other = WorkerMachine(settings: Fixture.workerSettings("v"))
    _ = other.handle(.started, at: 0)
    for frames in [welcome, frames(74, refusal)] {
      _ = other.handle(.received(try MessageCodec.decode(frames, as: CoordinatorMessage.self).message), at: 1)
    }
    #expect(other.phase == .ended)
  }

  @Test("a coordinator of this version says to each worker what its version knows")
  func mixed() {
    var machine = CoordinatorMachine(
      settings: Fixture.coordinatorSettings(), jobs: [], strategy: TwoStageStrategy(first: 4))
    _ = machine.handle(.started, at: 0)
    for version in 1...5 {
      let turn = machine.handle(
        .received(Fixture.hello("w\(version)", version: version), from: PeerID(version)), at: 0)
      let versions = turn.sent(to: PeerID(version)).compactMap {
        if case .welcome(let welcome) = $0 { welcome.protocolVersion } else { nil }
      }
      #expect(versions == [min(version, ProtocolVersion.newest)])
    }
  }
}
