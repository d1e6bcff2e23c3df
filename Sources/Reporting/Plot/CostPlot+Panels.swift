import ReadableText
import SearchCore

// A panel with its layers, axes, curves and marks.
extension CostPlot {
  private static let headSize = 11.0
  private static let lineHeight = 15.0

  mutating func draw(_ panel: Panel, in box: PlotBox, head: Double) {
    // The axis runs from rank 0, where nothing is left, to the number of the dense layer's channels.
    let x = PlotScale(
      data: [0, Double(panel.outputs)], minimumSpan: 1, padding: 0.03, start: box.left, end: box.right)
    let y = PlotScale(data: [0, highest], minimumSpan: 1, padding: 0, start: box.bottom, end: box.top)
    let others = panel.layers.count - 1
    let name = panel.layers.first ?? ""
    document.openGroup([("class", "panel")])
    document.add(
      "text",
      [
        ("x", SVGDocument.number(box.left)), ("y", SVGDocument.number(head)), ("font-size", "12.5"),
        ("font-weight", "600"), ("fill", Self.ink),
      ],
      content: SVGDocument.element("title", [], content: SVGDocument.escaped(panel.layers.joined(separator: ", ")))
        + SVGDocument.escaped(others > 0 ? "\(name) and \(others) alike" : name))
    for (index, curve) in panel.curves.enumerated() {
      let line = head + Double(index + 1) * Self.lineHeight
      let style = CostPlotStyle(index)
      document.line(box.left, line - 4, box.left + 14, line - 4, stroke: style.color, width: 2, extra: style.dashes)
      document.text(Self.gains(curve), x: box.left + 19, y: line, size: Self.headSize, fill: style.color)
    }
    drawAxes(panel, box, x, y)
    for (index, curve) in panel.curves.enumerated() { draw(curve, CostPlotStyle(index), box, x, y) }
    document.closeGroup()
  }

  /// `gains below 13; by time 11.3`
  private static func gains(_ curve: Curve) -> String {
    let counted = "gains below \(curve.gainsBelow)"
    return switch curve.timeGain {
    case nil: counted
    case .below(let rank): "\(counted); by time \(NumberText.fixed(rank, 1))"
    case .upTo(let rank): "\(counted); by time still at \(rank)"
    case .noneFrom(let rank): "\(counted); by time not at \(rank)"
    }
  }

  private mutating func drawAxes(_ panel: Panel, _ box: PlotBox, _ x: PlotScale, _ y: PlotScale) {
    for tick in y.ticks(about: 3) {
      let at = y.position(tick)
      document.line(box.left, at, box.right, at, stroke: PlotColor.grid.light)
      if box.left == layout.left {
        document.text(
          NumberText.fixed(tick * 100, 0), x: box.left - 7, y: at + 4, size: Self.headSize, anchor: "end",
          fill: Self.faintInk)
      }
    }
    let quarters = panel.outputs.isMultiple(of: 4) ? (1...4).map { panel.outputs * $0 / 4 } : []
    let ranks = quarters.isEmpty ? x.ticks(about: 4).filter { $0 >= 1 } : quarters.map(Double.init)
    for rank in ranks {
      let at = x.position(rank)
      document.line(at, box.top, at, box.bottom, stroke: PlotColor.grid.light)
      document.text(
        NumberText.fixed(rank, 0), x: at, y: box.bottom + 14, size: Self.headSize, anchor: "middle",
        fill: Self.faintInk)
    }
    document.line(box.left, box.bottom, box.right, box.bottom, stroke: Self.faintInk)
    document.line(box.left, box.top, box.left, box.bottom, stroke: Self.faintInk)
    document.line(box.left, y.position(1), box.right, y.position(1), stroke: Self.ink, width: 1)
    if box.left == layout.left {
      document.text(
        "rank", x: box.left - 7, y: box.bottom + 14, size: Self.headSize, anchor: "end", fill: Self.faintInk)
    }
  }

  private mutating func draw(_ curve: Curve, _ style: CostPlotStyle, _ box: PlotBox, _ x: PlotScale, _ y: PlotScale) {
    let points = curve.counted.filter { $0.share.isFinite }
    drawDrop(Double(curve.gainsBelow), style, box, x, y, isTimed: false)
    if case .below(let rank) = curve.timeGain { drawDrop(rank, style, box, x, y, isTimed: true) }
    let shown = points.prefix { $0.share <= highest }
    if let first = shown.first {
      let path = shown.dropFirst().reduce("M\(place(first, x, y))") { "\($0) L\(place($1, x, y))" }
      document.add(
        "path",
        [
          ("class", "counted"), ("d", path), ("fill", "none"), ("stroke", style.color), ("stroke-width", "2"),
          ("stroke-linejoin", "round"),
        ] + style.dashes)
    }
    for measured in curve.measured where measured.mean.isFinite {
      // Marks of several variants at the same rank stand side by side.
      let at = x.position(Double(measured.rank)) + style.offset(of: names.count)
      let height = y.position(min(measured.mean, highest))
      document.openGroup([("class", "measured")])
      if measured.high > measured.low {
        document.line(
          at, y.position(min(measured.high, highest)), at, y.position(min(measured.low, highest)),
          stroke: style.color, width: 1.4)
      }
      let tip = "\(curve.name), rank \(measured.rank): \(NumberText.fixed(measured.mean * 100, 0)) % of the time"
      document.add(
        "path",
        measured.mean > highest ? style.beyond(x: at, y: height) : style.mark(x: at, y: height, isFilled: true),
        content: SVGDocument.element("title", [], content: SVGDocument.escaped(tip)))
      document.closeGroup()
    }
  }

  private func place(_ point: Point, _ x: PlotScale, _ y: PlotScale) -> String {
    "\(SVGDocument.number(x.position(Double(point.rank)))) \(SVGDocument.number(y.position(point.share)))"
  }

  /// Draws a line from the dense layer's level down to the axis at the rank.
  private mutating func drawDrop(
    _ rank: Double, _ style: CostPlotStyle, _ box: PlotBox, _ x: PlotScale, _ y: PlotScale, isTimed: Bool
  ) {
    let at = x.position(rank)
    document.line(
      at, y.position(1), at, box.bottom, stroke: style.color, width: 1.2,
      extra: [("class", isTimed ? "gain by-time" : "gain")] + CostPlotStyle.drop)
    if isTimed { document.add("path", style.mark(x: at, y: y.position(1), isFilled: false)) }
  }
}
