/// A picture of characters: cells in rows, each with a style. All text passes through `TerminalText`, so that no drawn
/// name can move the cursor.
package struct CharacterGrid: Hashable, Sendable {
  /// The meaning of a cell; the terminal's own colors determine its appearance.
  package enum Style: Hashable, Sendable {
    case plain, strong, faint, accent, good, warning, bad
  }

  private struct Cell: Hashable, Sendable {
    /// Empty for the second column of a character that is two columns wide.
    var text: String
    var style: Style

    static let blank = Cell(text: " ", style: .plain)
  }

  package let width: Int
  package let height: Int
  package let glyphs: Glyphs
  private var cells: [Cell]

  package init(width: Int, height: Int, glyphs: Glyphs = .unicode) {
    self.width = max(0, width)
    self.height = max(0, height)
    self.glyphs = glyphs
    cells = Array(repeating: .blank, count: self.width * self.height)
  }

  /// Writes as much of the text on one row as fits, ending in an ellipsis if that is not all.
  /// - Parameters:
  ///   - x: The first column, counted from 0 at the left. Outside of the grid, nothing is written.
  ///   - columns: The maximum number of columns for the text.
  /// - Returns: The column after the text.
  @discardableResult
  package mutating func write(
    _ text: String, x: Int, y: Int, style: Style = .plain, columns: Int = .max
  ) -> Int {
    guard (0..<height).contains(y), (0..<width).contains(x) else { return x }
    let room = min(columns, width - x)
    let shown = TerminalText.cut(
      TerminalText.printable(text, glyphs: glyphs), toColumns: room, glyphs: glyphs)
    var column = x
    for scalar in shown.unicodeScalars {
      let size = TerminalText.columns(of: scalar)
      clear(x: column, y: y)
      cells[y * width + column] = Cell(text: String(scalar), style: style)
      if size == 2, column + 1 < width {
        clear(x: column + 1, y: y)
        cells[y * width + column + 1] = Cell(text: "", style: style)
      }
      column += size
    }
    return column
  }

  /// Whether nothing has been drawn in these cells; false outside of the grid.
  package func isBlank(x: Range<Int>, y: Int) -> Bool {
    guard (0..<height).contains(y), x.lowerBound >= 0, x.upperBound <= width else { return false }
    return x.allSatisfy { cells[y * width + $0].text == " " }
  }

  /// Prepares a cell for a new character: a wide character of which this cell is one half disappears as a whole.
  private mutating func clear(x: Int, y: Int) {
    let index = y * width + x
    if cells[index].text.isEmpty, x > 0 { cells[index - 1] = .blank }
    if x + 1 < width, cells[index + 1].text.isEmpty { cells[index + 1] = .blank }
  }

  /// The rows, without blanks at their ends.
  package var lines: [String] { (0..<height).map { row in text(row) { text, _ in text } } }

  /// The rows with ECMA-48 codes for the styles.
  package var coloredLines: [String] {
    (0..<height).map { row in
      text(row) { text, style in style.codes.map { "\u{1b}[\($0)m\(text)\u{1b}[0m" } ?? text }
    }
  }

  /// - Parameter written: Converts the text of adjacent cells with the same style.
  private func text(_ row: Int, _ written: (String, Style) -> String) -> String {
    let start = row * width
    guard let last = (start..<start + width).last(where: { cells[$0].text != " " }) else { return "" }
    var line = ""
    var run = ""
    var style = Style.plain
    for cell in cells[start...last] {
      if cell.style != style {
        if !run.isEmpty { line += written(run, style) }
        (run, style) = ("", cell.style)
      }
      run += cell.text
    }
    return line + (run.isEmpty ? "" : written(run, style))
  }
}

extension CharacterGrid.Style {
  /// The ECMA-48 codes of the style; only from the eight basic colors, which every palette makes readable on its
  /// background.
  fileprivate var codes: String? {
    switch self {
    case .plain: nil
    case .strong: "1"
    case .faint: "2"
    case .accent: "36"
    case .good: "32"
    case .warning: "33"
    case .bad: "31"
    }
  }
}
