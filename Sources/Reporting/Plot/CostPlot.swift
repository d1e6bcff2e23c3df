import ReadableText
import SearchCore

/// The cost of layers at each rank relative to the dense layer: a panel for each kind of layer with a curve for each
/// variant, marks of measured times, and the rank below which the layer gains.
package struct CostPlot {
  /// The layers of one shape.
  package struct Panel: Hashable, Sendable {
    /// The names of the layers in the network's order; at least one.
    package var layers: [String]
    /// The number of output channels, where the axis ends.
    package var outputs: Int
    package var curves: [Curve]

    package init(layers: [String], outputs: Int, curves: [Curve]) {
      self.layers = layers
      self.outputs = outputs
      self.curves = curves
    }
  }

  /// The curve of one variant. Curves at the same index have the same name in all panels.
  package struct Curve: Hashable, Sendable {
    package var name: String
    /// The multiply-adds by rank.
    package var counted: [Point]
    /// The times, one for each measured rank.
    package var measured: [Measured]
    /// The rank below which the layer takes fewer multiply-adds than the dense layer.
    package var gainsBelow: Int
    /// The rank below which the layer takes less time than the dense layer; `nil` if nothing was measured.
    package var timeGain: MeasuredGain?

    package init(name: String, counted: [Point], measured: [Measured], gainsBelow: Int, timeGain: MeasuredGain?) {
      self.name = name
      self.counted = counted
      self.measured = measured
      self.gainsBelow = gainsBelow
      self.timeGain = timeGain
    }
  }

  package struct Point: Hashable, Sendable {
    package var rank: Int
    /// The share of the dense layer's cost; 1 is as much as the dense layer takes.
    package var share: Double

    package init(rank: Int, share: Double) {
      self.rank = rank
      self.share = share
    }
  }

  /// The measured times of a panel's layers at one rank, as shares of the dense layer's time.
  package struct Measured: Hashable, Sendable {
    package var rank: Int
    package var mean: Double
    package var low: Double
    package var high: Double

    package init(rank: Int, mean: Double, low: Double, high: Double) {
      self.rank = rank
      self.mean = mean
      self.low = low
      self.high = high
    }
  }

  static let ink = PlotMarker.dense.color
  static let faintInk = PlotColor.faint.light
  private let title: String
  private let subtitle: String
  private let panels: [Panel]
  let names: [String]
  private let notes: [String]
  let layout: CostPlotLayout
  var document: SVGDocument

  /// - Parameter subtitle: What is counted, and what was measured on which machine.
  package init(title: String, subtitle: String, panels: [Panel]) {
    self.title = title
    self.subtitle = subtitle
    self.panels = panels
    names = panels.first?.curves.map(\.name) ?? []
    notes = panels.compactMap(Self.note).flatMap { Wrapping.lines($0, width: 150, indent: 2) }
    layout = CostPlotLayout(panels: panels.count, curves: names.count, notes: notes.count)
    document = SVGDocument(width: CostPlotLayout.width, height: layout.height)
    let shares = panels.flatMap(\.curves).flatMap { curve in
      curve.counted.map(\.share) + curve.measured.flatMap { [$0.mean, $0.high] }
    }
    highest = min(Self.mostShown, max(1.1, shares.filter(\.isFinite).max() ?? 1.1)) + 0.05
  }

  /// The end of the vertical axes, as a share of the dense layer's cost; marks beyond it are drawn at the edge.
  let highest: Double
  private static let mostShown = 1.6

  /// The SVG file.
  package var svg: String { figure.file }

  package var figure: SVGFigure {
    var plot = self
    plot.draw()
    return SVGFigure(
      plot.document, title: title,
      description: "\(subtitle). By rank, as a share of the dense layer's, a panel for each kind of layer.")
  }

  /// Names the layers that a panel stands for; `nil` if there is only one.
  private static func note(_ panel: Panel) -> String? {
    guard let first = panel.layers.first, panel.layers.count > 1 else { return nil }
    let others = panel.layers.dropFirst()
    let named = others.count > 6 ? others.prefix(3) + ["…"] + others.suffix(1) : others
    return "\(first) and \(others.count) alike: \(named.joined(separator: ", "))"
  }

  private mutating func draw() {
    document.add(
      "rect",
      [
        ("width", SVGDocument.number(document.width)), ("height", SVGDocument.number(document.height)),
        ("fill", PlotColor.paper.light),
      ])
    document.text(title, x: layout.left, y: 34, size: 20, fill: Self.ink, extra: [("font-weight", "600")])
    document.text(subtitle, x: layout.left, y: 56, size: 13, fill: Self.faintInk)
    drawLegend()
    for (index, panel) in panels.enumerated() { draw(panel, in: layout.box(index), head: layout.head(index)) }
    for (index, note) in notes.enumerated() {
      document.text(note, x: layout.left, y: layout.firstNote + Double(index) * 16, size: 11.5, fill: Self.faintInk)
    }
    let middle = SVGDocument.number((CostPlotLayout.top + layout.end) / 2)
    document.text(
      "Of the dense layer (%)", x: 0, y: 0, size: 13, anchor: "middle", fill: Self.ink,
      extra: [("transform", "translate(22 \(middle)) rotate(-90)")])
  }

  private var isMeasured: Bool { panels.contains { $0.curves.contains { !$0.measured.isEmpty } } }

  private mutating func drawLegend() {
    let baseline = 80.0
    var left = layout.left
    func advance(_ text: String) { left += LabelPlacement.width(of: text, size: 12.5) + 64 }
    for (index, name) in names.enumerated() {
      let style = CostPlotStyle(index)
      document.line(left, baseline - 4, left + 26, baseline - 4, stroke: style.color, width: 2, extra: style.dashes)
      if isMeasured { document.add("path", style.mark(x: left + 13, y: baseline - 4, isFilled: true)) }
      document.text(name, x: left + 33, y: baseline, size: 12.5, fill: Self.ink)
      advance(name)
    }
    let line = "dense layer"
    document.line(left, baseline - 4, left + 26, baseline - 4, stroke: Self.ink, width: 1)
    document.text(line, x: left + 33, y: baseline, size: 12.5, fill: Self.ink)
    advance(line)
    let drop = isMeasured ? "gains below (by time: with a ring)" : "gains below"
    document.line(
      left + 13, baseline - 11, left + 13, baseline + 3, stroke: Self.ink, width: 1.2, extra: CostPlotStyle.drop)
    document.text(drop, x: left + 23, y: baseline, size: 12.5, fill: Self.ink)
    advance(drop)
    if isMeasured {
      document.text("marks: measured time, mean and range", x: left - 6, y: baseline, size: 12.5, fill: Self.ink)
    }
  }
}
