/// The header of NumPy's format for one array (NEP 1), read by a strict grammar: a dictionary of exactly `descr`,
/// `fortran_order` and `shape`, in any order, as NumPy writes it.
struct NpyHeader: Equatable {
  var type: ElementType
  var isFortranOrder: Bool
  var shape: [Int]

  static let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
  /// The largest accepted header. NumPy pads headers to multiples of 64 bytes; only those of record types are long.
  static let mostBytes = 1 << 16
  private static let mostDimensions = 32

  /// The reason why a header is rejected, as text.
  struct Problem: Error, Equatable { var text: String }

  /// - Parameter text: the header without magic, version and length.
  init(_ text: [UInt8]) throws(Problem) {
    var parser = Parser(text)
    var type: ElementType?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try parser.expect("{")
    while !parser.take("}") {
      let key = try parser.string()
      try parser.expect(":")
      switch key {
      case "descr" where type == nil: type = try Self.type(&parser)
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try parser.boolean()
      case "shape" where shape == nil: shape = try parser.tuple(atMost: Self.mostDimensions)
      default: throw Problem(text: "its header has the key '\(key.prefix(40))', which is unknown or appears twice")
      }
      if !parser.take(",") {
        try parser.expect("}")
        break
      }
    }
    guard parser.isAtEnd, let type, let isFortranOrder, let shape else {
      throw Problem(text: "its header is not NumPy's: it must have descr, fortran_order and shape, and nothing else")
    }
    (self.type, self.isFortranOrder, self.shape) = (type, isFortranOrder, shape)
  }

  private static func type(_ parser: inout Parser) throws(Problem) -> ElementType {
    if parser.isNext("[") {
      throw Problem(text: "it has elements of several fields; save one plain array under the name")
    }
    let text = try parser.string()
    guard let type = elementType(text) else {
      throw Problem(text: "its elements have an unknown type: '\(text.prefix(40))'")
    }
    if case .other("object") = type {
      throw Problem(
        text: "it is an array of Python objects, which are not read: save it as plain numbers, "
          + "as in numpy.array(…, dtype=numpy.uint8)")
    }
    return type
  }

  /// Returns the element type for one of NumPy's short names (`|u1`, `<i8`, `<f4`), or `nil` if it is unknown.
  static func elementType(_ text: String) -> ElementType? {
    var rest = text[...]
    guard let order = rest.first, "<>|=".contains(order) else { return nil }
    rest.removeFirst()
    guard let kind = rest.first else { return nil }
    rest.removeFirst()
    if kind == "O" { return .other("object") }
    let digits = rest.prefix { "0123456789".contains($0) }
    // Only times (`m`, `M`) have text after the size: their unit.
    guard let size = Int(digits), !digits.hasPrefix("0"), size <= 1 << 20,
      digits.count == rest.count || "mM".contains(kind)
    else { return nil }
    switch kind {
    case "u", "i":
      guard [1, 2, 4, 8].contains(size), order != "|" || size == 1 else { return nil }
      return .integer(bytes: size, isSigned: kind == "i", isBigEndian: order == ">" && size > 1)
    case "f": return .other("float\(8 * size)")
    case "c": return .other("complex\(8 * size)")
    case "b": return .other("bool")
    case "S", "a": return .other("bytes")
    case "U": return .other("str")
    case "V": return .other("void")
    case "m", "M": return .other("a time")
    default: return nil
    }
  }

  /// A parser for those Python literals that occur in headers.
  private struct Parser {
    private let text: [UInt8]
    private var place = 0

    init(_ text: [UInt8]) { self.text = text }

    private static var malformed: Problem { Problem(text: "its header is not NumPy's") }

    private mutating func skipSpaces() {
      while place < text.count, text[place] == UInt8(ascii: " ") || text[place] == UInt8(ascii: "\n") { place += 1 }
    }

    var isAtEnd: Bool {
      text[place...].allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    }

    mutating func isNext(_ character: Unicode.Scalar) -> Bool {
      skipSpaces()
      return place < text.count && text[place] == UInt8(ascii: character)
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard isNext(character) else { return false }
      place += 1
      return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(Problem) {
      guard take(character) else { throw Self.malformed }
    }

    /// Parses a quoted string of printable ASCII characters without quotes or backslashes in it.
    mutating func string() throws(Problem) -> String {
      let quote: Unicode.Scalar = isNext("\"") ? "\"" : "'"
      try expect(quote)
      let start = place
      while place < text.count, text[place] != UInt8(ascii: quote) {
        guard (0x20..<0x7f).contains(text[place]), ![0x22, 0x27, 0x5c].contains(text[place]) else {
          throw Self.malformed
        }
        place += 1
      }
      let value = String(decoding: text[start..<place], as: UTF8.self)
      try expect(quote)
      return value
    }

    mutating func boolean() throws(Problem) -> Bool {
      for (word, value) in [("True", true), ("False", false)] {
        skipSpaces()
        if text[place...].starts(with: word.utf8) {
          place += word.utf8.count
          return value
        }
      }
      throw Self.malformed
    }

    /// Parses a tuple of numbers: `()`, `(7,)`, `(7, 3)`.
    mutating func tuple(atMost most: Int) throws(Problem) -> [Int] {
      try expect("(")
      var numbers: [Int] = []
      while !take(")") {
        guard numbers.count < most else { throw Problem(text: "it has more than \(most) dimensions") }
        numbers.append(try number())
        if !take(",") {
          guard numbers.count > 1 else { throw Self.malformed }
          try expect(")")
          break
        }
      }
      return numbers
    }

    private mutating func number() throws(Problem) -> Int {
      skipSpaces()
      let digits = text[place...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard let value = Int(String(decoding: digits, as: UTF8.self)), digits.count == 1 || digits.first != 0x30 else {
        throw digits.count > 18 ? Problem(text: "a dimension has \(digits.count) digits") : Self.malformed
      }
      place += digits.count
      return value
    }
  }
}
