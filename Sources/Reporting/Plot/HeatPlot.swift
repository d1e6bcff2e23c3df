import ReadableText

/// Numbers in rows and columns. Each cell shows its number, and is darker for a larger one.
package struct HeatPlot {
  package struct Row: Hashable, Sendable {
    package var name: String
    /// The values by column; `nil` if there is none.
    package var values: [Double?]

    package init(name: String, values: [Double?]) {
      self.name = name
      self.values = values
    }
  }

  private static let width = 960.0
  private static let cellHeight = 26.0

  private let title: String
  private let subtitle: String
  private let abscissa: String
  private let columns: [String]
  private let rows: [Row]
  private let range: ClosedRange<Double>
  private let text: (Double) -> String
  private var document: SVGDocument
  private let left: Double
  private let cellWidth: Double

  /// - Parameters:
  ///   - abscissa: What the columns are.
  ///   - range: The values for no shade and for the darkest shade; `nil` for 0 to the largest value.
  ///   - text: Formats a value as a short text.
  package init(
    title: String, subtitle: String, abscissa: String, columns: [String], rows: [Row],
    range: ClosedRange<Double>? = nil, text: @escaping (Double) -> String
  ) {
    self.title = title
    self.subtitle = subtitle
    self.abscissa = abscissa
    self.columns = columns
    self.rows = rows
    let largest = rows.flatMap { $0.values.compactMap { $0 } }.filter(\.isFinite).max() ?? 1
    self.range = range ?? 0...max(largest, 1e-9)
    self.text = text
    let names = rows.map { LabelPlacement.width(of: $0.name, size: 12.5) }.max() ?? 0
    left = min(420, 24 + names + 12)
    cellWidth = min(110, (Self.width - left - 24) / Double(max(1, columns.count)))
    document = SVGDocument(
      width: Self.width, height: PlotAxes.headingHeight + 54 + Double(rows.count) * Self.cellHeight)
  }

  package var figure: SVGFigure {
    var plot = self
    plot.draw()
    return SVGFigure(
      plot.document, title: title, description: "\(subtitle). By \(abscissa).", headingHeight: PlotAxes.headingHeight)
  }

  private mutating func draw() {
    PlotAxes.drawHeading(title, subtitle, left: 24, in: &document)
    let top = PlotAxes.headingHeight + 42
    document.text(abscissa, x: left, y: PlotAxes.headingHeight + 14, size: 12.5, fill: PlotColor.faint.light)
    for (index, column) in columns.enumerated() {
      document.text(
        column, x: left + (Double(index) + 0.5) * cellWidth, y: top - 8, size: 12.5, anchor: "middle",
        fill: PlotColor.ink.light)
    }
    for (number, row) in rows.enumerated() {
      let y = top + Double(number) * Self.cellHeight
      document.text(
        row.name, x: left - 12, y: y + Self.cellHeight / 2 + 4.5, size: 12.5, anchor: "end", fill: PlotColor.ink.light)
      for (index, value) in row.values.enumerated() {
        let x = left + Double(index) * cellWidth
        draw(value, row.name, index < columns.count ? columns[index] : "", x, y)
      }
    }
  }

  private mutating func draw(_ value: Double?, _ row: String, _ column: String, _ x: Double, _ y: Double) {
    var attributes = [
      ("class", "cell"), ("x", SVGDocument.number(x + 1)), ("y", SVGDocument.number(y + 1)),
      ("width", SVGDocument.number(cellWidth - 2)), ("height", SVGDocument.number(Self.cellHeight - 2)), ("rx", "2"),
    ]
    let middle = (x: x + cellWidth / 2, y: y + Self.cellHeight / 2 + 4.2)
    guard let value, value.isFinite else {
      document.add(
        "rect", attributes + [("fill", "none"), ("stroke", PlotColor.grid.light)])
      document.text("–", x: middle.x, y: middle.y, size: 11.5, anchor: "middle", fill: PlotColor.faint.light)
      return
    }
    let share = min(1, max(0, (value - range.lowerBound) / (range.upperBound - range.lowerBound)))
    // A number in the ink color remains legible on the darkest shade.
    attributes += [
      ("fill", PlotColor.blue.light), ("fill-opacity", NumberText.fixed(0.04 + 0.46 * share, 2)),
    ]
    let tip = "\(row), \(column): \(text(value))"
    document.add(
      "rect", attributes, content: SVGDocument.element("title", [], content: SVGDocument.escaped(tip)))
    document.text(
      text(value), x: middle.x, y: middle.y, size: 11.5, anchor: "middle", fill: PlotColor.ink.light,
      extra: [("pointer-events", "none")])
  }
}
