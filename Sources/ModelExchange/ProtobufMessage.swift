/// A message in protocol buffers' wire format, field by field (https://protobuf.dev/programming-guides/encoding).
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 {
    case varint = 0
    case lengthDelimited = 2
    case fixed32 = 5
  }

  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func append(tag field: Int, _ type: WireType) { append(varint: UInt64(field) << 3 | type.rawValue) }

  /// For int64, int32 and enumerations.
  mutating func append(_ field: Int, _ value: Int) {
    append(tag: field, .varint)
    append(varint: UInt64(bitPattern: Int64(value)))
  }

  mutating func append(_ field: Int, _ value: Float) {
    append(tag: field, .fixed32)
    for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift)) }
  }

  mutating func append(_ field: Int, _ text: String) { append(field, Array(text.utf8)) }

  mutating func append(_ field: Int, _ message: ProtobufMessage) { append(field, message.bytes) }

  mutating func append(_ field: Int, _ value: [UInt8]) {
    append(tag: field, .lengthDelimited)
    append(varint: UInt64(value.count))
    bytes += value
  }

  /// A packed list.
  mutating func append(_ field: Int, _ values: [Int]) {
    var list = ProtobufMessage()
    for value in values { list.append(varint: UInt64(bitPattern: Int64(value))) }
    append(field, list.bytes)
  }
}
