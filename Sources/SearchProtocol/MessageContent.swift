/// What one side says to the other: an enumeration whose cases have a code on the wire and a content.
protocol WireMessage: Hashable, Sendable {
  associatedtype Code: MessageCode

  /// Shows the visitor what this message carries.
  func visitContent<Visitor: ContentVisitor>(_ visitor: Visitor) throws(ProtocolError) -> Visitor.Output
  /// The message of this code, with the content that the source has.
  static func read<Source: ContentSource>(_ code: Code, from source: Source) throws(ProtocolError) -> Self
}

/// The code of a message. Its case's name is the message's in errors and logs.
protocol MessageCode: RawRepresentable<UInt8>, CaseIterable, Hashable, Sendable {
  /// The parser may need a hundred times the memory of what it reads: only messages that can be long may be long.
  var maximumPayloadBytes: Int { get }
  /// The version of the protocol that has it. One that a peer may drop without harm needs no new version.
  var since: Int { get }
}

protocol ContentVisitor {
  associatedtype Output
  func visit(_ content: some MessageContent, of code: some MessageCode) throws(ProtocolError) -> Output
}

protocol ContentSource {
  func content<Content: MessageContent>(of code: some MessageCode) throws(ProtocolError) -> Content
}

/// What a message carries, and its bytes.
protocol MessageContent: Hashable, Sendable {
  func check() throws(ProtocolError)
  func payload(of code: some MessageCode) throws(ProtocolError) -> [UInt8]
  static func read(_ payload: [UInt8], of code: some MessageCode) throws(ProtocolError) -> Self
}

/// A content that is a JSON object: all but pieces of contents.
protocol JSONContent: MessageContent, Record, Codable {}

extension JSONContent {
  func check() throws(ProtocolError) { try checkFields() }

  func payload(of code: some MessageCode) throws(ProtocolError) -> [UInt8] {
    if let plain = plainPayload { return plain }
    return try generalPayload(of: code)
  }

  static func read(_ payload: [UInt8], of code: some MessageCode) throws(ProtocolError) -> Self {
    if let plain = readPlainly(payload) { return plain }
    // The general parser takes a hundred times the memory of what it reads, and its time. What is long is plain, as
    // this program writes it.
    guard payload.count <= MessageCodec.longestGeneral else {
      try JSON.checkDepth(payload)
      throw .payload(
        of: "\(code)",
        problem: "it has more than \(MessageCodec.longestGeneral) bytes, and not the form that this program writes")
    }
    return try readGenerally(payload, of: code)
  }

  /// Nil for texts that need escapes, and whatever else is left to the general encoder.
  var plainPayload: [UInt8]? {
    var writer = PlainJSONWriter(capacity: 512)
    writer.write(record: self)
    return writer.isComplete ? writer.bytes : nil
  }

  /// Nil where the general decoder has to look at it.
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

/// Of messages that say all by being sent.
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

/// A content's bytes as they are received.
struct ReceivedContent: ContentSource {
  var payload: [UInt8]

  func content<Content: MessageContent>(of code: some MessageCode) throws(ProtocolError) -> Content {
    let content = try Content.read(payload, of: code)
    try content.check()
    return content
  }
}
