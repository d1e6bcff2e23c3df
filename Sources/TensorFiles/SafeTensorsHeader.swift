import ReadableText

/// The header of a safetensors file, a restricted form of JSON: an object of objects, whose values are strings, whole
/// numbers and lists of them. It is read byte by byte, so that repeated keys are detected and nothing can nest.
struct SafeTensorsHeader {
  struct Entry {
    var name: String
    var type: String
    var shape: [Int]
    var begin: Int
    var end: Int
  }

  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String] = [:]

  /// The maximum number of dimensions, more than any tensor has.
  private static let mostDimensions = 64

  init(_ bytes: ArraySlice<UInt8>) throws(TensorFileProblem) {
    var scanner = JSONScanner(bytes)
    var names: Set<String> = []
    try scanner.object { scanner, name throws(TensorFileProblem) in
      guard names.insert(name).inserted else {
        throw TensorFileProblem("\(name.inOneLine.cut(toCharacters: 200)) is in its header twice")
      }
      if name == "__metadata__" {
        metadata = try Self.metadata(&scanner)
      } else {
        entries.append(try Self.entry(name, &scanner))
      }
    }
    try scanner.requireEnd()
  }

  private static func metadata(_ scanner: inout JSONScanner) throws(TensorFileProblem) -> [String: String] {
    var metadata: [String: String] = [:]
    try scanner.object { scanner, key throws(TensorFileProblem) in
      guard metadata.updateValue(try scanner.text(), forKey: key) == nil else {
        throw TensorFileProblem("\(key.inOneLine.cut(toCharacters: 200)) is in its metadata twice")
      }
    }
    return metadata
  }

  private static func entry(_ name: String, _ scanner: inout JSONScanner) throws(TensorFileProblem) -> Entry {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { scanner, key throws(TensorFileProblem) in
      switch key {
      case "dtype" where type == nil: type = try scanner.text()
      case "shape" where shape == nil: shape = try scanner.numbers(atMost: mostDimensions)
      case "data_offsets" where offsets == nil: offsets = try scanner.numbers(atMost: 2)
      default:
        throw TensorFileProblem(
          "tensor \(name.inOneLine.cut(toCharacters: 200)): its header has \(key.inOneLine.cut(toCharacters: 40)), "
            + "but must have dtype, shape and data_offsets, once each")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else {
      throw TensorFileProblem(
        "tensor \(name.inOneLine.cut(toCharacters: 200)) lacks dtype, shape or two data_offsets in the header")
    }
    return Entry(name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }
}

/// Reads JSON tokens in the expected order.
struct JSONScanner {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  private func problem(_ wanted: String) -> TensorFileProblem {
    TensorFileProblem("its header is not one of safetensors: expected \(wanted) at byte \(position - bytes.startIndex)")
  }

  private mutating func skipSpace() {
    while position < bytes.endIndex, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.endIndex, bytes[position] == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  private mutating func require(_ byte: Unicode.Scalar) throws(TensorFileProblem) {
    guard take(byte) else { throw problem("'\(byte)'") }
  }

  /// Requires the end of the text. Whitespace may come before it, because writers use it as padding.
  mutating func requireEnd() throws(TensorFileProblem) {
    skipSpace()
    guard position == bytes.endIndex else { throw problem("the end") }
  }

  mutating func object(
    _ value: (inout JSONScanner, _ key: String) throws(TensorFileProblem) -> Void
  ) throws(TensorFileProblem) {
    try require("{")
    if take("}") { return }
    repeat {
      let key = try text()
      try require(":")
      try value(&self, key)
    } while take(",")
    try require("}")
  }

  /// Reads a list such as `[1, 2]` of whole numbers that are not negative.
  mutating func numbers(atMost most: Int) throws(TensorFileProblem) -> [Int] {
    try require("[")
    if take("]") { return [] }
    var numbers: [Int] = []
    repeat {
      guard numbers.count < most else { throw problem("']' after \(most) numbers at most") }
      numbers.append(try number())
    } while take(",")
    try require("]")
    return numbers
  }

  private mutating func number() throws(TensorFileProblem) -> Int {
    skipSpace()
    let start = position
    var number = 0
    while position < bytes.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
      let (tens, first) = number.multipliedReportingOverflow(by: 10)
      let (sum, second) = tens.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
      guard !first, !second else { throw problem("a number below 2⁶³") }
      number = sum
      position += 1
    }
    guard position > start, position - start == 1 || bytes[start] != UInt8(ascii: "0") else {
      position = start
      throw problem("a whole number that is not negative")
    }
    return number
  }

  mutating func text() throws(TensorFileProblem) -> String {
    try require("\"")
    var text: [UInt8] = []
    while true {
      guard position < bytes.endIndex, bytes[position] >= 0x20 else { throw problem("the end of a text") }
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else { throw problem("text in UTF-8") }
        return string
      case UInt8(ascii: "\\"): try appendEscaped(to: &text)
      default: text.append(byte)
      }
    }
  }

  private mutating func appendEscaped(to text: inout [UInt8]) throws(TensorFileProblem) {
    guard position < bytes.endIndex else { throw problem("the end of a text") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var units = [try codeUnit()]
      if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: Array("\\u".utf8)) {
        position += 2
        units.append(try codeUnit())
      }
      guard let string = String(validating: units, as: UTF16.self) else { throw problem("a character") }
      text += Array(string.utf8)
    default: throw problem("an escaped character")
    }
  }

  private mutating func codeUnit() throws(TensorFileProblem) -> UInt16 {
    let digits = bytes[position...].prefix(4)
    var unit: UInt16 = 0
    for digit in digits {
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue, digit < 0x80 else {
        throw problem("four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(value)
    }
    guard digits.count == 4 else { throw problem("four hexadecimal digits") }
    position += 4
    return unit
  }
}
