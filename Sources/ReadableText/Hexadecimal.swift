/// Bytes as text: two digits per byte, the upper four bits first.
package enum Hexadecimal {
  private static let digits = Array("0123456789abcdef".utf8)

  /// Returns the digits in lower case.
  package static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Returns all digits of a number in lower case, including leading zeros.
  package static func text<Number: FixedWidthInteger & UnsignedInteger>(of number: Number) -> String {
    withUnsafeBytes(of: number.bigEndian) { text($0) }
  }

  /// Reads digits in either case; `nil` unless the text consists of pairs of digits.
  package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    let values = text.utf8.map(value)
    guard values.count.isMultiple(of: 2), !values.contains(nil) else { return nil }
    return stride(from: 0, to: values.count, by: 2).map { (values[$0] ?? 0) << 4 | (values[$0 + 1] ?? 0) }
  }

  /// Whether the text consists of exactly `count` digits, in either case.
  package static func isNumber(_ text: some StringProtocol, digits count: Int) -> Bool {
    text.utf8.count == count && text.utf8.allSatisfy { value($0) != nil }
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
