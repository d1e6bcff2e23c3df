import ReadableText

/// Predicted against observed values of candidates, with the diagonal on which both are equal.
package struct AgreementPlot {
  /// A candidate's values, all in percent.
  package struct Point: Hashable, Sendable {
    package var predicted: Double
    package var low: Double
    package var high: Double
    package var found: Double
    package var name: String
    /// The row number in the page's table; `nil` if the point has none.
    package var row: Int?

    package init(predicted: Double, low: Double, high: Double, found: Double, name: String, row: Int? = nil) {
      self.predicted = predicted
      self.low = low
      self.high = high
      self.found = found
      self.name = name
      self.row = row
    }

    package var isInside: Bool { low <= found && found <= high }
  }

  private let title: String
  private let subtitle: String
  private let abscissa: String
  private let ordinate: String
  private let points: [Point]
  private let hasIntervals: Bool
  private let axes: PlotAxes
  private var document: SVGDocument

  /// - Parameter hasIntervals: Whether the points have known intervals. Without them no point is outside.
  package init(
    title: String, subtitle: String, abscissa: String, ordinate: String, points: [Point], hasIntervals: Bool = true
  ) {
    self.hasIntervals = hasIntervals
    self.title = title
    self.subtitle = subtitle
    self.abscissa = abscissa
    self.ordinate = ordinate
    self.points = points.filter { $0.predicted.isFinite && $0.found.isFinite && $0.low.isFinite && $0.high.isFinite }
    let frame = PlotBox(left: 78, top: PlotAxes.headingHeight + 34, right: 932, bottom: 500)
    // Both axes have the same range, so that the line of equal values is the diagonal.
    let values = self.points.flatMap { [$0.predicted, $0.found] }
    axes = PlotAxes(
      frame: frame, x: PlotScale(data: values, minimumSpan: 1, start: frame.left, end: frame.right),
      y: PlotScale(data: values, minimumSpan: 1, start: frame.bottom, end: frame.top))
    document = SVGDocument(width: 960, height: 560)
  }

  package var figure: SVGFigure {
    var plot = self
    plot.draw()
    return SVGFigure(
      plot.document, title: title, description: "\(subtitle). \(ordinate) against \(abscissa).",
      headingHeight: PlotAxes.headingHeight)
  }

  private mutating func draw() {
    PlotAxes.drawHeading(title, subtitle, left: axes.frame.left, in: &document)
    if hasIntervals { drawLegend() }
    axes.draw(abscissa: abscissa, ordinate: ordinate, in: &document)
    document.add(
      "path",
      [
        ("class", "diagonal"),
        (
          "d",
          "M\(coordinates(axes.x.domain.lowerBound, axes.x.domain.lowerBound))"
            + " L\(coordinates(axes.x.domain.upperBound, axes.x.domain.upperBound))"
        ), ("stroke", PlotColor.faint.light), ("stroke-dasharray", "5 4"), ("fill", "none"),
      ])
    for point in points { draw(point) }
  }

  private func coordinates(_ x: Double, _ y: Double) -> String {
    "\(SVGDocument.number(axes.x.position(x))) \(SVGDocument.number(axes.y.position(y)))"
  }

  private static func shape(inside: Bool) -> String {
    inside ? "m-3.6 0 a3.6 3.6 0 1 0 7.2 0 a3.6 3.6 0 1 0 -7.2 0 z" : "m-4 -4 l8 8 m0 -8 l-8 8"
  }

  private static func ink(inside: Bool) -> [(String, String)] {
    inside
      ? [("fill", PlotColor.blue.light), ("fill-opacity", "0.55")]
      : [("fill", "none"), ("stroke", PlotColor.red.light), ("stroke-width", "1.6")]
  }

  private mutating func drawLegend() {
    var left = axes.frame.left + 6
    let baseline = PlotAxes.headingHeight + 16
    for (isInside, text) in [(true, "within its 90 % interval"), (false, "outside")] {
      document.add(
        "path", [("d", "M\(left) \(baseline - 4) \(Self.shape(inside: isInside))")] + Self.ink(inside: isInside))
      document.text(text, x: left + 12, y: baseline, size: 12.5, fill: PlotColor.ink.light)
      left += LabelPlacement.width(of: text, size: 12.5) + 38
    }
  }

  private mutating func draw(_ point: Point) {
    let interval =
      hasIntervals ? " (\(NumberText.fixed(point.low, 1))–\(NumberText.fixed(point.high, 1)))" : ""
    let (found, predicted) = (NumberText.fixed(point.found, 1), NumberText.fixed(point.predicted, 1))
    let tip = "\(point.name): \(found) %, before \(predicted) %\(interval)"
    let place = [
      ("class", point.isInside ? "inside" : "outside"),
      ("d", "M\(coordinates(point.predicted, point.found)) \(Self.shape(inside: point.isInside))"),
    ]
    let row = point.row.map { [("data-row", "\($0)")] } ?? []
    document.add(
      "path", place + Self.ink(inside: point.isInside) + row,
      content: point.row == nil ? SVGDocument.element("title", [], content: SVGDocument.escaped(tip)) : nil)
  }
}
