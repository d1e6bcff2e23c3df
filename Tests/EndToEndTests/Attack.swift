import Foundation
import Messaging
import Randomness
import SearchCore
import SearchProtocol
import TestSupport

/// A peer with a connection to a coordinator that sends what no peer should send.
final class Attacker {
  private let dealer: DealerThread
  private let answers = Mailbox<DealerEvent>()
  private var random: StableRandom
  private var said: [[[UInt8]]] = []
  private(set) var study = ""

  init(_ endpoint: String, security: SocketSecurity, context: MessagingContext, seed: UInt64) throws {
    var options = SocketOptions()
    options.security = security
    // No limits: no message is held back.
    options.highWaterMark = 0
    options.receiveHighWaterMark = 0
    let answers = answers
    dealer = try DealerThread(context: context, connect: endpoint, options: options) { answers.post($0) }
    random = StableRandom(seed: seed)
  }

  func close() { dealer.close() }

  func send(_ frames: [[UInt8]]) { dealer.send(frames) }

  func send(_ message: WorkerMessage) throws { sayAgainLater(try MessageCodec.encode(message, id: 1)) }

  func send(_ message: CoordinatorMessage) throws { sayAgainLater(try MessageCodec.encode(message, id: 1)) }

  private func sayAgainLater(_ frames: [[UInt8]]) {
    said.append(frames)
    dealer.send(frames)
  }

  /// Sends hellos until one is answered. Once this returns `true`, everything sent before on this connection has been
  /// read; `false` if no hello is answered in time.
  func greet(_ name: String, within seconds: Double = 600) async throws -> Bool {
    _ = answers.receiveAll(waitingAtMost: 0)
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      try send(.hello(Self.hello(name)))
      for _ in 0..<20 {
        try await Task.sleep(for: .milliseconds(25))
        for case .received(let frames) in answers.receiveAll(waitingAtMost: 0) {
          switch try? MessageCodec.decode(frames, as: CoordinatorMessage.self).message {
          case .welcome(let welcome):
            study = welcome.study
            return true
          // The coordinator says that the study is finished.
          case .drain: return true
          default: break
          }
        }
      }
    }
    return false
  }

  // MARK: Messages

  /// Returns bytes that are no message: any number of frames of any length, sometimes after a correct header.
  func noise() -> [[UInt8]] {
    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
    if random.integer(below: 3) == 0 {
      let type = UInt8(truncatingIfNeeded: random.next())
      return [Array("LYSR".utf8) + [1], [type], bytes(8), bytes(random.integer(below: 60))]
    }
    return (0...random.integer(below: 8)).map { _ in bytes(random.integer(below: 24)) }
  }

  /// Returns a message that was sent before.
  func replay() -> [[UInt8]] { said.isEmpty ? noise() : said[random.integer(below: said.count)] }

  /// Returns the frames with one to three changes: bits, bytes, cuts, numbers made huge or negative, frames left out.
  func mutated(_ frames: [[UInt8]]) -> [[UInt8]] {
    var frames = frames
    for _ in 0...random.integer(below: 3) {
      guard !frames.isEmpty else { return frames }
      let frame = random.integer(below: 8) == 0 ? random.integer(below: frames.count) : frames.count - 1
      let size = frames[frame].count
      let at = size == 0 ? 0 : random.integer(below: size)
      switch random.integer(below: 7) {
      case 0 where size > 0: frames[frame][at] ^= 1 << UInt8(random.integer(below: 8))
      case 1 where size > 0: frames[frame][at] = UInt8(truncatingIfNeeded: random.next())
      case 2: frames[frame].removeLast(size - at)
      case 3: frames[frame].insert(contentsOf: Array("-9e99".utf8), at: at)
      case 4:
        if let digit = frames[frame].firstIndex(where: { (0x30...0x39).contains($0) }) {
          frames[frame].replaceSubrange(digit...digit, with: Array("18446744073709551616".utf8))
        }
      case 5 where random.integer(below: 20) == 0: frames.remove(at: frame)
      default: if size > 0 { frames[frame].remove(at: at) }
      }
    }
    return frames
  }

  static func hello(_ name: String, oldest: Int = 1, newest: Int = ProtocolVersion.newest) -> Hello {
    Hello(
      worker: name, host: "attacker", processID: 1, oldestProtocol: oldest, newestProtocol: newest, build: "x",
      slots: 1,
      kernelVariant: "x", dataHashes: [:])
  }

  static let hash = ContentHash(String(repeating: "0a", count: 32))!
  static let otherHash = ContentHash(String(repeating: "0b", count: 32))!

  /// Returns legal messages of every kind that a worker sends, except those by which it would be given jobs.
  static func messages(_ name: String, study: String) -> [WorkerMessage] {
    let reference = AttemptReference(job: 1, attempt: 1)
    let result = Observation(
      accuracy: 1, loss: nil, epochLosses: [1, 0], diverged: false, stepTimeRatio: nil, inferenceTimeRatio: nil,
      trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "x")
    return [
      .hello(hello(name)), .accept(reference),
      .progress(AttemptProgress(reference: reference, epoch: 1, step: 1, steps: 2, loss: 1, memoryBytes: 1)),
      .result(AttemptReport(reference: reference, study: study, outcome: .finished(result))),
      .workerHeartbeat(WorkerHeartbeat(running: [reference], freeSlots: 0)),
      .contentRequest(ContentRequest(contentHash: hash, offset: 0, length: 1, returned: [1, 2])),
      .contentQuery(ContentReference(contentHash: hash)),
      .contentAnnouncement(ContentDescription(contentHash: hash, kind: .blob, bytes: 1 << 39)),
      .contentAnnouncement(ContentDescription(contentHash: otherHash, kind: .blob, bytes: 300_000)),
      .contentPiece(
        ContentPiece(
          contentHash: otherHash, ticket: 1, offset: 0, digest: [UInt8](repeating: 1, count: 32),
          bytes: [UInt8](repeating: 2, count: 100))),
      .contentRefusal(ContentRefusal(contentHash: otherHash, subject: .request, reason: "no")),
      .demandQuery,
    ]
  }

  /// Returns messages that only a coordinator sends.
  static func coordinatorsMessages(study: String) -> [CoordinatorMessage] {
    let reference = AttemptReference(job: 1, attempt: 1)
    return [
      .coordinatorHeartbeat(CoordinatorHeartbeat(study: study)), .cancel(reference), .reregister,
      .drain(Drain(reason: .studyFinished)), .refusal(Refusal(reason: "no")),
    ]
  }
}

/// A plain TCP connection, for peers that do not even speak ZeroMQ.
final class RawConnection {
  private let descriptor: Int32

  init?(port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let code = withLoopback(port: port) { [descriptor] in connect(descriptor, $0, $1) }
    guard code == 0 else { return nil }
  }

  deinit { close(descriptor) }

  /// Sends without waiting for a reader.
  func send(_ bytes: [UInt8]) {
    _ = Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
  }
}

/// Returns the resident memory of a process in bytes: the current value and the peak.
func residentMemory(of process: Int32) -> (now: Int, peak: Int) {
  let text = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
  func value(_ key: String) -> Int {
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
    return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) * 1024
  }
  return (value("VmRSS:"), value("VmHWM:"))
}
