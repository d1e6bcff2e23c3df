extension String {
  /// The text for logs, reasons and errors of one line. Line ends and other control characters become one space,
  /// together with the spaces around them, or nothing at either end of the text. A text without control characters is
  /// unchanged.
  package var inOneLine: String {
    guard hasControlCharacters else { return self }
    return unicodeScalars.split(whereSeparator: \.isControl).map { Self.trimmed($0) }.filter { !$0.isEmpty }
      .joined(separator: " ")
  }

  private static func trimmed(_ text: Substring.UnicodeScalarView) -> String {
    let text = text.drop { $0 == " " }
    let end = text.lastIndex { $0 != " " }.map { text.index(after: $0) } ?? text.startIndex
    return String(text[..<end])
  }

  /// Returns the text, shortened to `limit` characters with an ellipsis if it is longer.
  package func cut(toCharacters limit: Int) -> String {
    count <= limit ? self : String(prefix(max(0, limit - 1))) + "…"
  }

  /// Returns the text, shortened to `limit` bytes of UTF-8 with an ellipsis if it is longer. Never splits a Unicode
  /// scalar.
  package func cut(toBytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    let ellipsis = "…"
    guard limit >= ellipsis.utf8.count else { return "" }
    var end = utf8.index(startIndex, offsetBy: limit - ellipsis.utf8.count)
    while end > startIndex, String.Index(end, within: unicodeScalars) == nil { end = utf8.index(before: end) }
    return self[..<end] + ellipsis
  }

  /// Whether the text has control characters. Checks all bytes without a branch first: nearly every text is printable
  /// ASCII, and messages have many texts.
  package var hasControlCharacters: Bool {
    let others = utf8.withContiguousStorageIfAvailable { bytes in
      bytes.reduce(0 as UInt8) { $0 | ($1 &- 0x20 < 0x5f ? 0 : 1) }
    }
    return others != 0 && unicodeScalars.contains(where: \.isControl)
  }
}

extension Unicode.Scalar {
  /// Whether the scalar is in C0 or C1, is DEL, or separates lines or paragraphs.
  fileprivate var isControl: Bool { value < 0x20 || (0x7f...0x9f).contains(value) || (0x2028...0x2029).contains(value) }
}
