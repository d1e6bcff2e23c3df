import SearchCore

/// Numbers by name as a JSON object that reads back to the same bits: Swift writes a double as the shortest text that
/// does so. Infinite numbers, which JSON lacks, are written as `9e999`, which is beyond every double.
enum ObservationText {
  static func write(_ metrics: NamedValues<Metric, Double>) -> String {
    var text = "{"
    for entry in metrics {
      begin(entry.name.name, &text)
      write(entry.value, &text)
    }
    text += "}"
    return text
  }

  static func write(_ curves: NamedValues<Curve, [Double]>) -> String {
    var text = "{"
    for entry in curves {
      begin(entry.name.name, &text)
      text += "["
      for (index, value) in entry.value.enumerated() {
        if index > 0 { text += "," }
        write(value, &text)
      }
      text += "]"
    }
    text += "}"
    return text
  }

  /// `nil` if the text is not what `write` writes.
  static func metrics(_ text: String) -> NamedValues<Metric, Double>? {
    var metrics: NamedValues<Metric, Double> = [:]
    let isRead = read(text) { reader, name in
      guard let value = reader.number() else { return false }
      metrics[Metric(named: name)] = value
      return true
    }
    return isRead ? metrics : nil
  }

  static func curves(_ text: String) -> NamedValues<Curve, [Double]>? {
    var curves: NamedValues<Curve, [Double]> = [:]
    let isRead = read(text) { reader, name in
      guard reader.skip("[") else { return false }
      var values: [Double] = []
      if !reader.skip("]") {
        repeat {
          guard let value = reader.number() else { return false }
          values.append(value)
        } while reader.skip(",")
        guard reader.skip("]") else { return false }
      }
      curves[Curve(named: name)] = values
      return true
    }
    return isRead ? curves : nil
  }

  /// Whether the name needs no escapes. Only such names are legal.
  static func isLegal(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
  }

  private static func begin(_ name: String, _ text: inout String) {
    text += text.utf8.count == 1 ? "\"" : ",\""
    text += name
    text += "\":"
  }

  private static func write(_ value: Double, _ text: inout String) {
    if value.isFinite { value.write(to: &text) } else { text += value < 0 ? "-9e999" : "9e999" }
  }

  private static func read(_ text: String, _ body: (inout Reader, String) -> Bool) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var reader = Reader(bytes: bytes)
      guard reader.skip("{") else { return false }
      if !reader.skip("}") {
        repeat {
          guard let name = reader.name(), reader.skip(":"), body(&reader, name) else { return false }
        } while reader.skip(",")
        guard reader.skip("}") else { return false }
      }
      return reader.isAtEnd
    }
  }

  private struct Reader {
    let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ sign: Unicode.Scalar) -> Bool {
      guard position < bytes.count, bytes[position] == UInt8(ascii: sign) else { return false }
      position += 1
      return true
    }

    mutating func name() -> String? {
      guard skip("\"") else { return nil }
      let start = position
      while position < bytes.count, bytes[position] != UInt8(ascii: "\"") { position += 1 }
      let name = String(decoding: bytes[start..<position], as: UTF8.self)
      return skip("\"") && isLegal(name) ? name : nil
    }

    mutating func number() -> Double? {
      let start = position
      while position < bytes.count, Self.isPartOfNumber(bytes[position]) { position += 1 }
      return Double(String(decoding: bytes[start..<position], as: UTF8.self)).flatMap { $0.isNaN ? nil : $0 }
    }

    private static func isPartOfNumber(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "e")
    }
  }
}
