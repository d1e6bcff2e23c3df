import Randomness
import SearchCore
import Testing

@testable import SearchProtocol

/// The payload of the general JSON encoder.
private struct GeneralPayload: ContentVisitor {
  func visit(_ content: some MessageContent, of code: some MessageCode) throws(ProtocolError) -> [UInt8] {
    guard let content = content as? any JSONContent else { return try content.payload(of: code) }
    return try content.generalPayload(of: code)
  }
}

/// The payload of the short way to write JSON; `nil` if the content cannot be written so.
private struct PlainPayload: ContentVisitor {
  func visit(_ content: some MessageContent, of code: some MessageCode) -> [UInt8]? {
    (content as? any JSONContent)?.plainPayload
  }
}

private struct GeneralSource: ContentSource {
  var payload: [UInt8]

  func content<Content: MessageContent>(of code: some MessageCode) throws(ProtocolError) -> Content {
    guard let type = Content.self as? any JSONContent.Type else { return try Content.read(payload, of: code) }
    guard let content = try type.readGenerally(payload, of: code) as? Content else { throw .notThisProtocol }
    return content
  }
}

private struct PlainSource: ContentSource {
  var payload: [UInt8]

  func content<Content: MessageContent>(of code: some MessageCode) throws(ProtocolError) -> Content {
    guard let content = (Content.self as? any JSONContent.Type)?.readPlainly(payload) as? Content else {
      throw .notThisProtocol
    }
    return content
  }
}

private struct CodeOf: ContentVisitor {
  func visit(_ content: some MessageContent, of code: some MessageCode) -> UInt8 { code.rawValue }
}

extension WireMessage {
  fileprivate var general: [UInt8] { get throws { try visitContent(GeneralPayload()) } }
  fileprivate var plain: [UInt8]? { get throws { try visitContent(PlainPayload()) } }
  fileprivate var code: Code { get throws { try #require(Code(rawValue: try visitContent(CodeOf()))) } }
  fileprivate func readPlainly(_ payload: [UInt8]) throws -> Self? {
    try? Self.read(code, from: PlainSource(payload: payload))
  }
  fileprivate func readGenerally(_ payload: [UInt8]) throws -> Self? {
    try? Self.read(code, from: GeneralSource(payload: payload))
  }
}

/// Compares the short way to write and read frequent messages with the general one.
@Suite("Plain payloads")
struct PlainPayloadTests {
  @Test(
    "the short way writes the same bytes as the general one, and reads the same values",
    arguments: 1...4 as ClosedRange<UInt64>)
  func sameBytes(seed: UInt64) throws {
    var messages = RandomMessages(random: StableRandom(seed: seed))
    var taken: Set<String> = []
    for number in 0..<6000 {
      switch messages.message(kind: number % RandomMessages.kinds) {
      case .worker(let message): try compare(message, &taken)
      case .coordinator(let message): try compare(message, &taken)
      }
    }
    let codes = WorkerMessage.Code.allCases.map { "\($0)" } + CoordinatorMessage.Code.allCases.map { "\($0)" }
    // These messages are not JSON.
    let others: Set = ["dataChunk", "contentPiece", "reregister", "demandQuery"]
    #expect(taken == Set(codes).subtracting(others), "some never go the short way")
  }

  private func compare(_ message: some WireMessage, _ taken: inout Set<String>) throws {
    let general = try message.general
    if let plain = try message.plain {
      taken.insert("\(try message.code)")
      #expect(plain == general, "\(String(decoding: plain, as: UTF8.self))")
      #expect(try message.readPlainly(plain) == message)
    }
    if let read = try message.readPlainly(general) { #expect(read == message) }
  }

  @Test("what the short way reads of broken bytes, the general one reads too", arguments: 1...4 as ClosedRange<UInt64>)
  func nothingMoreIsAccepted(seed: UInt64) throws {
    var messages = RandomMessages(random: StableRandom(seed: seed))
    var random = StableRandom(seed: seed &+ 100)
    let inserts = Array("0123456789-+.eE{}[],:\"\\ truefalsn_".utf8)
    for number in 0..<8000 {
      let change = { (bytes: inout [UInt8]) in
        for _ in 0...random.integer(below: 2) {
          let place = random.integer(below: bytes.count)
          switch random.integer(below: 3) {
          case 0: bytes[place] = inserts[random.integer(below: inserts.count)]
          case 1: bytes.insert(inserts[random.integer(below: inserts.count)], at: place)
          default: if bytes.count > 1 { bytes.remove(at: place) }
          }
        }
      }
      switch messages.message(kind: number % RandomMessages.kinds) {
      case .worker(let message): try compareBroken(message, change)
      case .coordinator(let message): try compareBroken(message, change)
      }
    }
  }

  private func compareBroken(_ message: some WireMessage, _ change: (inout [UInt8]) -> Void) throws {
    var bytes = try message.general
    guard !bytes.isEmpty else { return }
    change(&bytes)
    guard let plain = try message.readPlainly(bytes) else { return }
    #expect(try message.readGenerally(bytes) == plain, "\(String(decoding: bytes, as: UTF8.self))")
  }
}
