import ReadableText
import SearchCore

/// The picture of a study: accuracy against size, dominated candidates faint, the frontier and the line of the best
/// accuracy for the size, the dense network and the all-layers references, ± one standard deviation over the seeds.
/// With estimates: these, their intervals, and untrained candidates as rings.
struct FrontierPlot {
  private static let ink = PlotMarker.dense.color
  private static let faintInk = "#66707c"
  private static let frontierColor = PlotMarker.frontier.color

  private let report: StudyReport
  private let data: FrontierPlotData
  private let frame = PlotBox(left: 78, top: 116, right: 932, bottom: 520)
  private let x: PlotScale
  private let y: PlotScale
  private let notes: [String]
  private var document: SVGDocument

  init(_ report: StudyReport) {
    self.report = report
    data = FrontierPlotData(report)
    notes = PlotNotes.lines(report, data, width: frame.right - 28)
    document = SVGDocument(width: 960, height: 600 + Double(max(0, notes.count - 1)) * PlotNotes.lineHeight)
    let shown = data.points.filter { !$0.isBelowAxis && !$0.isDiverged }
    x = PlotScale(data: shown.map(\.x), minimumSpan: 20, start: frame.left, end: frame.right)
    let heights = shown.flatMap { point -> [Double] in
      guard let reach = point.reach, point.row.onFrontier || point.row.reference != nil else { return [point.y] }
      return [reach.low, reach.high]
    }
    y = PlotScale(data: heights, minimumSpan: 2, padding: 0.07, start: frame.bottom, end: frame.top)
  }

  /// The SVG file.
  var svg: String {
    var plot = self
    plot.draw()
    return plot.document.file(
      title: "\(report.study): accuracy against \(data.abscissa.title)",
      description: "\(report.setting). \(report.extent).")
  }

  private mutating func draw() {
    document.add(
      "rect", [("width", "960"), ("height", SVGDocument.number(document.height)), ("fill", "#ffffff")])
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

// Heading, legend and axes.
extension FrontierPlot {
  private mutating func drawHeading() {
    document.text(
      "\(report.recipe.model.title) on \(report.recipe.data.set.title): accuracy against \(data.abscissa.title)",
      x: frame.left, y: 36, size: 20, fill: Self.ink, extra: [("font-weight", "600")])
    let images = NumberText.grouped(report.recipe.data.trainImages)
    document.text(
      "Proxy trainings of \(images) images × \(report.recipe.epochs.phrase) · \(report.extent)", x: frame.left, y: 58,
      size: 13,
      fill: Self.faintInk)
    drawLegend()
  }

  private mutating func drawLegend() {
    let sound = data.points.filter { !$0.isDiverged }
    let kinds = sound.map { ($0.row.onFrontier, $0.row.reference) }
    let own = Set(sound.filter { $0.row.onFrontier && $0.row.reference == nil }.map(\.row.isUntrained))
    var entries: [(PlotMarker, String)] = []
    if own.contains(false) { entries.append((.frontier, "on the \(report.frontierTitle)")) }
    if own.contains(true) { entries.append((.untrained, "untrained")) }
    if kinds.contains(where: { !$0.0 && $0.1 == nil }) { entries.append((.dominated, "dominated")) }
    if kinds.contains(where: { $0.1 == .dense }) { entries.append((.dense, "dense network")) }
    if kinds.contains(where: { $0.1 != nil && $0.1 != .dense }) { entries.append((.allLayers, "all layers")) }
    if data.points.contains(where: \.isDiverged) { entries.append((.diverged, "diverged")) }
    var left = frame.left + 6
    let baseline = 92.0
    for (marker, label) in entries {
      document.add("path", marker.attributes(x: left, y: baseline - 4, filled: true))
      document.text(label, x: left + 12, y: baseline, size: 12.5, fill: Self.ink)
      left += LabelPlacement.width(of: label, size: 12.5) + 38
    }
    if sound.contains(where: { $0.reach != nil }) {
      document.line(left, baseline - 11, left, baseline + 3, stroke: Self.frontierColor, extra: [("opacity", "0.6")])
      for end in [baseline - 11, baseline + 3] {
        document.line(left - 3, end, left + 3, end, stroke: Self.frontierColor, extra: [("opacity", "0.6")])
      }
      document.text(
        report.estimated == nil ? "± 1 standard deviation" : "90 % interval", x: left + 12, y: baseline, size: 12.5,
        fill: Self.ink)
    }
  }

  private mutating func drawAxes() {
    let across = 8
    for tick in x.ticks(about: across) where tick >= 0 {
      let at = x.position(tick)
      document.line(at, frame.top, at, frame.bottom, stroke: "#eceff2")
      let label = NumberText.fixed(tick, x.tickDecimals(about: across))
      document.text(label, x: at, y: frame.bottom + 20, size: 12.5, anchor: "middle", fill: Self.faintInk)
    }
    let up = 7
    for tick in y.ticks(about: up) where tick >= 0 && tick <= 100 {
      let at = y.position(tick)
      document.line(frame.left, at, frame.right, at, stroke: "#eceff2")
      let label = NumberText.fixed(tick, y.tickDecimals(about: up))
      document.text(label, x: frame.left - 10, y: at + 4.5, size: 12.5, anchor: "end", fill: Self.faintInk)
    }
    document.line(frame.left, frame.bottom, frame.right, frame.bottom, stroke: Self.faintInk)
    document.line(frame.left, frame.top, frame.left, frame.bottom, stroke: Self.faintInk)
    document.text(
      abscissaTitle, x: (frame.left + frame.right) / 2, y: frame.bottom + 46, size: 14, anchor: "middle", fill: Self.ink
    )
    let seeds = Set(report.rows.map(\.score.seeds))
    let mean =
      report.estimated != nil
      ? ", estimated from \(NumberText.plural(report.estimated?.trainings ?? 0, "training"))"
      : seeds.count == 1 && seeds.first != 1 ? ", mean of \(seeds.first ?? 0) seeds" : ""
    let middle = SVGDocument.number((frame.top + frame.bottom) / 2)
    document.text(
      "Validation accuracy (%)\(mean)", x: 0, y: 0, size: 14, anchor: "middle", fill: Self.ink,
      extra: [("transform", "translate(26 \(middle)) rotate(-90)")])
  }

  private var abscissaTitle: String {
    let descriptor = data.abscissa.descriptor
    guard case .count(let count, _) = descriptor.quantity else {
      return "\(descriptor.axis) (% of the dense network's)"
    }
    return "\(descriptor.axis) (% of the dense network's \(NumberText.count(count(report.denseCost))))"
  }
}

// Data.
extension FrontierPlot {
  /// What the frontier dominates, softly shaded, and the line around it.
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
    for point in data.points where !point.isBelowAxis && !point.isDiverged {
      guard let reach = point.reach, reach.high > reach.low else { continue }
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

  /// Dominated candidates first, references last, so that nothing that matters is covered.
  private mutating func drawPoints() {
    func layer(_ row: ReportRow) -> Int { row.reference != nil ? 2 : row.onFrontier ? 1 : 0 }
    for wanted in 0...2 {
      for point in data.points where layer(point.row) == wanted {
        let marker = point.isBelowAxis ? PlotMarker.belowAxis : PlotMarker(point.row)
        let height = height(of: point)
        let kind = point.isDiverged ? "diverged" : point.row.onFrontier ? "frontier" : "dominated"
        let name =
          kind + (point.row.reference != nil ? " reference" : "") + (point.row.isUntrained ? " untrained" : "")
        let score = point.row.score
        let diverged = score.divergedSeeds > 0 ? " (\(score.divergedSeeds) of \(score.seeds) seeds diverged)" : ""
        let estimate = point.row.estimate.map { ", estimated \($0.text)" } ?? ""
        let tip = "\(score.candidate): \(score.accuracyText)\(diverged)\(estimate), \(score.cost.text)"
        document.add(
          "path",
          [("class", name)]
            + marker.attributes(
              x: x.position(point.x), y: height, filled: point.row.onFrontier && !point.row.isUntrained),
          content: SVGDocument.element("title", [], content: SVGDocument.escaped(tip)))
      }
    }
  }

  /// On the page; those that have no place in the plane lie at its lower edge.
  private func height(of point: FrontierPlotData.Point) -> Double {
    point.isBelowAxis || point.isDiverged ? frame.bottom - 7 : y.position(point.y)
  }

  private mutating func drawLabels() {
    var placement = LabelPlacement(bounds: frame)
    for point in data.points {
      let (px, py) = (x.position(point.x), height(of: point))
      let matters = point.row.onFrontier || point.row.reference != nil
      placement.avoid(PlotBox(left: px - 6, top: py - 6, right: px + 6, bottom: py + 6), cost: matters ? 12 : 3)
      if matters, !point.isDiverged, let reach = point.reach {
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
    for point in data.points {
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
        ("class", "label"), ("paint-order", "stroke"), ("stroke", "#ffffff"), ("stroke-width", "3.5"),
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
