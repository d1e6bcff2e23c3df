import ReadableText
import SearchCore

/// The frontiers of several studies in one picture, each with its own shape and color. A point is filled if it lies
/// outside the intervals of another study.
package struct ComparisonPlot {
  package struct Point: Hashable, Sendable {
    /// The cost in percent of the dense network's, and the accuracy in percent.
    package var x: Double
    package var y: Double
    package var low: Double?
    package var high: Double?
    package var isOutside: Bool
    /// The text of the tooltip.
    package var tip: String

    package init(x: Double, y: Double, low: Double?, high: Double?, isOutside: Bool, tip: String) {
      self.x = x
      self.y = y
      self.low = low
      self.high = high
      self.isOutside = isOutside
      self.tip = tip
    }
  }

  package struct Series: Hashable, Sendable {
    package var name: String
    /// The points from left to right.
    package var points: [Point]

    package init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  private static let shapes = [
    "m-4.6 0 a4.6 4.6 0 1 0 9.2 0 a4.6 4.6 0 1 0 -9.2 0 z", "m-4.2 -4.2 h8.4 v8.4 h-8.4 z",
    "m0 -5.8 l5.8 5.8 l-5.8 5.8 l-5.8 -5.8 z", "m0 -5 l5 8.8 h-10 z", "m0 5 l5 -8.8 h-10 z",
    "m-5 -1.6 h3.4 v-3.4 h3.2 v3.4 h3.4 v3.2 h-3.4 v3.4 h-3.2 v-3.4 h-3.4 z",
  ]
  private static let noteHeight = 17.0

  private let title: String
  private let subtitle: String
  private let abscissa: String
  private let series: [Series]
  private let warnings: [String]
  private let notes: [String]
  private let axes: PlotAxes
  private var document: SVGDocument

  /// - Parameters:
  ///   - warnings: Sentences above the picture, part of it wherever it is shown.
  ///   - notes: Sentences below the picture.
  package init(
    title: String, subtitle: String, abscissa: Objective, series: [Series], warnings: [String], notes: [String]
  ) {
    self.title = title
    self.subtitle = subtitle
    self.abscissa = "\(abscissa.descriptor.axis) (% of each dense network's)"
    self.series = series
    let width = 854.0
    func wrapped(_ texts: [String]) -> [String] {
      texts.flatMap { Wrapping.lines($0, width: Int(width / 6.1)) }
    }
    self.warnings = wrapped(warnings.map { "⚠ \($0)" })
    self.notes = wrapped(notes)
    let rows = Double((series.count + 2) / 3) + 1
    let top = PlotAxes.headingHeight + Double(self.warnings.count) * Self.noteHeight + rows * 20 + 14
    let frame = PlotBox(left: 78, top: top, right: 932, bottom: top + 410)
    let points = series.flatMap(\.points)
    axes = PlotAxes(
      frame: frame, x: PlotScale(data: points.map(\.x), minimumSpan: 20, start: frame.left, end: frame.right),
      y: PlotScale(
        data: points.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] }, minimumSpan: 2, start: frame.bottom,
        end: frame.top))
    document = SVGDocument(width: 960, height: frame.bottom + 66 + Double(self.notes.count) * Self.noteHeight)
  }

  package var figure: SVGFigure {
    var plot = self
    plot.draw()
    return SVGFigure(plot.document, title: title, description: subtitle, headingHeight: PlotAxes.headingHeight)
  }

  private func color(_ index: Int) -> String { PlotColor.series[index % PlotColor.series.count].light }

  private mutating func draw() {
    PlotAxes.drawHeading(title, subtitle, left: axes.frame.left, in: &document)
    var baseline = PlotAxes.headingHeight + 14
    for warning in warnings {
      document.text(
        warning, x: axes.frame.left, y: baseline, size: 12.5, fill: PlotColor.red.light,
        extra: [("class", "warning"), ("font-weight", "600")])
      baseline += Self.noteHeight
    }
    drawLegend(baseline)
    axes.draw(abscissa: abscissa, ordinate: "Validation accuracy (%)", in: &document)
    for index in series.indices { drawIntervals(index) }
    for index in series.indices { draw(index) }
    for (index, note) in notes.enumerated() {
      document.text(
        note, x: axes.frame.left, y: axes.frame.bottom + 66 + Double(index) * Self.noteHeight, size: 12,
        fill: PlotColor.faint.light)
    }
  }

  private mutating func drawLegend(_ top: Double) {
    let column = (axes.frame.right - axes.frame.left) / 3
    for (index, one) in series.enumerated() {
      let x = axes.frame.left + 6 + Double(index % 3) * column
      let y = top + Double(index / 3) * 20
      mark(index, x, y - 4, filled: true, tip: nil)
      document.text(one.name.cut(toCharacters: 40), x: x + 12, y: y, size: 12.5, fill: PlotColor.ink.light)
    }
    document.text(
      "filled: outside the interval of another study's best candidate of that size; hollow: within all",
      x: axes.frame.left, y: top + Double((series.count + 2) / 3) * 20, size: 12.5, fill: PlotColor.faint.light)
  }

  private mutating func mark(_ index: Int, _ x: Double, _ y: Double, filled: Bool, tip: String?) {
    document.add(
      "path",
      [
        ("class", "series-\(index)"),
        ("d", "M\(SVGDocument.number(x)) \(SVGDocument.number(y)) \(Self.shapes[index % Self.shapes.count])"),
        ("fill", filled ? color(index) : PlotColor.paper.light), ("stroke", color(index)), ("stroke-width", "1.5"),
      ], content: tip.map { SVGDocument.element("title", [], content: SVGDocument.escaped($0)) })
  }

  /// Draws the intervals that there is room for.
  private mutating func drawIntervals(_ index: Int) {
    var room = PointThinning(distance: 8)
    for point in series[index].points {
      guard let low = point.low, let high = point.high else { continue }
      let x = axes.x.position(point.x) + Double(index) * 1.5
      guard room.fits(x: x, y: 0) else { continue }
      document.openGroup([("class", "error-bar"), ("opacity", "0.5")])
      document.line(x, axes.y.position(high), x, axes.y.position(low), stroke: color(index))
      document.closeGroup()
    }
  }

  private mutating func draw(_ index: Int) {
    let points = series[index].points
    guard let first = points.first else { return }
    func number(_ value: Double) -> String { SVGDocument.number(value) }
    let steps = points.dropFirst().map { " H\(number(axes.x.position($0.x))) V\(number(axes.y.position($0.y)))" }
    document.add(
      "path",
      [
        ("class", "frontier-line"),
        ("d", "M\(number(axes.x.position(first.x))) \(number(axes.y.position(first.y)))\(steps.joined())"),
        ("fill", "none"), ("stroke", color(index)), ("stroke-width", "1.6"), ("opacity", "0.75"),
      ])
    var room = PointThinning(distance: 7)
    for point in points {
      let (x, y) = (axes.x.position(point.x), axes.y.position(point.y))
      guard room.fits(x: x, y: y) else { continue }
      mark(index, x, y, filled: point.isOutside, tip: point.tip)
    }
  }
}
