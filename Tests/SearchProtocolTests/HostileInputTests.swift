import Randomness
import SearchCore
import SearchProtocol
import Testing

struct HostileInputTests {
  private func frames(_ type: UInt8, _ payload: String) -> [[UInt8]] {
    [Array("LYSR".utf8) + [1], [type], [UInt8](repeating: 0, count: 8), Array(payload.utf8)]
  }

  @Test("what is not this protocol is named as such")
  func framing() throws {
    let good = try MessageCodec.encode(CoordinatorMessage.reregister, id: 3)
    #expect(throws: ProtocolError.frameCount(0)) { try AnyMessage.decode([]) }
    #expect(throws: ProtocolError.frameCount(5)) { try AnyMessage.decode(good + [[]]) }
    var frames = good
    frames[0][0] = 0
    #expect(throws: ProtocolError.notThisProtocol) { try AnyMessage.decode(frames) }
    frames = good
    frames[0][4] = 9
    #expect(throws: ProtocolError.version(9)) { try AnyMessage.decode(frames) }
    frames = good
    frames[1][0] = 200
    #expect(throws: ProtocolError.unknownType(200)) { try AnyMessage.decode(frames) }
    frames = good
    frames[2] = [1]
    #expect(throws: ProtocolError.self) { try AnyMessage.decode(frames) }
    frames = good
    frames[3] = [UInt8](repeating: 0x20, count: MessageCodec.maximumPayloadBytes + 1)
    #expect(throws: ProtocolError.self) { try AnyMessage.decode(frames) }
  }

  @Test("a message that only the receiver's side says is named as such")
  func direction() throws {
    let job = try MessageCodec.encode(CoordinatorMessage.cancel(AttemptReference(job: 1, attempt: 1)), id: 1)
    #expect(throws: ProtocolError.direction("cancel")) { try MessageCodec.decode(job, as: WorkerMessage.self) }
    let ready = try MessageCodec.encode(WorkerMessage.ready(Ready(freeSlots: 1)), id: 1)
    #expect(throws: ProtocolError.direction("ready")) { try MessageCodec.decode(ready, as: CoordinatorMessage.self) }
    #expect(throws: ProtocolError.unknownType(99)) {
      try MessageCodec.decode(frames(99, ""), as: CoordinatorMessage.self)
    }
  }

  @Test("deep nesting is refused before it is parsed, in strings it is no nesting")
  func nesting() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: ProtocolError.nesting(depth: MessageCodec.maximumDepth + 1)) {
      try AnyMessage.decode(frames(1, deep))
    }
    let bye = WorkerMessage.bye(Bye(reason: String(repeating: "[{\"\\", count: 100)))
    #expect(try MessageCodec.decode(try MessageCodec.encode(bye, id: 0), as: WorkerMessage.self).message == bye)
  }

  @Test(
    "values out of their range are refused, whoever sends them",
    arguments: [
      (2, #"{"freeSlots":-1}"#), (2, #"{"freeSlots":4097}"#), (2, #"{"freeSlots":1e400}"#), (2, #"{"freeSlots":1.5}"#),
      (2, #"{"freeSlots":99999999999999999999}"#), (2, "{}"), (2, "[]"), (2, ""), (2, "null"), (2, "\u{0}"),
      (3, #"{"job":0,"attempt":1}"#), (3, #"{"job":1,"attempt":0}"#), (3, #"{"job":1,"attempt":1000001}"#),
      (4, #"{"reference":{"job":1,"attempt":1},"epoch":1,"step":-1,"steps":1,"memoryBytes":1}"#),
      (4, #"{"reference":{"job":1,"attempt":1},"epoch":1,"step":1,"steps":1,"memoryBytes":1,"loss":NaN}"#),
      (4, #"{"reference":{"job":1,"attempt":1},"epoch":1,"step":1,"steps":1,"memoryBytes":1,"loss":1e999}"#),
      (7, #"{"reason":"two\nlines"}"#), (69, #"{"study":""}"#), (71, #"{"reason":"because"}"#), (72, "{}"),
    ] as [(UInt8, String)])
  func ranges(type: UInt8, payload: String) {
    #expect(throws: ProtocolError.self) { try AnyMessage.decode(frames(type, payload)) }
  }

  @Test("a path is absolute and goes nowhere up", arguments: ["", "data", "~/data", "/a/../b", "/..", "/a\n"])
  func paths(path: String) throws {
    let welcome = Welcome(
      study: "s", studyName: "", protocolVersion: 1,
      data: DataRequirement(set: .cifar10, contentHash: "", pathHint: path), heartbeatSeconds: 1, leaseSeconds: 1)
    #expect(throws: ProtocolError.self) { try MessageCodec.encode(CoordinatorMessage.welcome(welcome), id: 0) }
  }

  @Test("a short message with a long payload is refused before it is parsed")
  func longPayload() {
    let blanks = String(repeating: " ", count: 1 << 17)
    #expect(throws: ProtocolError.self) { try AnyMessage.decode(frames(2, "{\"freeSlots\":1\(blanks)}")) }
    #expect(throws: Never.self) { try AnyMessage.decode(frames(2, "{\"freeSlots\":1}")) }
  }

  @Test("a result that is no number is not sent")
  func notFinite() {
    for accuracy in [Double.nan, .infinity, -0.5, 1.5] {
      let result = Observation(
        accuracy: accuracy, loss: nil, epochLosses: [], diverged: false, stepTimeRatio: nil, inferenceTimeRatio: nil,
        trainSeconds: 1, imagesPerSecond: 1, peakMemoryBytes: 1, kernelVariant: "")
      let report = AttemptReport(
        reference: AttemptReference(job: 1, attempt: 1), study: "s", outcome: .finished(result))
      #expect(throws: ProtocolError.self) { try MessageCodec.encode(WorkerMessage.result(report), id: 0) }
    }
  }

  @Test("a hundred thousand random and mutated byte strings are decoded or refused, and never trap")
  func fuzz() async throws {
    var source = RandomMessages(random: StableRandom(seed: 11))
    var decoded = 0
    var refused = 0
    var valid: [[[UInt8]]] = []
    for kind in 0..<RandomMessages.kinds {
      for _ in 0..<4 { valid.append(try source.message(kind: kind).frames(id: 1)) }
    }
    for round in 0..<100_000 {
      if round % 100 == 0 { await Task.yield() }
      var frames = valid[source.random.integer(below: valid.count)]
      if round % 4 == 0 {
        // Noise behind a valid header.
        frames[3] = (0..<source.random.integer(below: 40)).map { _ in UInt8(truncatingIfNeeded: source.random.next()) }
      } else {
        mutate(&frames, &source.random)
      }
      do {
        // A message that can be decoded can be encoded.
        _ = try AnyMessage.decode(frames).message.frames(id: 0)
        decoded += 1
      } catch { refused += 1 }
    }
    #expect(decoded > 100 && refused > 10_000)
  }

  @Test("random and mutated engine lines never trap")
  func fuzzLines() throws {
    var source = RandomMessages(random: StableRandom(seed: 12))
    let lines = [
      try EngineLine.encode(EngineRequest(job: source.job(), dataPath: "/d")),
      try EngineLine.encode(EngineEvent.finished(source.reference(), source.result())),
      try EngineLine.encode(EngineEvent.progress(source.progress())),
    ]
    for round in 0..<10_000 {
      var frames = [lines[round % 3]]
      mutate(&frames, &source.random)
      let line = frames.first ?? []
      _ = try? EngineLine.decodeEvent(line)
      _ = try? EngineLine.decodeRequest(line)
      _ = try? SpooledReport.decode(line)
    }
  }

  /// Makes one to four changes: bits, bytes, cuts, repeated pieces, huge or negative numbers, whole frames.
  private func mutate(_ frames: inout [[UInt8]], _ random: inout StableRandom) {
    for _ in 0...random.integer(below: 4) {
      guard !frames.isEmpty else { return }
      let f = random.integer(below: 8) == 0 ? random.integer(below: frames.count) : frames.count - 1
      let size = frames[f].count
      let at = size == 0 ? 0 : random.integer(below: size)
      switch random.integer(below: 8) {
      case 0 where size > 0: frames[f][at] ^= 1 << UInt8(random.integer(below: 8))
      case 1 where size > 0: frames[f][at] = UInt8(truncatingIfNeeded: random.next())
      case 2: frames[f].removeLast(size - at)
      case 3 where size > 0: frames[f].insert(contentsOf: frames[f][at..<min(size, at + 20)], at: at)
      case 4: frames[f].insert(contentsOf: Array("-9e99".utf8), at: at)
      case 5:
        if let digit = frames[f].firstIndex(where: { (0x30...0x39).contains($0) }) {
          frames[f].replaceSubrange(digit...digit, with: Array("18446744073709551616".utf8))
        }
      case 6 where random.integer(below: 20) == 0: frames.remove(at: f)
      default:
        if size > 0 { frames[f].remove(at: at) }
      }
    }
  }
}
