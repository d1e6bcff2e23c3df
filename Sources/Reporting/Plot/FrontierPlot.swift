import ReadableText
import SearchCore

/// The picture of a study: accuracy against cost, with dominated candidates faint, the frontier, the line of the best
/// accuracy for each cost, the dense network and the all-layers references, and ± one standard deviation over the
/// seeds. With estimates it shows the estimates, their intervals along the line, and untrained candidates as rings.
package struct FrontierPlot {
  static let ink = PlotMarker.dense.color
  static let faintInk = PlotColor.faint.light
  static let frontierColor = PlotMarker.frontier.color

  let report: StudyReport
  let data: FrontierPlotData
  let frame = PlotBox(left: 78, top: 116, right: 932, bottom: 520)
  let x: PlotScale
  let y: PlotScale
  var document: SVGDocument
  private let marks: [Mark]
  private let notes: [String]
  /// The row numbers of the page's table, by candidate; `nil` for a separate file.
  private let rowNumbers: [Candidate: Int]?

  /// What is drawn for a candidate.
  private struct Mark {
    let point: FrontierPlotData.Point
    /// The lower and the upper end of the interval; `nil` if there is none, or if it would cover another one.
    var bar: (low: Double, high: Double)?
  }

  /// - Parameters:
  ///   - abscissa: The objective along x; `nil` for the first objective of the study that is relative to the dense
  ///     network.
  ///   - rowNumbers: The row numbers of the page's table, by candidate. With them, dominated points are small and refer
  ///     to their rows, and points of the frontier and references are reachable by keyboard. `nil` for a separate file,
  ///     whose points have tooltips of their own.
  package init(_ report: StudyReport, abscissa: Objective? = nil, rowNumbers: [Candidate: Int]? = nil) {
    self.report = report
    self.rowNumbers = rowNumbers
    data = FrontierPlotData(report, abscissa: abscissa)
    let extents = data.extents(of: report)
    x = PlotScale(data: extents.x, minimumSpan: 20, start: frame.left, end: frame.right)
    y = PlotScale(data: extents.y, minimumSpan: 2, padding: 0.07, start: frame.bottom, end: frame.top)
    let isEstimated = report.estimated != nil
    marks = isEstimated ? Self.thinned(data, x, y) : data.points.map { Mark(point: $0, bar: Self.bar(of: $0)) }
    notes = PlotNotes.lines(
      report, data, overlapping: data.points.count - marks.count, width: frame.right - 28)
    document = SVGDocument(width: 960, height: 600 + Double(max(0, notes.count - 1)) * PlotNotes.lineHeight)
  }

  private static func bar(of point: FrontierPlotData.Point) -> (low: Double, high: Double)? {
    guard !point.isBelowAxis, !point.isDiverged, let reach = point.reach, reach.high > reach.low else { return nil }
    return reach
  }

  /// Chooses the marks of a picture of estimates, which may have any number of untrained candidates: all trained
  /// candidates, and of the untrained ones on the line those that do not overlap. Only points on the line have
  /// intervals, as far as these can be told apart.
  private static func thinned(_ data: FrontierPlotData, _ x: PlotScale, _ y: PlotScale) -> [Mark] {
    let named = Set(
      [data.staircase.first, data.staircase.last, data.knee].compactMap { $0?.row.score.candidate })
    /// The order of placement: points with a lower rank get their room first.
    func rank(_ point: FrontierPlotData.Point) -> Int {
      if point.row.reference != nil || named.contains(point.row.score.candidate) { return 0 }
      return point.row.isUntrained ? 2 : 1
    }
    var rings = PointThinning(distance: 10)
    var bars = PointThinning(distance: 9)
    var marks = data.points.filter { !$0.isOnLine }.map { Mark(point: $0, bar: nil) }
    let line = data.points.filter(\.isOnLine)
    for wanted in 0...2 {
      for point in line where rank(point) == wanted {
        let (px, py) = (x.position(point.x), y.position(point.y))
        if wanted < 2 { rings.add(x: px, y: py) } else if !rings.fits(x: px, y: py) { continue }
        let bar = bar(of: point).flatMap { bars.fits(x: px, y: 0) ? $0 : nil }
        marks.append(Mark(point: point, bar: bar))
      }
    }
    return marks
  }

  /// The SVG file.
  package var svg: String { figure.file }

  package var figure: SVGFigure {
    var plot = self
    plot.draw()
    return SVGFigure(
      plot.document, title: "\(report.study): accuracy against \(data.abscissa.title)",
      description: "\(report.setting). \(report.extent).", headingHeight: 70)
  }

  private mutating func draw() {
    document.add(
      "rect", [("width", "960"), ("height", SVGDocument.number(document.height)), ("fill", PlotColor.paper.light)])
    drawHeading()
    drawAxes()
    drawNotes()
    guard !data.points.isEmpty else {
      let what = report.rows.isEmpty ? "No candidate has a result" : "No candidate can be shown"
      document.text(
        report.rows.isEmpty && report.setAside.jobs == 0 ? "\(what) yet" : what, x: (frame.left + frame.right) / 2,
        y: (frame.top + frame.bottom) / 2, size: 16,
        anchor: "middle", fill: Self.faintInk)
      return
    }
    drawArea()
    drawErrorBars()
    drawPoints()
    drawLabels()
  }
}

// The data.
extension FrontierPlot {
  /// Draws the area that the frontier dominates, softly shaded, and the line around it.
  private mutating func drawArea() {
    guard let first = data.staircase.first, let last = data.staircase.last else { return }
    var steps = "M\(coordinates(first))"
    for point in data.staircase.dropFirst() {
      steps += " H\(SVGDocument.number(x.position(point.x))) V\(SVGDocument.number(y.position(point.y)))"
    }
    let right = SVGDocument.number(frame.right)
    let bottom = SVGDocument.number(frame.bottom)
    document.add(
      "path",
      [
        ("d", "\(steps) H\(right) V\(bottom) H\(SVGDocument.number(x.position(first.x))) Z"),
        ("fill", Self.frontierColor), ("fill-opacity", "0.045"),
      ])
    document.line(
      x.position(last.x), y.position(last.y), frame.right, y.position(last.y), stroke: Self.frontierColor, width: 1.2,
      extra: [("stroke-dasharray", "3 4"), ("opacity", "0.55")])
    document.add(
      "path",
      [
        ("class", "frontier-line"), ("d", steps), ("fill", "none"), ("stroke", Self.frontierColor),
        ("stroke-width", "1.8"), ("stroke-linejoin", "round"), ("opacity", "0.8"),
      ])
  }

  private func coordinates(_ point: FrontierPlotData.Point) -> String {
    "\(SVGDocument.number(x.position(point.x))) \(SVGDocument.number(y.position(point.y)))"
  }

  private mutating func drawErrorBars() {
    if rowNumbers != nil { drawFaintErrorBars() }
    for mark in marks where rowNumbers == nil || mark.point.row.onFrontier || mark.point.row.reference != nil {
      guard let reach = mark.bar else { continue }
      let point = mark.point
      let isFaint = !point.row.onFrontier && point.row.reference == nil
      let marker = PlotMarker(point.row)
      let at = x.position(point.x)
      let top = max(frame.top, y.position(reach.high))
      let bottom = min(frame.bottom, y.position(reach.low))
      document.openGroup([("class", "error-bar"), ("stroke", marker.color), ("opacity", isFaint ? "0.16" : "0.42")])
      document.line(at, top, at, bottom, stroke: marker.color)
      if !isFaint {
        document.line(at - 3, top, at + 3, top, stroke: marker.color)
        document.line(at - 3, bottom, at + 3, bottom, stroke: marker.color)
      }
      document.closeGroup()
    }
  }

  /// Draws the intervals of dominated candidates as one path, since there may be a thousand of them.
  private mutating func drawFaintErrorBars() {
    let bars = marks.compactMap { mark -> String? in
      guard let reach = mark.bar, !mark.point.row.onFrontier, mark.point.row.reference == nil else { return nil }
      let top = SVGDocument.number(max(frame.top, y.position(reach.high)))
      let bottom = SVGDocument.number(min(frame.bottom, y.position(reach.low)))
      return "M\(SVGDocument.number(x.position(mark.point.x))) \(top)V\(bottom)"
    }
    guard !bars.isEmpty else { return }
    document.add(
      "path",
      [
        ("class", "error-bars"), ("d", bars.joined()), ("stroke", PlotMarker.dominated.color), ("opacity", "0.16"),
      ])
  }

  /// Draws dominated candidates first and references last, so that no important point is covered.
  private mutating func drawPoints() {
    func layer(_ row: ReportRow) -> Int { row.reference != nil ? 3 : !row.onFrontier ? 0 : row.isUntrained ? 1 : 2 }
    for wanted in 0...3 {
      for point in marks.map(\.point) where layer(point.row) == wanted {
        let marker = point.isBelowAxis ? PlotMarker.belowAxis : PlotMarker(point.row)
        let height = height(of: point)
        let kind = point.isDiverged ? "diverged" : point.row.onFrontier ? "frontier" : "dominated"
        let name =
          kind + (point.row.reference != nil ? " reference" : "") + (point.row.isUntrained ? " untrained" : "")
        let number = rowNumbers?[point.row.score.candidate].map { [("data-row", "\($0)")] } ?? []
        let matters = point.row.onFrontier || point.row.reference != nil
        if rowNumbers != nil, !matters, case .dominated = marker {
          document.add(
            "circle",
            [
              ("class", "d"), ("cx", SVGDocument.number(x.position(point.x))), ("cy", SVGDocument.number(height)),
              ("r", "3.6"),
            ] + number)
          continue
        }
        let focus = rowNumbers != nil && matters ? [("tabindex", "0"), ("role", "img")] : []
        document.add(
          "path",
          [("class", name)]
            + marker.attributes(
              x: x.position(point.x), y: height, filled: point.row.onFrontier && !point.row.isUntrained) + focus
            + number,
          content: SVGDocument.element("title", [], content: SVGDocument.escaped(tip(point.row))))
      }
    }
  }

  private func tip(_ row: ReportRow) -> String {
    let score = row.score
    let diverged = score.divergedSeeds > 0 ? " (\(score.divergedSeeds) of \(score.seeds) seeds diverged)" : ""
    let estimate = row.estimate.map { ", estimated \($0.text)" } ?? ""
    // A separate file has the full text, since it may be the only source; a page has room for labels.
    let name = rowNumbers == nil ? "\(score.candidate)" : CandidateLabel(score.candidate, in: report.architecture).text
    return "\(name): \(score.accuracyText)\(diverged)\(estimate), \(score.cost.text)"
  }

  /// The vertical position on the page; points without a place in the plane lie at its lower edge.
  private func height(of point: FrontierPlotData.Point) -> Double {
    point.isBelowAxis || point.isDiverged ? frame.bottom - 7 : y.position(point.y)
  }

  private mutating func drawLabels() {
    var placement = LabelPlacement(bounds: frame)
    for mark in marks {
      let point = mark.point
      let (px, py) = (x.position(point.x), height(of: point))
      let matters = point.row.onFrontier || point.row.reference != nil
      placement.avoid(PlotBox(left: px - 6, top: py - 6, right: px + 6, bottom: py + 6), cost: matters ? 12 : 3)
      if matters, let reach = mark.bar {
        let box = PlotBox(left: px - 3, top: y.position(reach.high), right: px + 3, bottom: y.position(reach.low))
        placement.avoid(box, cost: 1.5)
      }
    }
    for (from, to) in zip(data.staircase, data.staircase.dropFirst()) {
      let (left, right) = (x.position(from.x), x.position(to.x))
      let (low, high) = (y.position(from.y), y.position(to.y))
      placement.avoid(PlotBox(left: left, top: low - 1, right: right, bottom: low + 1), cost: 4)
      placement.avoid(PlotBox(left: right - 1, top: high, right: right + 1, bottom: low), cost: 4)
    }
    if let last = data.staircase.last {
      let height = y.position(last.y)
      placement.avoid(
        PlotBox(left: x.position(last.x), top: height - 1, right: frame.right, bottom: height + 1), cost: 2)
    }
    for point in marks.map(\.point) {
      switch point.row.reference {
      case .dense: drawLabel("dense", at: point, color: Self.ink, placement: &placement)
      case .allLayers(let label):
        drawLabel("all layers at \(label)", at: point, color: PlotMarker.allLayers.color, placement: &placement)
      case nil: break
      }
    }
    if let knee = data.knee, knee.row.reference == nil {
      let (px, py) = (x.position(knee.x), y.position(knee.y))
      document.add(
        "circle",
        [
          ("cx", SVGDocument.number(px)), ("cy", SVGDocument.number(py)), ("r", "9.5"), ("fill", "none"),
          ("stroke", Self.frontierColor), ("stroke-width", "1.2"),
        ])
      let score = knee.row.score
      let layers = NumberText.plural(score.candidate.decompositions.count, "layer")
      let aspect = data.abscissa.descriptor.aspect
      let reach = "\(NumberText.fixed(knee.x, 0)) % \(aspect), \(NumberText.fixed(knee.y, 1)) % accuracy"
      drawLabel(
        "knee: \(layers), \(reach)", at: knee, color: Self.frontierColor, placement: &placement)
    }
  }

  private mutating func drawLabel(
    _ text: String, at point: FrontierPlotData.Point, color: String, placement: inout LabelPlacement
  ) {
    let size = 12.5
    let place = placement.place(text, size: size, atX: x.position(point.x), y: height(of: point), gap: 13)
    document.text(
      text, x: place.x, y: place.y, size: size, fill: color,
      extra: [
        ("class", "label"), ("paint-order", "stroke"), ("stroke", PlotColor.paper.light), ("stroke-width", "3.5"),
        ("stroke-linejoin", "round"),
      ])
  }

  private mutating func drawNotes() {
    for (index, note) in notes.enumerated() {
      document.text(
        note, x: frame.right, y: 590 + Double(index) * PlotNotes.lineHeight, size: PlotNotes.size, anchor: "end",
        fill: Self.faintInk)
    }
  }
}
