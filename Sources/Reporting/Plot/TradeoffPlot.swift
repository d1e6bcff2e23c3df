import ReadableText
import SearchCore

/// Two costs of all candidates against each other, as shares of the dense network's: what a frontier's points have of
/// both.
package struct TradeoffPlot {
  private let report: StudyReport
  private let abscissa: Objective
  private let ordinate: Objective
  private let points: [(row: ReportRow, x: Double, y: Double)]
  private let axes: PlotAxes
  private let rowNumbers: [Candidate: Int]?
  private var document: SVGDocument

  /// - Parameter rowNumbers: as of `FrontierPlot`.
  package init(
    _ report: StudyReport, abscissa: Objective, ordinate: Objective, rowNumbers: [Candidate: Int]? = nil
  ) {
    self.report = report
    self.abscissa = abscissa
    self.ordinate = ordinate
    self.rowNumbers = rowNumbers
    points = report.rows.compactMap { row in
      guard let x = row.score.ratioToDense(of: abscissa), let y = row.score.ratioToDense(of: ordinate),
        (0...Self.largest).contains(x), (0...Self.largest).contains(y), !row.isDiverged
      else { return nil }
      return (row, x * 100, y * 100)
    }
    let frame = PlotBox(left: 78, top: PlotAxes.headingHeight + 34, right: 932, bottom: 500)
    axes = PlotAxes(
      frame: frame, x: PlotScale(data: points.map(\.x), minimumSpan: 20, start: frame.left, end: frame.right),
      y: PlotScale(data: points.map(\.y), minimumSpan: 20, start: frame.bottom, end: frame.top))
    document = SVGDocument(width: 960, height: 560)
  }

  /// What no measurement can have lies beyond.
  private static let largest = 1_000.0

  /// Candidates have both.
  package var isEmpty: Bool { points.isEmpty }

  package var figure: SVGFigure {
    var plot = self
    plot.draw()
    return SVGFigure(
      plot.document, title: "\(report.study): \(ordinate.title) against \(abscissa.title)",
      description: "\(report.setting). \(report.extent).", headingHeight: PlotAxes.headingHeight)
  }

  private mutating func draw() {
    PlotAxes.drawHeading(
      "\(ordinate.descriptor.heading) against \(abscissa.title)", "\(report.setting) · \(report.extent)",
      left: axes.frame.left, in: &document)
    var left = axes.frame.left + 6
    let baseline = PlotAxes.headingHeight + 16
    let kinds: [(PlotMarker, String)] = [
      (.frontier, "on the \(report.frontierTitle)"), (.dominated, "dominated"), (.dense, "dense network"),
      (.allLayers, "all layers"),
    ]
    for (marker, label) in kinds {
      document.add("path", marker.attributes(x: left, y: baseline - 4, filled: true))
      document.text(label, x: left + 12, y: baseline, size: 12.5, fill: PlotColor.ink.light)
      left += LabelPlacement.width(of: label, size: 12.5) + 38
    }
    axes.draw(
      abscissa: "\(abscissa.descriptor.axis) (% of the dense network's)",
      ordinate: "\(ordinate.descriptor.axis) (%)", in: &document)
    func layer(_ row: ReportRow) -> Int { row.reference != nil ? 2 : row.onFrontier ? 1 : 0 }
    for wanted in 0...2 {
      for point in points where layer(point.row) == wanted { draw(point) }
    }
  }

  private mutating func draw(_ point: (row: ReportRow, x: Double, y: Double)) {
    let (x, y) = (axes.x.position(point.x), axes.y.position(point.y))
    let number = rowNumbers?[point.row.score.candidate].map { [("data-row", "\($0)")] } ?? []
    let marker = PlotMarker(point.row)
    if rowNumbers != nil, case .dominated = marker {
      document.add(
        "circle",
        [("class", "d"), ("cx", SVGDocument.number(x)), ("cy", SVGDocument.number(y)), ("r", "3.6")] + number)
      return
    }
    let label = CandidateLabel(point.row.score.candidate, in: report.architecture).text
    let tip =
      "\(label): \(NumberText.fixed(point.x, 1)) % \(abscissa.descriptor.aspect), \(NumberText.fixed(point.y, 1)) % "
      + ordinate.descriptor.aspect
    let focus = rowNumbers == nil ? [] : [("tabindex", "0"), ("role", "img")]
    document.add(
      "path",
      [("class", point.row.onFrontier ? "frontier" : "dominated")]
        + marker.attributes(x: x, y: y, filled: point.row.onFrontier && !point.row.isUntrained) + focus + number,
      content: SVGDocument.element("title", [], content: SVGDocument.escaped(tip)))
  }
}
