/// Breaks prose into lines of bounded width.
package enum Wrapping {
  /// Breaks the text between words; a word wider than a line gets its own line. Lines after the first are indented.
  /// - Parameter width: The maximum number of columns; `nil` for a single line.
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
