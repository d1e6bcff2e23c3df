/// Prose on lines of bounded width.
package enum Wrapping {
  /// Broken between words; a word that is wider than a line has one of its own. Lines after the first are indented.
  /// - Parameter width: columns; nil for one line.
  package static func lines(_ text: String, width: Int?, indent: Int = 0) -> [String] {
    guard let width, text.count > width else { return [text] }
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let isFirst = line.isEmpty || line == margin
      if !isFirst, line.count + 1 + word.count > width {
        lines.append(line)
        line = margin + word
      } else {
        line += (isFirst ? "" : " ") + word
      }
    }
    return lines + [line]
  }
}
