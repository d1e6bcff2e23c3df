import Randomness
import SearchCore
import Testing

@testable import SearchProtocol

/// The short way of writing and reading frequent messages against the general one.
@Suite("Plain payloads")
struct PlainPayloadTests {
  @Test(
    "the short way writes the same bytes as the general one, and reads the same values",
    arguments: 1...4 as ClosedRange<UInt64>)
  func sameBytes(seed: UInt64) throws {
    var messages = RandomMessages(random: StableRandom(seed: seed))
    var taken: [MessageType: Int] = [:]
    for number in 0..<6000 {
      let message = messages.message(kind: number % RandomMessages.kinds)
      let general = try Payload.encodeGenerally(message)
      if let plain = PlainPayload.encode(message) {
        taken[message.type, default: 0] += 1
        #expect(plain == general, "\(String(decoding: plain, as: UTF8.self))")
        #expect(PlainPayload.decode(message.type, from: plain) == message)
      }
      if let read = PlainPayload.decode(message.type, from: general) { #expect(read == message) }
    }
    for type in [
      .accept, .ready, .job, .result, .resultAcknowledged, .cancel, .workerHeartbeat, .coordinatorHeartbeat,
    ] as [MessageType] {
      #expect(taken[type, default: 0] > 0, "\(type) never goes the short way")
    }
  }

  @Test("what the short way reads of broken bytes, the general one reads too", arguments: 1...4 as ClosedRange<UInt64>)
  func nothingMoreIsAccepted(seed: UInt64) throws {
    var messages = RandomMessages(random: StableRandom(seed: seed))
    var random = StableRandom(seed: seed &+ 100)
    let inserts = Array("0123456789-+.eE{}[],:\"\\ truefalsn_".utf8)
    for number in 0..<8000 {
      let message = messages.message(kind: number % RandomMessages.kinds)
      var bytes = try Payload.encodeGenerally(message)
      guard !bytes.isEmpty else { continue }
      for _ in 0...random.integer(below: 2) {
        let place = random.integer(below: bytes.count)
        switch random.integer(below: 3) {
        case 0: bytes[place] = inserts[random.integer(below: inserts.count)]
        case 1: bytes.insert(inserts[random.integer(below: inserts.count)], at: place)
        default: if bytes.count > 1 { bytes.remove(at: place) }
        }
      }
      guard let plain = PlainPayload.decode(message.type, from: bytes) else { continue }
      #expect(
        (try? Payload.decodeGenerally(message.type, from: bytes)) == plain, "\(String(decoding: bytes, as: UTF8.self))")
    }
  }
}
