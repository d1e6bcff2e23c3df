import ReadableText

/// The name of a content everywhere: the SHA-256 of its bytes. Its text is 64 lowercase hexadecimal digits, so that it
/// can serve as a file name.
public struct ContentHash: Hashable, Sendable {
  public static let byteCount = 32

  public let text: String

  /// Returns `nil` unless `text` consists of 64 lowercase hexadecimal digits.
  public init?(_ text: String) {
    guard Hexadecimal.isNumber(text, digits: 2 * Self.byteCount), text == text.lowercased() else { return nil }
    self.text = text
  }

  /// Returns `nil` unless there are exactly 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    text = Hexadecimal.text(bytes)
  }

  public var bytes: [UInt8] { Hexadecimal.bytes(text) ?? [] }

  /// The first 12 digits and an ellipsis, for messages to the user.
  public var short: String { String(text.prefix(12)) + "…" }

  private init(digits: String) { text = digits }

  static let blank = ContentHash(digits: String(repeating: "0", count: 2 * byteCount))
}

extension ContentHash: CustomStringConvertible {
  public var description: String { text }
}

extension ContentHash: Comparable {
  public static func < (left: ContentHash, right: ContentHash) -> Bool { left.text < right.text }
}

extension ContentHash: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let hash = ContentHash(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 64 lower-case hexadecimal digits")
    }
    self = hash
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// A content hash in a message.
struct HashField: FieldKind {
  func write(_ value: ContentHash, to writer: inout PlainJSONWriter) { writer.write(value.text) }
  func read(from reader: inout PlainJSONReader) -> ContentHash? { reader.string().flatMap { ContentHash($0) } }
  func check(_ value: ContentHash, _ name: StaticString) {}
}
