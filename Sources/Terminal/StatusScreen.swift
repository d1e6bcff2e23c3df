import ReadableText
import Reporting
import SearchCore
import Studies
import StudyViews

/// The screen of `status --watch`: the most important facts first, as many as there is room for.
package struct StatusScreen {
  struct Span {
    var text: String
    var style: CharacterGrid.Style = .plain
  }

  typealias Line = [Span]

  let overview: StudyOverview
  let glyphs: Glyphs
  /// The reason why the overview is not up to date; `nil` if it is.
  let problem: String?

  package init(_ overview: StudyOverview, glyphs: Glyphs = .unicode, problem: String? = nil) {
    self.overview = overview
    self.glyphs = glyphs
    self.problem = problem
  }

  /// The minimum number of columns for parts side by side.
  private static let leastForTwo = 120
  private static let betweenColumns = 3
  /// The minimum number of rows for a row that explains the keys.
  private static let leastForKeys = 6

  /// Returns a grid of exactly this size, however small.
  package func grid(width: Int, height: Int) -> CharacterGrid {
    var grid = CharacterGrid(width: width, height: height, glyphs: glyphs)
    let keys = height >= Self.leastForKeys ? 1 : 0
    if keys > 0 { grid.write("q quits", x: 0, y: height - 1, style: .faint) }
    drawTitle(&grid)
    let facts = facts(width, atMost: height - 1 - keys)
    for (row, line) in facts.enumerated() { Self.draw(line, x: 0, y: 1 + row, width, &grid) }
    let top = 1 + facts.count
    let room = height - keys - top
    if width >= Self.leastForTwo {
      let half = (width - Self.betweenColumns) / 2
      draw([frontier, setAside, events], x: 0, top, width: half, room, &grid)
      draw([running, workers], x: width - half, top, width: half, room, &grid)
    } else {
      draw([frontier, running, setAside, workers, events], x: 0, top, width: width, room, &grid)
    }
    return grid
  }

  private static func draw(_ line: Line, x: Int, y: Int, _ columns: Int, _ grid: inout CharacterGrid) {
    var column = x
    for span in line where column < x + columns {
      column = grid.write(span.text, x: column, y: y, style: span.style, columns: x + columns - column)
    }
  }

  private func drawTitle(_ grid: inout CharacterGrid) {
    let (state, clock) = (overview.status.state, TimeText.clock(overview.time))
    let style: CharacterGrid.Style =
      switch state {
      case "running": .good
      case "stopped": .warning
      default: .accent
      }
    // A short name is shown in full, even if the state is then cut.
    let room = max(grid.width - state.count - 2, 8)
    let end = grid.write(overview.status.study, x: 0, y: 0, style: .strong, columns: room)
    let behind = grid.write(state, x: end + 2, y: 0, style: style)
    let start = grid.width - clock.count
    if start > behind { grid.write(clock, x: start, y: 0, style: .faint) }
  }
}

// The parts of the screen: each has a heading, and a row for each of its items.
extension StatusScreen {
  struct Part {
    var title: String
    var count: Int
    /// Returns the rows of this number of items.
    var rows: (Int) -> [Line]
  }

  private func draw(
    _ parts: [Part], x: Int, _ top: Int, width: Int, _ room: Int, _ grid: inout CharacterGrid
  ) {
    let parts = parts.filter { $0.count > 0 }
    // Blank rows between the parts, if there is enough room for all of them.
    let gap = room >= 5 * parts.count ? 1 : 0
    var y = top
    for (part, count) in zip(parts, Self.allot(parts.map(\.count), room, heading: 1 + gap)) where count > 0 {
      y += gap
      let extent =
        count < part.count
        ? "\(NumberText.grouped(count)) of \(NumberText.grouped(part.count))" : NumberText.grouped(part.count)
      let heading = [Span(text: part.title, style: .strong), Span(text: " \(extent)", style: .faint)]
      Self.draw(heading, x: x, y: y, width, &grid)
      for (row, line) in part.rows(count).enumerated() {
        Self.draw([Span(text: " ")] + line, x: x, y: y + 1 + row, width, &grid)
      }
      y += 1 + count
    }
  }

  /// Distributes the rows over the parts: one for each as far as there is room, then in turns.
  /// - Parameter heading: The number of additional rows of each part.
  static func allot(_ counts: [Int], _ room: Int, heading: Int) -> [Int] {
    var rows = counts.map { _ in 0 }
    var left = room
    for index in counts.indices where counts[index] > 0 && left > heading {
      rows[index] = 1
      left -= heading + 1
    }
    while left > 0 {
      let growing = rows.indices.filter { rows[$0] > 0 && rows[$0] < counts[$0] }
      guard !growing.isEmpty else { break }
      for index in growing.prefix(left) { rows[index] += 1 }
      left -= min(left, growing.count)
    }
    return rows
  }
}
