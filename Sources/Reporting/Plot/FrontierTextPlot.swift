import ReadableText
import SearchCore

/// The picture of a study's frontier for a terminal: the contents of `FrontierPlot`, drawn in characters.
package struct FrontierTextPlot {
  private let report: StudyReport
  private let data: FrontierPlotData
  private let width: Int
  private let glyphs: Glyphs
  /// The height of the plane in rows.
  private let rows: Int
  private let x: PlotScale
  private let y: PlotScale
  /// The column of the vertical axis.
  private let left: Int
  private let headings: [String]
  private let legend: [[LegendEntry]]
  private let notes: [String]

  private struct LegendEntry {
    var sign: String
    var style: CharacterGrid.Style
    var name: String
    /// The width, including the gap before the next entry.
    var columns: Int { 2 + TerminalText.columns(of: name) + 3 }
  }

  /// The minimum width; a narrower picture would not be legible.
  private static let leastWidth = 20

  /// - Parameters:
  ///   - width: The number of columns of the terminal.
  ///   - abscissa: The objective along x, as in `FrontierPlot`.
  package init(_ report: StudyReport, width: Int, glyphs: Glyphs = .unicode, abscissa: Objective? = nil) {
    let width = max(Self.leastWidth, width)
    let data = FrontierPlotData(report, abscissa: abscissa)
    self.report = report
    self.data = data
    self.width = width
    self.glyphs = glyphs
    rows = min(30, max(8, width / 4))
    let extents = data.extents(of: report)
    y = PlotScale(data: extents.y, minimumSpan: 2, padding: 0.07, start: Double(rows - 1), end: 0)
    let ticks = Self.ticks(y, about: Self.rowTicks(rows))
    left = (ticks.map(\.text.count).max() ?? 0) + 1
    x = PlotScale(data: extents.x, minimumSpan: 20, start: Double(left + 1), end: Double(width - 1))
    func wrapped(_ text: String) -> [String] {
      Wrapping.lines(TerminalText.printable(text, glyphs: glyphs), width: width, indent: 2)
    }
    headings = wrapped("\(report.study): \(report.setting)") + wrapped(report.extent)
    legend = Self.legend(of: report, data, width, glyphs)
    notes = PlotNotes.paragraphs(
      report, data, overlapping: 0, dominated: glyphs == .ascii ? "lower-case" : "hollow"
    ).flatMap(wrapped)
  }

  /// Returns lines of at most `width` columns, each with a line break.
  package func text(hasColor: Bool = false) -> String {
    let grid = grid
    return (hasColor ? grid.coloredLines : grid.lines).map { $0 + "\n" }.joined()
  }

  package var grid: CharacterGrid {
    let top = headings.count + legend.count + 2
    let titles = Wrapping.lines(data.abscissaTitle(of: report), width: width)
    let below = top + rows + 2
    let height = below + titles.count + (notes.isEmpty ? 0 : notes.count + 1)
    var grid = CharacterGrid(width: width, height: height, glyphs: glyphs)
    for (row, line) in headings.enumerated() { grid.write(line, x: 0, y: row, style: row == 0 ? .strong : .plain) }
    for (row, entries) in legend.enumerated() {
      var column = 0
      for entry in entries {
        grid.write(entry.sign, x: column, y: headings.count + row, style: entry.style)
        grid.write(entry.name, x: column + 2, y: headings.count + row)
        column += entry.columns
      }
    }
    grid.write(data.ordinateTitle(of: report), x: 0, y: top - 1, style: .faint)
    drawAxes(top, &grid)
    for (row, title) in titles.enumerated() {
      let middle = left + (width - left - title.count) / 2
      grid.write(title, x: max(0, middle), y: below + row, style: .faint)
    }
    for (row, note) in notes.enumerated() { grid.write(note, x: 0, y: below + titles.count + 1 + row, style: .faint) }
    if data.points.isEmpty {
      let text = report.rows.isEmpty ? "No candidate has a result yet" : "No candidate can be shown"
      grid.write(text, x: max(left + 2, left + (width - left - text.count) / 2), y: top + rows / 2)
    } else {
      drawData(top, &grid)
    }
    return grid
  }
}

// Axes and legend.
extension FrontierTextPlot {
  private static func rowTicks(_ rows: Int) -> Int { max(2, rows / 4) }

  private static func ticks(_ scale: PlotScale, about count: Int) -> [(at: Int, text: String)] {
    scale.ticks(about: count).filter { $0 >= 0 }.map { tick in
      (Int(scale.position(tick).rounded()), NumberText.fixed(tick, scale.tickDecimals(about: count)))
    }
  }

  private func drawAxes(_ top: Int, _ grid: inout CharacterGrid) {
    let isUnicode = glyphs == .unicode
    for row in 0..<rows { grid.write(isUnicode ? "│" : "|", x: left, y: top + row, style: .faint) }
    for tick in Self.ticks(y, about: Self.rowTicks(rows)) where (0..<rows).contains(tick.at) {
      grid.write(tick.text, x: left - 1 - tick.text.count, y: top + tick.at, style: .faint)
      grid.write(isUnicode ? "┤" : "+", x: left, y: top + tick.at, style: .faint)
    }
    let bottom = top + rows
    let line = String(repeating: isUnicode ? "─" : "-", count: width - left - 1)
    grid.write((isUnicode ? "└" : "+") + line, x: left, y: bottom, style: .faint)
    var free = 0
    for tick in Self.ticks(x, about: max(2, (width - left) / 10)) where tick.at < width {
      grid.write(isUnicode ? "┴" : "+", x: tick.at, y: bottom, style: .faint)
      let start = min(tick.at - (tick.text.count - 1) / 2, width - tick.text.count)
      guard start >= free else { continue }
      grid.write(tick.text, x: start, y: bottom + 1, style: .faint)
      free = start + tick.text.count + 1
    }
  }

  /// Distributes the legend over as many lines as it needs.
  private static func legend(
    of report: StudyReport, _ data: FrontierPlotData, _ width: Int, _ glyphs: Glyphs
  ) -> [[LegendEntry]] {
    var entries = data.legend(of: report).map { marker, name in
      LegendEntry(sign: marker.sign(filled: true, glyphs), style: marker.style, name: name)
    }
    if let title = data.intervalTitle(of: report) {
      let name = TerminalText.printable(title, glyphs: glyphs)
      entries.append(LegendEntry(sign: glyphs == .unicode ? "│" : "|", style: .plain, name: name))
    }
    var lines: [[LegendEntry]] = []
    var room = 0
    for entry in entries {
      if room < entry.columns - 3 {
        lines.append([])
        room = width
      }
      lines[lines.count - 1].append(entry)
      room -= entry.columns
    }
    return lines
  }
}

// The data. The least important parts are drawn first, so that no important part is covered.
extension FrontierTextPlot {
  private func column(_ point: FrontierPlotData.Point) -> Int { Int(x.position(point.x).rounded()) }

  private func row(_ height: Double) -> Int { min(rows - 1, max(0, Int(y.position(height).rounded()))) }

  /// The row of a point; points without a place in the plane lie at its lower edge.
  private func row(of point: FrontierPlotData.Point) -> Int {
    point.isBelowAxis || point.isDiverged ? rows - 1 : row(point.y)
  }

  private func drawData(_ top: Int, _ grid: inout CharacterGrid) {
    drawLine(top, &grid)
    drawIntervals(top, &grid)
    func layer(_ row: ReportRow) -> Int { row.reference != nil ? 3 : !row.onFrontier ? 0 : row.isUntrained ? 1 : 2 }
    for wanted in 0...3 {
      for point in data.points where layer(point.row) == wanted {
        let marker = point.isBelowAxis ? PlotMarker.belowAxis : PlotMarker(point.row)
        grid.write(
          marker.sign(filled: point.row.onFrontier && !point.row.isUntrained, glyphs), x: column(point),
          y: top + row(of: point), style: marker.style)
      }
    }
    for point in data.points {
      switch point.row.reference {
      case .dense: label("dense", point, PlotMarker.dense.style, top, &grid)
      case .allLayers(let label): self.label("all at \(label)", point, PlotMarker.allLayers.style, top, &grid)
      case nil: break
      }
    }
    if let knee = data.knee, knee.row.reference == nil { label("knee", knee, PlotMarker.frontier.style, top, &grid) }
  }

  /// Draws steps from point to point, and a line from the last point to the right edge.
  private func drawLine(_ top: Int, _ grid: inout CharacterGrid) {
    let (across, up) = glyphs == .unicode ? ("┈", "┊") : ("-", ":")
    for (index, point) in data.staircase.enumerated() {
      let next = data.staircase.indices.contains(index + 1) ? data.staircase[index + 1] : nil
      let (start, end) = (column(point) + 1, next.map(column) ?? width)
      let level = row(point.y)
      for column in start..<max(start, end) { grid.write(across, x: column, y: top + level, style: .accent) }
      guard let next else { continue }
      for row in row(next.y)..<max(row(next.y), level + 1) {
        grid.write(row == level ? across : up, x: column(next), y: top + row, style: .accent)
      }
    }
  }

  /// Draws the intervals of references and of points on the line, at most one per column: two would look like one.
  private func drawIntervals(_ top: Int, _ grid: inout CharacterGrid) {
    let (cap, stem, foot) = glyphs == .unicode ? ("┬", "│", "┴") : ("|", "|", "|")
    var taken: Set<Int> = []
    let wanted = data.points.filter { $0.row.reference != nil } + data.staircase
    for point in wanted where !point.isBelowAxis && !point.isDiverged {
      guard let reach = point.reach, reach.high > reach.low, taken.insert(column(point)).inserted else { continue }
      let (high, low) = (row(reach.high), row(reach.low))
      let style = PlotMarker(point.row).style
      for row in high..<(low + 1) {
        grid.write(row == high ? cap : row == low ? foot : stem, x: column(point), y: top + row, style: style)
      }
    }
  }

  /// Writes the text beside the point, if there is room.
  private func label(
    _ text: String, _ point: FrontierPlotData.Point, _ style: CharacterGrid.Style, _ top: Int,
    _ grid: inout CharacterGrid
  ) {
    let text = TerminalText.printable(text, glyphs: glyphs)
    let (at, row) = (column(point), top + row(of: point))
    let count = TerminalText.columns(of: text)
    for (start, row) in [
      (at + 2, row), (at - 1 - count, row), (at + 2, row - 1), (at - 1 - count, row - 1), (at + 2, row + 1),
      (at - 1 - count, row + 1),
    ] where start > left && (top..<top + rows).contains(row) {
      guard grid.isBlank(x: (start - 1)..<(start + count), y: row) else { continue }
      grid.write(text, x: start, y: row, style: style)
      return
    }
  }
}

extension PlotMarker {
  /// - Parameter filled: Whether the candidate is on the frontier; relevant for references, which may be dominated.
  fileprivate func sign(filled: Bool, _ glyphs: Glyphs) -> String {
    let isUnicode = glyphs == .unicode
    return switch self {
    case .frontier: isUnicode ? "●" : "O"
    case .untrained: isUnicode ? "○" : "o"
    case .dominated: isUnicode ? "·" : "."
    case .belowAxis: isUnicode ? "▽" : "v"
    case .diverged: isUnicode ? "×" : "x"
    case .dense: isUnicode ? (filled ? "◆" : "◇") : (filled ? "D" : "d")
    case .allLayers: isUnicode ? (filled ? "■" : "□") : (filled ? "A" : "a")
    }
  }

  fileprivate var style: CharacterGrid.Style {
    switch self {
    case .frontier, .untrained: .accent
    case .dominated, .belowAxis: .faint
    case .diverged: .bad
    case .dense: .strong
    case .allLayers: .warning
    }
  }
}
