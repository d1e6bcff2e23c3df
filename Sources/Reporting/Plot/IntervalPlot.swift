import ReadableText

/// One line per value: its name, a bar or a point, its interval, and a text.
package struct IntervalPlot {
  package struct Line: Hashable, Sendable {
    package var name: String
    package var value: Double
    /// The ends of the interval; `nil` if there is none.
    package var low: Double?
    package var high: Double?
    /// The text at the end of the line.
    package var text: String

    package init(name: String, value: Double, low: Double? = nil, high: Double? = nil, text: String) {
      self.name = name
      self.value = value
      self.low = low
      self.high = high
      self.text = text
    }
  }

  package enum Mark: Sendable {
    /// A bar that starts at 0.
    case bar
    case point
  }

  private static let lineHeight = 22.0
  private static let textSize = 12.5
  private static let width = 960.0

  private let title: String
  private let subtitle: String
  private let abscissa: String
  private let lines: [Line]
  private let mark: Mark
  private let axes: PlotAxes
  private var document: SVGDocument

  /// - Parameter abscissa: The measured quantity with its unit.
  package init(title: String, subtitle: String, abscissa: String, lines: [Line], mark: Mark) {
    self.title = title
    self.subtitle = subtitle
    self.abscissa = abscissa
    self.lines = lines.filter { $0.value.isFinite }
    self.mark = mark
    func width(_ texts: [String]) -> Double {
      texts.map { LabelPlacement.width(of: $0, size: Self.textSize) }.max() ?? 0
    }
    let left = min(420, 24 + width(self.lines.map(\.name)) + 12)
    let right = Self.width - 24 - min(300, width(self.lines.map(\.text)) + 12)
    let top = PlotAxes.headingHeight + 12
    let frame = PlotBox(
      left: left, top: top, right: right, bottom: top + Double(max(1, self.lines.count)) * Self.lineHeight + 6)
    var values = self.lines.flatMap { [$0.value, $0.low ?? $0.value, $0.high ?? $0.value] }
    if mark == .bar || values.contains(where: { $0 < 0 }) { values.append(0) }
    let x = PlotScale(data: values, minimumSpan: 1e-3, start: left, end: right)
    let y = PlotScale(data: [0, 1], minimumSpan: 1, start: frame.bottom, end: frame.top)
    axes = PlotAxes(frame: frame, x: x, y: y)
    document = SVGDocument(width: Self.width, height: frame.bottom + 58)
  }

  package var figure: SVGFigure {
    var plot = self
    plot.draw()
    return SVGFigure(
      plot.document, title: title, description: "\(subtitle). \(abscissa).", headingHeight: PlotAxes.headingHeight)
  }

  private mutating func draw() {
    PlotAxes.drawHeading(title, subtitle, left: 24, in: &document)
    axes.drawColumns(abscissa, in: &document)
    let zero = axes.x.position(0)
    let hasZero = axes.x.domain.contains(0)
    if hasZero {
      document.line(zero, axes.frame.top, zero, axes.frame.bottom, stroke: PlotColor.faint.light, width: 1.2)
    }
    for (index, line) in lines.enumerated() {
      let middle = axes.frame.top + (Double(index) + 0.5) * Self.lineHeight + 3
      document.text(
        line.name, x: axes.frame.left - 12, y: middle + 4.5, size: Self.textSize, anchor: "end",
        fill: PlotColor.ink.light)
      document.text(
        line.text, x: axes.frame.right + 12, y: middle + 4.5, size: Self.textSize, fill: PlotColor.faint.light)
      draw(line, at: middle, from: hasZero ? zero : axes.frame.left)
    }
  }

  private mutating func draw(_ line: Line, at middle: Double, from zero: Double) {
    let at = axes.x.position(line.value)
    if mark == .bar {
      document.add(
        "rect",
        [
          ("class", "bar"), ("x", SVGDocument.number(min(at, zero))), ("y", SVGDocument.number(middle - 6)),
          ("width", SVGDocument.number(max(0.5, abs(at - zero)))), ("height", "12"), ("rx", "1.5"),
          ("fill", PlotColor.blue.light), ("fill-opacity", "0.32"),
        ])
    }
    if let low = line.low, let high = line.high, low.isFinite, high.isFinite {
      let (left, right) = (axes.x.position(low), axes.x.position(high))
      document.openGroup([("class", "error-bar"), ("stroke", PlotColor.blue.light)])
      document.line(left, middle, right, middle, stroke: PlotColor.blue.light, width: 1.4)
      for end in [left, right] {
        document.line(end, middle - 4, end, middle + 4, stroke: PlotColor.blue.light, width: 1.4)
      }
      document.closeGroup()
    }
    if mark == .point || line.low != nil {
      document.add(
        "circle",
        [
          ("class", "value"), ("cx", SVGDocument.number(at)), ("cy", SVGDocument.number(middle)), ("r", "4.2"),
          ("fill", PlotColor.blue.light), ("stroke", PlotColor.paper.light), ("stroke-width", "1.2"),
        ], content: SVGDocument.element("title", [], content: SVGDocument.escaped("\(line.name): \(line.text)")))
    }
  }
}
