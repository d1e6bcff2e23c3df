import ContentExchange
import Digests
import Foundation
import Keys
import Messaging
import SearchProtocol
import Synchronization
import TestSupport
import Testing

/// Transfers of contents between coordinator processes and workers, over sockets and disks, while jobs run.
@Suite("contents given and fetched", .serialized)
struct ContentTests {
  private let place: Place

  init() throws {
    place = try Place()
    try place.writeLongerStudy()
    for name in ["given", "one", "two"] {
      try FileManager.default.createDirectory(atPath: place.path(name), withIntermediateDirectories: true)
    }
  }

  /// A content of 21 pieces.
  private static let bytes: [UInt8] = {
    var bytes = [UInt8](repeating: 0, count: 20 * ContentPiece.maximumBytes + 77)
    for index in stride(from: 0, to: bytes.count, by: 1009) { bytes[index] = UInt8(truncatingIfNeeded: index / 1009) }
    return bytes
  }()
  private static let content = ContentDescription(
    contentHash: ContentHash(bytes: SHA256.hash(bytes))!, kind: .blob, bytes: bytes.count)
  private var hash: ContentHash { Self.content.contentHash }

  private func size(_ path: String) -> Int {
    var status = stat()
    return stat(place.path(path), &status) == 0 ? Int(status.st_size) : 0
  }

  private func contents() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path("studies/tiny/contents"))) ?? []
    return names.filter { !$0.hasSuffix(".lock") }.sorted()
  }

  @Test(
    "a content goes from one worker through the coordinator to another while jobs run, whoever is killed in the middle")
  func exchange() async throws {
    var coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    let endpoint = try await coordinator.endpoint()
    let worker = try place.start("worker", "--connect", endpoint, "--slots", "1")
    let part = "studies/tiny/contents/\(hash).partial/content"

    // A worker that hangs in the middle of the transfer, and is killed.
    let first = try ContentWorker(endpoint, name: "first", cache: place.path("one"), mostPieces: 6)
    try first.offer(Self.bytes, as: Self.content, in: place.path("given"))
    try await coordinator.wait(for: "six pieces") { size(part) == 6 * ContentPiece.maximumBytes }
    first.kill()
    // The next worker continues where the first one stopped; then the coordinator is killed.
    let second = try ContentWorker(endpoint, name: "second", cache: place.path("one"), mostPieces: 7)
    try second.offer(Self.bytes, as: Self.content, in: place.path("given"))
    try await coordinator.wait(for: "seven more") { size(part) == 13 * ContentPiece.maximumBytes }
    #expect(second.seen.asked.first == 6 * ContentPiece.maximumBytes)
    coordinator.send(SIGKILL)
    _ = try await coordinator.end()
    second.kill()
    #expect(size(part) == 13 * ContentPiece.maximumBytes)
    coordinator = try place.start("coordinator", "study.yaml", "--bind", endpoint, "--resume")
    let third = try ContentWorker(endpoint, name: "third", cache: place.path("one"))
    try third.offer(Self.bytes, as: Self.content, in: place.path("given"))
    try await coordinator.wait(for: "the acknowledgement") { third.seen.given.contains(hash) }
    #expect(third.seen.asked.first == 13 * ContentPiece.maximumBytes)
    #expect(contents() == ["\(hash)", "\(hash).json"])

    // Other workers fetch the content; the first one is killed in the middle.
    let taking = try ContentWorker(endpoint, name: "fourth", cache: place.path("two"), mostPieces: 5)
    taking.want(hash)
    try await coordinator.wait(for: "five pieces") {
      size("two/\(hash).partial/content") == 5 * ContentPiece.maximumBytes
    }
    taking.kill()
    let taker = try ContentWorker(endpoint, name: "fifth", cache: place.path("two"))
    taker.want(hash)
    try await coordinator.wait(for: "the content") { taker.seen.taken[hash] != nil }
    #expect(taker.seen.asks.first == 5 * ContentPiece.maximumBytes)
    let fetched = try Data(contentsOf: URL(fileURLWithPath: "\(taker.seen.taken[hash] ?? "")/content"))
    #expect(fetched == Data(Self.bytes))
    let unknown = ContentHash(bytes: [UInt8](repeating: 3, count: 32))!
    taker.want(unknown)
    try await coordinator.wait(for: "an answer") { taker.seen.unavailable[unknown] != nil }

    for worker in [third, taker] { worker.kill() }
    let result = try await coordinator.end()
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try await worker.end().exitCode == 0)
    #expect(try await finishedJobs(place) == 4)
  }

  @Test(
    "a content that is not what it was announced as is refused, and nothing of it stays; the next is taken all the same"
  )
  func lie() async throws {
    let coordinator = try place.start("coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0")
    let endpoint = try await coordinator.endpoint()
    var bytes = Self.bytes
    bytes[bytes.count - 1] ^= 1
    let lie = ContentDescription(
      contentHash: ContentHash(bytes: [UInt8](repeating: 3, count: 32))!, kind: .blob, bytes: bytes.count)
    let liar = try LyingWorker(endpoint, content: lie, bytes: bytes)
    try await coordinator.wait(for: "the refusal") { liar.refusal != nil }
    #expect(liar.refusal?.contains("are not content \(lie.contentHash.short)") == true)
    liar.kill()
    // A worker that offers a file under the hash of another content notices that itself.
    let worker = try ContentWorker(endpoint, name: "worker", cache: place.path("one"))
    try worker.offer(bytes, as: lie, in: place.path("given"))
    try await coordinator.wait(for: "the end of the offer") { worker.seen.refused[lie.contentHash] != nil }
    try worker.offer(Self.bytes, as: Self.content, in: place.path("given"))
    try await coordinator.wait(for: "the acknowledgement") { worker.seen.given.contains(hash) }
    try await coordinator.wait(for: "nothing else on disk") { contents() == ["\(hash)", "\(hash).json"] }
    worker.kill()
    coordinator.send(SIGTERM)
    #expect(try await coordinator.end().errors.contains("refused"))
  }

  @Test("contents are bounded by --content-gigabytes, and by half of it for each key; the worker logs the reason")
  func bound() async throws {
    #expect(try await place.run("keygen", "keys", "--workers", "1").exitCode == 0)
    let coordinator = try place.start(
      "coordinator", "study.yaml", "--bind", "tcp://127.0.0.1:0", "--keys", "keys/coordinator", "--content-gigabytes",
      "0.012")
    let endpoint = try await coordinator.endpoint()
    let worker = try ContentWorker(
      endpoint, name: "w", cache: place.path("one"), security: try KeyFolder.workerSecurity(place.path("keys/worker-1"))
    )
    try worker.offer(Self.bytes, as: Self.content, in: place.path("given"))
    var other = Self.bytes
    other[0] = 1
    let second = ContentDescription(
      contentHash: ContentHash(bytes: SHA256.hash(other))!, kind: .blob, bytes: other.count)
    try worker.offer(other, as: second, in: place.path("given"))
    try await coordinator.wait(for: "an end of both") {
      worker.seen.given.count + worker.seen.refused.count == 2
    }
    #expect(worker.seen.given == [hash])
    #expect(worker.seen.refused[second.contentHash]?.contains("of one key") == true)
    #expect(worker.seen.lines.contains { $0.contains("does not accept content \(second.contentHash.short)") })
    worker.kill()
    coordinator.send(SIGTERM)
    _ = try await coordinator.end()
  }

  @Test("a coordinator whose disk takes no more refuses the content with the reason, keeps nothing of it, and goes on")
  func fullDisk() async throws {
    // Files of at most 2 MB: the content has 5 MB. The program inherits the ignored signal.
    let script = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" coordinator study.yaml --bind tcp://127.0.0.1:0"
    let coordinator = try RunningCommand(
      ["-c", script, RunningCommand.executable.path], in: place, executable: URL(fileURLWithPath: "/bin/bash"))
    let endpoint = try await coordinator.endpoint()
    let worker = try place.start("worker", "--connect", endpoint, "--slots", "1")
    let giver = try ContentWorker(endpoint, name: "giver", cache: place.path("one"))
    try giver.offer(Self.bytes, as: Self.content, in: place.path("given"))
    try await coordinator.wait(for: "the refusal") { giver.seen.refused[hash] != nil }
    #expect(giver.seen.refused[hash]?.contains("cannot be written") == true, "\(giver.seen.refused)")
    #expect(contents() == [])
    giver.kill()
    #expect(try await coordinator.end().exitCode == 0)
    #expect(try await worker.end().exitCode == 0)
  }
}

/// A worker that sends other bytes than it announces, each piece with its correct digest.
private final class LyingWorker: Sendable {
  private let dealer: DealerThread
  private let context: MessagingContext
  private let heard = Mutex<String?>(nil)

  var refusal: String? { heard.withLock { $0 } }

  init(_ endpoint: String, content: ContentDescription, bytes: [UInt8]) throws {
    context = try MessagingContext()
    let mailbox = Mailbox<[DealerEvent]>()
    let dealer = try DealerThread(context: context, connect: endpoint) { mailbox.post([$0]) }
    self.dealer = dealer
    Thread.detachNewThread { [self] in
      func send(_ message: WorkerMessage) {
        if let frames = try? MessageCodec.encode(message, id: 1) { dealer.send(frames) }
      }
      while refusal == nil {
        let events = mailbox.receiveAll(waitingAtMost: 1).joined()
        // Greets until the coordinator answers.
        if events.isEmpty { send(.hello(Attacker.hello("liar"))) }
        for event in events {
          guard case .received(let frames) = event,
            let message = try? MessageCodec.decode(frames, as: CoordinatorMessage.self).message
          else { continue }
          switch message {
          case .welcome: send(.contentAnnouncement(content))
          case .contentRequest(let request) where request.length > 0:
            let piece = Array(bytes[request.offset..<request.offset + request.length])
            send(
              .contentPiece(
                ContentPiece(
                  contentHash: content.contentHash, ticket: 1, offset: request.offset, digest: SHA256.hash(piece),
                  bytes: piece)))
          case .contentRefusal(let refusal): heard.withLock { $0 = refusal.reason }
          default: break
          }
        }
      }
    }
  }

  func kill() {
    dealer.close()
    context.close()
  }
}
