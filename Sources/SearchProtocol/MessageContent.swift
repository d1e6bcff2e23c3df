/// The messages of one side: an enumeration whose cases each have a code on the wire and a content.
protocol WireMessage: Hashable, Sendable {
  associatedtype Code: MessageCode

  /// Passes the content of this message to the visitor.
  func visitContent<Visitor: ContentVisitor>(_ visitor: Visitor) throws(ProtocolError) -> Visitor.Output
  /// Returns the message of this code, with content from the source.
  static func read<Source: ContentSource>(_ code: Code, from source: Source) throws(ProtocolError) -> Self
}

/// The code of a message. The name of the case is the message's name in errors and logs.
protocol MessageCode: RawRepresentable<UInt8>, CaseIterable, Hashable, Sendable {
  /// The maximum length of the payload. The parser may need a hundred times the memory of its input, so the limit is
  /// high only for messages that can be long.
  var maximumPayloadBytes: Int { get }
  /// The protocol version that introduced the message. A message that peers may drop without harm needs no new version.
  var since: Int { get }
}

protocol ContentVisitor {
  associatedtype Output
  func visit(_ content: some MessageContent, of code: some MessageCode) throws(ProtocolError) -> Output
}

protocol ContentSource {
  func content<Content: MessageContent>(of code: some MessageCode) throws(ProtocolError) -> Content
}

/// The content of a message, and its encoding.
protocol MessageContent: Hashable, Sendable {
  func check() throws(ProtocolError)
  func payload(of code: some MessageCode) throws(ProtocolError) -> [UInt8]
  static func read(_ payload: [UInt8], of code: some MessageCode) throws(ProtocolError) -> Self
}

/// A content that is a JSON object: all contents except pieces.
protocol JSONContent: MessageContent, Record, Codable {}

extension JSONContent {
  func check() throws(ProtocolError) { try checkFields() }

  func payload(of code: some MessageCode) throws(ProtocolError) -> [UInt8] {
    if let plain = plainPayload { return plain }
    return try generalPayload(of: code)
  }

  static func read(_ payload: [UInt8], of code: some MessageCode) throws(ProtocolError) -> Self {
    if let plain = readPlainly(payload) { return plain }
    // The general parser takes a hundred times the memory of its input, and correspondingly long. Long payloads are
    // expected to be plain, as this program writes them.
    guard payload.count <= MessageCodec.longestGeneral else {
      try JSON.checkDepth(payload)
      throw .payload(
        of: "\(code)",
        problem: "it has more than \(MessageCodec.longestGeneral) bytes and is not written as this program writes it")
    }
    return try readGenerally(payload, of: code)
  }

  /// The payload written by `PlainJSONWriter`; `nil` if texts need escapes, or anything else requires the general
  /// encoder.
  var plainPayload: [UInt8]? {
    var writer = PlainJSONWriter(capacity: 512)
    writer.write(record: self)
    return writer.isComplete ? writer.bytes : nil
  }

  /// Returns `nil` if the payload requires the general decoder.
  static func readPlainly(_ payload: [UInt8]) -> Self? {
    payload.withUnsafeBufferPointer { buffer in
      var reader = PlainJSONReader(buffer)
      guard let value = reader.record(Self.self), reader.isAtEnd else { return nil }
      return value
    }
  }

  func generalPayload(of code: some MessageCode) throws(ProtocolError) -> [UInt8] {
    try JSON.encode(self, as: "\(code)")
  }

  static func readGenerally(_ payload: [UInt8], of code: some MessageCode) throws(ProtocolError) -> Self {
    try JSON.decode(Self.self, from: payload, as: "\(code)")
  }
}

/// The content of messages that carry none.
struct NoContent: MessageContent {
  func check() {}
  func payload(of code: some MessageCode) -> [UInt8] { [] }
  static func read(_ payload: [UInt8], of code: some MessageCode) throws(ProtocolError) -> NoContent {
    guard payload.isEmpty else {
      throw .frameSize(frame: "payload of \(code)", bytes: payload.count, allowed: "0")
    }
    return NoContent()
  }
}

struct ContentCheck: ContentVisitor {
  func visit(_ content: some MessageContent, of code: some MessageCode) throws(ProtocolError) { try content.check() }
}

/// A content source that decodes and checks a received payload.
struct ReceivedContent: ContentSource {
  var payload: [UInt8]

  func content<Content: MessageContent>(of code: some MessageCode) throws(ProtocolError) -> Content {
    let content = try Content.read(payload, of: code)
    try content.check()
    return content
  }
}
