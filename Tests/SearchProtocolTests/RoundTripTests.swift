import Randomness
import SearchCore
import SearchProtocol
import Testing

struct RoundTripTests {
  @Test("every message comes back as it was sent, extreme numbers to the bit", arguments: 0..<RandomMessages.kinds)
  func messages(kind: Int) throws {
    var source = RandomMessages(random: StableRandom(seed: UInt64(kind)))
    for _ in 0..<200 {
      let message = source.message(kind: kind)
      let id = source.random.next()
      let decoded = try AnyMessage.decode(try message.frames(id: id))
      #expect(decoded.message == message)
      #expect(decoded.id == id)
      guard case .worker(.result(let sent)) = message, case .finished(let result) = sent.outcome,
        case .worker(.result(let received)) = decoded.message, case .finished(let other) = received.outcome
      else { continue }
      // `==` treats −0 as equal to 0.
      #expect(result[.epochLosses]?.map(\.bitPattern) == other[.epochLosses]?.map(\.bitPattern))
      #expect(result[.trainSeconds]?.bitPattern == other[.trainSeconds]?.bitPattern)
    }
  }

  @Test("engine lines come back as they were written, one line each")
  func engineLines() throws {
    var source = RandomMessages(random: StableRandom(seed: 5))
    for _ in 0..<200 {
      let request = EngineRequest(job: source.job(), dataPath: source.coin() ? nil : "/data/ü")
      let line = try EngineLine.encode(request)
      #expect(line.filter { $0 == 0x0a }.count == 1 && line.last == 0x0a)
      #expect(try EngineLine.decodeRequest(line) == request)
      #expect(try EngineLine.decodeRequest(line.dropLast()) == request)
      for event in [
        EngineEvent.progress(source.progress()), .finished(source.reference(), source.result()),
        .failed(source.reference(), reason: source.text()),
      ] { #expect(try EngineLine.decodeEvent(try EngineLine.encode(event)) == event) }
    }
  }

  @Test("a reason of several lines, and a loss that is no number, still make an engine line")
  func untidyEvents() throws {
    let reference = AttemptReference(job: 1, attempt: 1)
    let failed = EngineEvent.failed(
      reference, reason: "first\nsecond\u{7}" + String(repeating: "e\u{301}", count: 9000))
    guard case .failed(_, let reason) = try EngineLine.decodeEvent(try EngineLine.encode(failed)) else {
      Issue.record("not a failure any more")
      return
    }
    #expect(reason.hasPrefix("first second "))
    #expect(reason.utf8.count <= FieldLimits.reasonBytes)
    let progress = AttemptProgress(reference: reference, epoch: 1, step: 1, steps: 2, loss: .nan, memoryBytes: 0)
    guard case .progress(let read) = try EngineLine.decodeEvent(try EngineLine.encode(.progress(progress))) else {
      Issue.record("not progress any more")
      return
    }
    #expect(read.loss == nil)
  }

  @Test("a spooled report comes back as it was kept")
  func spool() throws {
    var source = RandomMessages(random: StableRandom(seed: 6))
    for _ in 0..<200 {
      let report = source.report()
      #expect(try SpooledReport.decode(try SpooledReport.encode(report)) == report)
    }
  }

  @Test("equal messages have equal bytes")
  func stableBytes() throws {
    var source = RandomMessages(random: StableRandom(seed: 7))
    let message = WorkerMessage.hello(source.hello())
    let bytes = try MessageCodec.encode(message, id: 1)
    for _ in 0..<20 { #expect(try MessageCodec.encode(message, id: 1) == bytes) }
  }
}
