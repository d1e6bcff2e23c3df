import SearchCore

/// Writes the same JSON as `JSONEncoder` with sorted keys, at a fraction of the cost: encoding is most of what a
/// message costs the coordinator. A test compares the bytes of both.
struct PlainJSONWriter {
  private(set) var bytes: [UInt8] = []
  /// Whether all values so far could be written here; if not, the general encoder must write the record.
  private(set) var isComplete = true

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  mutating func literal(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Leaves the record to the general encoder.
  mutating func giveUp() { isComplete = false }

  /// Writes a field's key, preceded by a comma unless it is the first of its object.
  mutating func key(_ key: StaticString) {
    if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\""))
    literal(key)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }

  mutating func write(_ number: some FixedWidthInteger) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = UInt64(number.magnitude)
    var low = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    var high = bytes.count - 1
    while low < high {
      bytes.swapAt(low, high)
      low += 1
      high -= 1
    }
  }

  mutating func write(_ flag: Bool) { flag ? literal("true") : literal("false") }

  /// Writes the shortest text that reads back bit for bit.
  mutating func write(_ number: Double) {
    guard number.isFinite else {
      isComplete = false
      return
    }
    var text = number.description
    text.withUTF8 { bytes.append(contentsOf: $0) }
    if bytes.last == UInt8(ascii: "0"), bytes[bytes.count - 2] == UInt8(ascii: ".") { bytes.removeLast(2) }
  }

  /// Writes a string of plain ASCII; any other string is left to the general encoder.
  mutating func write(_ string: String) {
    bytes.append(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { text in
      var others = 0 as UInt8
      for byte in text {
        let isPlain = byte &- 0x20 < 0x5f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
        others |= isPlain ? 0 : 1
      }
      if others != 0 { isComplete = false }
      bytes.append(contentsOf: text)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func write<Value>(
    list: [Value], _ writeOne: (inout PlainJSONWriter, Value) -> Void
  ) {
    literal("[")
    for (index, value) in list.enumerated() {
      if index > 0 { literal(",") }
      writeOne(&self, value)
    }
    literal("]")
  }
}

/// Reads JSON of exactly the form that `PlainJSONWriter` writes. For other legal JSON (another order, spaces, escapes)
/// the functions return `nil`, and the general decoder reads it. Everything that is accepted here is also accepted by
/// the general decoder.
struct PlainJSONReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  /// - Parameter bytes: The buffer, which must remain valid while the reader is in use.
  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  /// Skips the text and returns true if it comes next; otherwise returns false and does not advance.
  mutating func skip(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
    position += count
    return true
  }

  /// Skips a key in the form that `PlainJSONWriter.key` writes. Returns false and does not advance if another key comes
  /// next.
  mutating func skip(key: StaticString) -> Bool {
    let count = key.utf8CodeUnitCount
    var start = position
    if start > 0, bytes[start - 1] != UInt8(ascii: "{") {
      guard start < bytes.count, bytes[start] == UInt8(ascii: ",") else { return false }
      start += 1
    }
    guard start + count + 3 <= bytes.count, bytes[start] == UInt8(ascii: "\"") else { return false }
    for index in 0..<count where bytes[start + 1 + index] != key.utf8Start[index] { return false }
    guard bytes[start + count + 1] == UInt8(ascii: "\""), bytes[start + count + 2] == UInt8(ascii: ":") else {
      return false
    }
    position = start + count + 3
    return true
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private static func isDigit(_ byte: UInt8?) -> Bool {
    byte.map { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ?? false
  }

  /// Reads an unsigned integer: digits without leading zeros, within the range of the type.
  mutating func unsigned<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value? {
    let start = position
    var value: Value = 0
    while let byte = next, Self.isDigit(byte) {
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowsToo) = product.addingReportingOverflow(Value(byte - UInt8(ascii: "0")))
      guard !overflows, !overflowsToo else { return nil }
      value = sum
      position += 1
    }
    guard position > start, position == start + 1 || bytes[start] != UInt8(ascii: "0") else { return nil }
    // The general decoder reads 1.0 and 1e3 as integers.
    if let byte = next, byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") { return nil }
    return value
  }

  mutating func double() -> Double? {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let integer = position
    while Self.isDigit(next) { position += 1 }
    guard position > integer, position == integer + 1 || bytes[integer] != UInt8(ascii: "0") else { return nil }
    if next == UInt8(ascii: ".") {
      position += 1
      let fraction = position
      while Self.isDigit(next) { position += 1 }
      guard position > fraction else { return nil }
    }
    if let byte = next, byte | 0x20 == UInt8(ascii: "e") {
      position += 1
      if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { position += 1 }
      let exponent = position
      while Self.isDigit(next) { position += 1 }
      guard position > exponent else { return nil }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else { return nil }
    // 1e-999 is too small for a double, and the general decoder refuses it.
    if value == 0, text != "0", text != "-0" { return nil }
    return value
  }

  mutating func flag() -> Bool? { skip("true") ? true : skip("false") ? false : nil }

  /// Reads a quoted ASCII string without escapes.
  mutating func string() -> String? {
    guard skip("\"") else { return nil }
    let start = position
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\\") else { return nil }
      position += 1
    }
    let end = position
    return skip("\"") ? String(decoding: bytes[start..<end], as: UTF8.self) : nil
  }

  mutating func list<Value>(_ readOne: (inout PlainJSONReader) -> Value?) -> [Value]? {
    guard skip("[") else { return nil }
    var values: [Value] = []
    if skip("]") { return values }
    while true {
      guard let value = readOne(&self) else { return nil }
      values.append(value)
      if skip("]") { return values }
      guard skip(",") else { return nil }
    }
  }
}
