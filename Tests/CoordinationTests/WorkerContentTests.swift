import SearchProtocol
import Testing

@testable import Coordination

/// Contents that a worker gives and fetches.
struct WorkerContentTests {
  private let blob = ContentDescription(
    contentHash: Fixture.hash(7), kind: .blob, bytes: 10 * ContentPiece.maximumBytes - 5)

  private func worker(version: Int = ProtocolVersion.newest) -> WorkerMachine {
    var worker = WorkerMachine(settings: Fixture.workerSettings("w"))
    _ = worker.handle(.started, at: 0)
    let welcome = Welcome(
      study: "study-1", studyName: "s", protocolVersion: version, data: Fixture.data, heartbeatSeconds: 5,
      leaseSeconds: 60)
    _ = worker.handle(.received(.welcome(welcome)), at: 0)
    _ = worker.handle(.dataLocated(path: nil), at: 0)
    return worker
  }

  @Test("a worker announces what its clients have, gives what it is asked for, and tells them how it ended")
  func give() {
    var worker = worker()
    let announcement = WorkerMessage.contentAnnouncement(blob)
    #expect(worker.handle(.contentOffered(blob), at: 1).sent == [announcement])
    let request = ContentRequest(contentHash: blob.contentHash, offset: 5, length: 9, returned: [])
    let gifts = worker.handle(.received(.contentRequest(request), ticket: 3), at: 2)
    #expect(
      gifts == [
        .content(
          .give(ContentGift(contentHash: blob.contentHash, range: 5..<14, ticket: 3, peer: WorkerMachine.coordinator)))
      ])
    // An announcement that is not answered for a minute is repeated, also to a restarted coordinator.
    #expect(!worker.handle(.tick, at: 14).sent.contains(announcement))
    _ = worker.handle(.received(.coordinatorHeartbeat(CoordinatorHeartbeat(study: "study-1"))), at: 60)
    #expect(worker.handle(.tick, at: 62).sent.contains(announcement))
    let known = ContentReference(contentHash: blob.contentHash)
    #expect(worker.handle(.received(.contentAcknowledged(known)), at: 63) == [.contentGiven(blob.contentHash)])
    #expect(worker.contents.invariants() == [] && worker.contents.offers.isEmpty)
    // A content that is not offered is not given.
    #expect(
      worker.handle(.received(.contentRequest(request)), at: 64).sent.contains {
        if case .contentRefusal = $0 { true } else { false }
      })
  }

  @Test("a refused content is told with its reason, and the next one takes its turn")
  func refused() {
    var worker = worker()
    var sent: [WorkerMessage] = []
    for number in 0..<6 {
      let content = ContentDescription(contentHash: Fixture.hash(number), kind: .blob, bytes: 10)
      sent += worker.handle(.contentOffered(content), at: 1).sent
    }
    #expect(sent.count == 4)
    let refusal = ContentRefusal(contentHash: Fixture.hash(2), subject: .announcement, reason: "no room")
    let effects = worker.handle(.received(.contentRefusal(refusal)), at: 2)
    #expect(effects.contains(.contentRefused(Fixture.hash(2), reason: "no room")))
    #expect(effects.contains { if case .log(.warning, let text) = $0 { text.contains("no room") } else { false } })
    #expect(effects.sent.count == 1)
  }

  @Test("a worker that is told to stop gives what it has first, within its grace time")
  func leaving() {
    var worker = worker()
    _ = worker.handle(.contentOffered(blob), at: 1)
    #expect(worker.handle(.stopRequested, at: 2).exitCode == nil)
    let known = ContentReference(contentHash: blob.contentHash)
    #expect(worker.handle(.received(.contentAcknowledged(known)), at: 3).exitCode == 0)
    var other = self.worker()
    _ = other.handle(.contentOffered(blob), at: 1)
    _ = other.handle(.stopRequested, at: 2)
    #expect(other.handle(.tick, at: 13).exitCode == 0)
  }

  @Test("what a client offered and wanted for one study is told off when the coordinator leads another")
  func otherStudy() {
    var worker = worker()
    _ = worker.handle(.contentOffered(blob), at: 1)
    _ = worker.handle(.contentWanted(Fixture.hash(3)), at: 1)
    let welcome = Welcome(
      study: "study-2", studyName: "t", protocolVersion: ProtocolVersion.newest, data: Fixture.data,
      heartbeatSeconds: 5, leaseSeconds: 60)
    _ = worker.handle(.received(.reregister), at: 2)
    let effects = worker.handle(.received(.welcome(welcome)), at: 3)
    let reason = "its study is over for this worker"
    #expect(effects.contains(.contentRefused(blob.contentHash, reason: reason)))
    #expect(effects.contains(.contentUnavailable(Fixture.hash(3), reason: reason)))
    #expect(!effects.sent.contains(.contentAnnouncement(blob)))
    #expect(worker.contents.invariants() == [] && worker.contents.offers.isEmpty && worker.contents.wanted.isEmpty)
  }

  @Test("a worker asks what a content is, fetches it while jobs run, and tells its client")
  func fetch() {
    var worker = worker()
    let reference = ContentReference(contentHash: blob.contentHash)
    #expect(worker.handle(.contentWanted(blob.contentHash), at: 1).sent == [.contentQuery(reference)])
    #expect(
      worker.handle(.received(.contentAnnouncement(blob)), at: 1) == [.content(.prepare(blob, account: nil))])
    let asked = worker.handle(.content(.prepared(blob.contentHash, present: 7)), at: 1).sent
    #expect(asked.count == 4)
    #expect(worker.phase == .serving)
    let effects = worker.handle(.content(.whole(blob.contentHash)), at: 2)
    #expect(effects.contains(.contentTaken(blob)) && worker.contents.invariants() == [])
    _ = worker.handle(.contentWanted(Fixture.hash(3)), at: 3)
    let refusal = ContentRefusal(contentHash: Fixture.hash(3), subject: .query, reason: "unknown")
    #expect(
      worker.handle(.received(.contentRefusal(refusal)), at: 3).contains(
        .contentUnavailable(Fixture.hash(3), reason: "unknown")))
    var old = self.worker(version: 2)
    let unavailable = old.handle(.contentWanted(blob.contentHash), at: 1)
    #expect(unavailable.sent.isEmpty)
    #expect(unavailable.contains { if case .contentUnavailable = $0 { true } else { false } })
    #expect(old.handle(.contentOffered(blob), at: 1).sent.isEmpty)
  }
}
