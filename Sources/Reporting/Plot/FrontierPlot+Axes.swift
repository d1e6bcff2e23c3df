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
    var left = frame.left + 6
    let baseline = 92.0
    for (marker, label) in data.legend(of: report) {
      document.add("path", marker.attributes(x: left, y: baseline - 4, filled: true))
      document.text(label, x: left + 12, y: baseline, size: 12.5, fill: Self.ink)
      left += LabelPlacement.width(of: label, size: 12.5) + 38
    }
    if let title = data.intervalTitle(of: report) {
      document.line(left, baseline - 11, left, baseline + 3, stroke: Self.frontierColor, extra: [("opacity", "0.6")])
      for end in [baseline - 11, baseline + 3] {
        document.line(left - 3, end, left + 3, end, stroke: Self.frontierColor, extra: [("opacity", "0.6")])
      }
      document.text(title, x: left + 12, y: baseline, size: 12.5, fill: Self.ink)
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
      data.abscissaTitle(of: report), x: (frame.left + frame.right) / 2, y: frame.bottom + 46, size: 14,
      anchor: "middle", fill: Self.ink)
    let middle = SVGDocument.number((frame.top + frame.bottom) / 2)
    document.text(
      data.ordinateTitle(of: report), x: 0, y: 0, size: 14, anchor: "middle", fill: Self.ink,
      extra: [("transform", "translate(26 \(middle)) rotate(-90)")])
  }
}
