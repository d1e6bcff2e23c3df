import ReadableText

/// Builds the text of an SVG file, element by element.
struct SVGDocument {
  private(set) var body = ""
  let width: Double
  let height: Double

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  /// Adds an empty element, or one that holds `content`, which must be escaped already.
  mutating func add(_ name: String, _ attributes: [(String, String)], content: String? = nil) {
    body += "  " + Self.element(name, attributes, content: content) + "\n"
  }

  mutating func text(
    _ text: String, x: Double, y: Double, size: Double = 13, anchor: String = "start", fill: String = "#333",
    extra: [(String, String)] = []
  ) {
    var attributes = [("x", Self.number(x)), ("y", Self.number(y)), ("font-size", Self.number(size)), ("fill", fill)]
    if anchor != "start" { attributes.append(("text-anchor", anchor)) }
    add("text", attributes + extra, content: Self.escaped(text))
  }

  mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, stroke: String, width: Double = 1,
    extra: [(String, String)] = []
  ) {
    add(
      "line",
      [
        ("x1", Self.number(x1)), ("y1", Self.number(y1)), ("x2", Self.number(x2)), ("y2", Self.number(y2)),
        ("stroke", stroke), ("stroke-width", Self.number(width)),
      ] + extra)
  }

  mutating func openGroup(_ attributes: [(String, String)]) {
    body += "  <g\(Self.attributes(attributes))>\n"
  }

  mutating func closeGroup() { body += "  </g>\n" }

  static func element(_ name: String, _ attributes: [(String, String)], content: String? = nil) -> String {
    let start = "<\(name)\(Self.attributes(attributes))"
    return content.map { "\(start)>\($0)</\(name)>" } ?? "\(start)/>"
  }

  static func startTag(_ name: String, _ attributes: [(String, String)]) -> String {
    "<\(name)\(Self.attributes(attributes))>"
  }

  private static func attributes(_ attributes: [(String, String)]) -> String {
    attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
  }

  /// Returns text that is safe as content and as an attribute value. Characters that XML 1.0 forbids, and those that
  /// change the direction of the text that follows, become the replacement character.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\t", "\n", "\r": escaped += " "
      case _ where scalar.value < 0x20 || scalar.value == 0xfffe || scalar.value == 0xffff: escaped += "\u{fffd}"
      case "\u{202a}"..."\u{202e}", "\u{2066}"..."\u{2069}": escaped += "\u{fffd}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// Formats a coordinate with one decimal, or none if that is zero.
  static func number(_ value: Double) -> String {
    let text = NumberText.fixed(value, 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
