import Foundation
import Randomness
import Testing

@testable import SearchProtocol

/// Every message is on the protocol's page, and among the messages that the other tests draw.
@Suite("Messages of every kind")
struct DocumentTests {
  private static let codes: [(code: UInt8, name: String)] = (UInt8.min...UInt8.max).compactMap { code in
    WorkerMessage.Code(rawValue: code).map { (code, "\($0)") }
      ?? CoordinatorMessage.Code(rawValue: code).map { (code, "\($0)") }
  }

  @Test("docs/protocol.md has a row for each")
  func page() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("docs/protocol.md"), encoding: .utf8)
    #expect(!Self.codes.isEmpty)
    for (code, name) in Self.codes { #expect(page.contains("\n| \(code) | \(name) |"), "\(name)") }
  }

  @Test("docs/protocol.md tells what came with each version of the messages")
  func versions() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("docs/protocol.md"), encoding: .utf8)
    #expect(ProtocolVersion.oldest == 1 && ProtocolVersion.newest >= ProtocolVersion.withData)
    for version in 2...ProtocolVersion.newest { #expect(page.contains("came with version \(version)"), "\(version)") }
  }

  @Test("docs/protocol-fields.md is what the declarations say")
  func fields() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("docs/protocol-fields.md"), encoding: .utf8)
    #expect(page == ProtocolPage.text, "layersearch protocol-fields > docs/protocol-fields.md")
  }

  @Test("something is said of each field of a message")
  func meanings() {
    #expect(ProtocolPage.unexplained.missing == [])
    #expect(ProtocolPage.unexplained.surplus == [])
    #expect(FieldMeanings.texts.values.allSatisfy { !$0.contains("|") })
  }

  @Test("RandomMessages draws each")
  func drawn() throws {
    var source = RandomMessages(random: StableRandom(seed: 2))
    var drawn: Set<UInt8> = []
    for kind in 0..<RandomMessages.kinds { drawn.insert(try source.message(kind: kind).frames(id: 1)[1][0]) }
    #expect(drawn == Set(Self.codes.map(\.code)))
  }
}
