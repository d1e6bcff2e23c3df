import Foundation

/// Messages as frames: `magic + version | type | message id | payload`.
///
/// | frame | bytes |
/// |---|---|
/// | magic and version | `LYSR` and the framing version |
/// | type | one byte, see the messages' `Code` |
/// | message id | 64 bits, big-endian; counts the sender's messages, for logs |
/// | payload | a JSON object, empty for messages without content; at most `maximumPayloadBytes` |
///
/// Numbers are written so that they read back bit for bit; sender and receiver reject numbers that are not finite. The
/// ROUTER's routing id is not part of these frames.
public enum MessageCodec {
  public static let frameCount = 4
  public static let maximumPayloadBytes = 1 << 20
  /// The maximum nesting depth of objects and arrays; messages need 6.
  public static let maximumDepth = 12

  static let magic: [UInt8] = [0x4c, 0x59, 0x53, 0x52]
  fileprivate static let head = magic + [ProtocolVersion.framing]

  /// The maximum length of payloads that the general decoder reads. Longer ones must have the form that this program
  /// writes.
  static let longestGeneral = 1 << 16

  // The public functions are not generic: the generic ones that they call are specialized for each type of message
  // within this module.

  public static func encode(_ message: WorkerMessage, id: UInt64) throws(ProtocolError) -> [[UInt8]] {
    try frames(of: message, id: id)
  }

  public static func encode(_ message: CoordinatorMessage, id: UInt64) throws(ProtocolError) -> [[UInt8]] {
    try frames(of: message, id: id)
  }

  public static func decode(
    _ frames: [[UInt8]], as: WorkerMessage.Type
  ) throws(ProtocolError) -> (message: WorkerMessage, id: UInt64) {
    try message(in: frames, orElse: CoordinatorMessage.self)
  }

  public static func decode(
    _ frames: [[UInt8]], as: CoordinatorMessage.Type
  ) throws(ProtocolError) -> (message: CoordinatorMessage, id: UInt64) {
    try message(in: frames, orElse: WorkerMessage.self)
  }

  private static func frames(of message: some WireMessage, id: UInt64) throws(ProtocolError) -> [[UInt8]] {
    try message.visitContent(FrameWriter(id: id))
  }

  private struct FrameWriter: ContentVisitor {
    var id: UInt64

    func visit(_ content: some MessageContent, of code: some MessageCode) throws(ProtocolError) -> [[UInt8]] {
      try content.check()
      let payload = try content.payload(of: code)
      guard payload.count <= code.maximumPayloadBytes else {
        throw .frameSize(
          frame: "payload of \(code)", bytes: payload.count, allowed: "at most \(code.maximumPayloadBytes)")
      }
      return [head, [code.rawValue], withUnsafeBytes(of: id.bigEndian) { [UInt8]($0) }, payload]
    }
  }

  /// Decodes the frames. `Other` is the type of the messages in the opposite direction, for a better error.
  private static func message<Message: WireMessage, Other: WireMessage>(
    in frames: [[UInt8]], orElse: Other.Type
  ) throws(ProtocolError) -> (message: Message, id: UInt64) {
    guard frames.count == frameCount else { throw .frameCount(frames.count) }
    guard frames[0].count == magic.count + 1, frames[0].starts(with: magic) else { throw .notThisProtocol }
    guard frames[0][magic.count] == ProtocolVersion.framing else { throw .version(frames[0][magic.count]) }
    guard frames[1].count == 1 else { throw .frameSize(frame: "type frame", bytes: frames[1].count, allowed: "1") }
    guard frames[2].count == 8 else { throw .frameSize(frame: "id frame", bytes: frames[2].count, allowed: "8") }
    guard frames[3].count <= maximumPayloadBytes else {
      throw .frameSize(frame: "payload", bytes: frames[3].count, allowed: "at most \(maximumPayloadBytes)")
    }
    guard let code = Message.Code(rawValue: frames[1][0]) else {
      if let other = Other.Code(rawValue: frames[1][0]) { throw .direction("\(other)") }
      throw .unknownType(frames[1][0])
    }
    guard frames[3].count <= code.maximumPayloadBytes else {
      throw .frameSize(
        frame: "payload of \(code)", bytes: frames[3].count, allowed: "at most \(code.maximumPayloadBytes)")
    }
    let message = try Message.read(code, from: ReceivedContent(payload: frames[3]))
    return (message, frames[2].reduce(0) { $0 << 8 | UInt64($1) })
  }
}

/// JSON of a single value, for both codecs.
enum JSON {
  static func encode(_ value: some Encodable, as name: String) throws(ProtocolError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return [UInt8](try encoder.encode(value)) } catch { throw .payload(of: name, problem: summary(of: error)) }
  }

  static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], as name: String
  ) throws(ProtocolError) -> Value {
    try checkDepth(bytes)
    do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
      throw .payload(of: name, problem: summary(of: error))
    }
  }

  /// Checks the nesting depth before the parser reads the text: deep nesting would take parser stack, here it only
  /// takes a counter.
  static func checkDepth(_ bytes: [UInt8]) throws(ProtocolError) {
    var depth = 0
    var insideString = false
    var escaped = false
    for byte in bytes {
      if insideString {
        if escaped {
          escaped = false
        } else if byte == UInt8(ascii: "\\") {
          escaped = true
        } else if byte == UInt8(ascii: "\"") {
          insideString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): insideString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        if depth > MessageCodec.maximumDepth { throw .nesting(depth: depth) }
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
    }
  }

  /// Foundation's errors are pages long; a log line needs the place and the kind of error.
  private static func summary(of error: any Error) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.isEmpty ? "" : " at " + path.map(\.stringValue).joined(separator: ".")
    }
    let text: String
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      text = "\(key.stringValue) is missing" + place(context.codingPath)
    case DecodingError.valueNotFound(_, let context): text = "a value is missing" + place(context.codingPath)
    case DecodingError.typeMismatch(let type, let context): text = "not \(type)" + place(context.codingPath)
    case DecodingError.dataCorrupted(let context): text = "not valid JSON of this message" + place(context.codingPath)
    case EncodingError.invalidValue(_, let context): text = "a number is not finite" + place(context.codingPath)
    default: text = "\(error)"
    }
    return text.oneLine(limit: 200)
  }
}
