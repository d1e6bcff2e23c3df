import ReadableText
import SearchCore

// Heading, legend and axes.
extension FrontierPlot {
  mutating func drawHeading() {
    document.text(
      "\(report.recipe.model.title) on \(report.recipe.data.set.title): accuracy against \(data.abscissa.title)",
      x: frame.left, y: 36, size: 20, fill: Self.ink, extra: [("font-weight", "600")])
    document.text(
      "Proxy trainings of \(report.proxyExtent) · \(report.extent)", x: frame.left, y: 58,
      size: 13, fill: Self.faintInk)
    drawLegend()
  }

  private mutating func drawLegend() {
    let sound = data.points.filter { !$0.isDiverged }
    let kinds = sound.map { ($0.row.onFrontier, $0.row.reference) }
    let own = Set(sound.filter { $0.row.onFrontier && $0.row.reference == nil }.map(\.row.isUntrained))
    var entries: [(PlotMarker, String)] = []
    let isEstimated = report.estimated != nil
    if own.contains(false) {
      entries.append((.frontier, "\(isEstimated ? "trained, " : "")on the \(report.frontierTitle)"))
    }
    if own.contains(true) { entries.append((.untrained, "untrained")) }
    if kinds.contains(where: { !$0.0 && $0.1 == nil }) {
      entries.append((.dominated, isEstimated ? "trained, dominated" : "dominated"))
    }
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

  mutating func drawAxes() {
    let across = 8
    for tick in x.ticks(about: across) where tick >= 0 {
      let at = x.position(tick)
      document.line(at, frame.top, at, frame.bottom, stroke: PlotColor.grid.light)
      let label = NumberText.fixed(tick, x.tickDecimals(about: across))
      document.text(label, x: at, y: frame.bottom + 20, size: 12.5, anchor: "middle", fill: Self.faintInk)
    }
    let up = 7
    for tick in y.ticks(about: up) where tick >= 0 && tick <= 100 {
      let at = y.position(tick)
      document.line(frame.left, at, frame.right, at, stroke: PlotColor.grid.light)
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
