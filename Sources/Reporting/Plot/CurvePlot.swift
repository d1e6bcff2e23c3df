import Randomness
import ReadableText

/// Curves of a quantity against the effort that it took, on a logarithmic axis, and horizontal levels for values to
/// which no effort is assigned.
package struct CurvePlot {
  package struct Point: Hashable, Sendable {
    package var x: Double
    package var y: Double
    /// Half the length of the error bar (± this value); `nil` if it is not known.
    package var error: Double?

    package init(x: Double, y: Double, error: Double?) {
      self.x = x
      self.y = y
      self.error = error
    }
  }

  package struct Curve: Hashable, Sendable {
    package var name: String
    package var points: [Point]
    /// Whether the curve is drawn in gray.
    package var isReference: Bool

    package init(name: String, points: [Point], isReference: Bool) {
      self.name = name
      self.points = points
      self.isReference = isReference
    }
  }

  package struct Level: Hashable, Sendable {
    package var name: String
    package var y: Double

    package init(name: String, y: Double) {
      self.name = name
      self.y = y
    }
  }

  private static let ink = PlotMarker.dense.color
  private static let faintInk = PlotColor.faint.light
  private static let colors = PlotColor.series.map(\.light)
  private static let referenceColor = PlotColor.gray.light
  private static let legendHeight = 20.0

  private let title: String
  private let subtitle: String
  private let abscissa: String
  private let ordinate: String
  private let curves: [(curve: Curve, color: String)]
  private let levels: [Level]
  private let hasRoundTicks: Bool
  private let legend: [(text: String, color: String, x: Double, row: Int)]
  private let frame: PlotBox
  private let x: PlotScale
  private let y: PlotScale
  private var document: SVGDocument

  /// Points whose x is not positive are left out.
  ///
  /// - Parameter hasRoundTicks: Whether x is labeled at 1, 2 and 5 times powers of ten instead of at the points.
  package init(
    title: String, subtitle: String, abscissa: String, ordinate: String, curves: [Curve], levels: [Level],
    hasRoundTicks: Bool = false
  ) {
    self.title = title
    self.subtitle = subtitle
    self.abscissa = abscissa
    self.ordinate = ordinate
    self.levels = levels.filter(\.y.isFinite)
    self.hasRoundTicks = hasRoundTicks
    var colors = Self.colors.makeIterator()
    self.curves = curves.map { curve in
      var curve = curve
      curve.points = curve.points.filter { $0.x > 0 && $0.x.isFinite && $0.y.isFinite }.sorted { $0.x < $1.x }
      return (curve, curve.isReference ? Self.referenceColor : colors.next() ?? Self.referenceColor)
    }
    legend = Self.legend(self.curves.map { ($0.curve.name, $0.color) }, left: 78, right: 932)
    let rows = (legend.last?.row ?? 0) + 1
    frame = PlotBox(
      left: 78, top: 92 + Double(rows) * Self.legendHeight, right: 932, bottom: 500 + Double(rows) * Self.legendHeight)
    document = SVGDocument(width: 960, height: frame.bottom + 66)
    let points = self.curves.flatMap(\.curve.points)
    x = PlotScale(
      data: points.map { Self.position($0.x) }, minimumSpan: 0.3, start: frame.left, end: frame.right)
    let heights = points.flatMap { [$0.y - ($0.error ?? 0), $0.y + ($0.error ?? 0)] } + self.levels.map(\.y)
    y = PlotScale(data: heights, minimumSpan: 0.5, padding: 0.06, start: frame.bottom, end: frame.top)
  }

  /// Returns the logarithmic position along the axis.
  private static func position(_ value: Double) -> Double { StableMath.logarithm(value) }

  private static func legend(
    _ names: [(String, String)], left: Double, right: Double
  ) -> [(text: String, color: String, x: Double, row: Int)] {
    var entries: [(text: String, color: String, x: Double, row: Int)] = []
    var at = left
    var row = 0
    for (name, color) in names {
      let width = LabelPlacement.width(of: name, size: 12.5) + 64
      if at > left, at + width > right { (at, row) = (left, row + 1) }
      entries.append((name, color, at, row))
      at += width
    }
    return entries
  }

  /// The SVG file.
  package var svg: String { figure.file }

  package var figure: SVGFigure {
    var plot = self
    plot.draw()
    return SVGFigure(
      plot.document, title: title, description: "\(subtitle). \(ordinate) against \(abscissa).", headingHeight: 64)
  }

  private mutating func draw() {
    document.add(
      "rect", [("width", "960"), ("height", SVGDocument.number(document.height)), ("fill", PlotColor.paper.light)])
    document.text(title, x: frame.left, y: 36, size: 20, fill: Self.ink, extra: [("font-weight", "600")])
    document.text(subtitle, x: frame.left, y: 58, size: 13, fill: Self.faintInk)
    for entry in legend {
      let height = 84 + Double(entry.row) * Self.legendHeight
      document.line(entry.x, height - 4, entry.x + 22, height - 4, stroke: entry.color, width: 2.4)
      document.text(entry.text, x: entry.x + 28, y: height, size: 12.5, fill: Self.ink)
    }
    drawAxes()
    for (curve, color) in curves { draw(curve, color) }
    drawLevels()
  }
}

extension CurvePlot {
  private mutating func drawAxes() {
    let values = hasRoundTicks ? roundTicks : Set(curves.flatMap { $0.curve.points.map(\.x) }).sorted()
    // Whole numbers come first, since those are the values that were asked for.
    var taken: [ClosedRange<Double>] = []
    for value in values.filter({ $0 == $0.rounded() }) + values.filter({ $0 != $0.rounded() }) {
      let at = x.position(Self.position(value))
      let label = Self.number(value)
      let reach = LabelPlacement.width(of: label, size: 12.5) / 2 + 4
      guard !taken.contains(where: { $0.overlaps((at - reach)...(at + reach)) }) else { continue }
      taken.append((at - reach)...(at + reach))
      document.line(at, frame.top, at, frame.bottom, stroke: PlotColor.lattice.light)
      document.text(label, x: at, y: frame.bottom + 20, size: 12.5, anchor: "middle", fill: Self.faintInk)
    }
    document.text(
      abscissa, x: (frame.left + frame.right) / 2, y: frame.bottom + 46, size: 14, anchor: "middle", fill: Self.ink)
    PlotAxes(frame: frame, x: x, y: y).drawRows(ordinate, ticks: 8, in: &document)
  }

  private var roundTicks: [Double] {
    var ticks: [Double] = []
    var power = 1e-6
    while power < 1e9 {
      ticks += [power, 2 * power, 5 * power].filter { x.domain.contains(Self.position($0)) }
      power *= 10
    }
    return ticks
  }

  /// Formats whole numbers as they are, other numbers with as many digits as they need.
  private static func number(_ value: Double) -> String {
    if value == value.rounded(), value < 1e9 { return NumberText.grouped(Int(value)) }
    var text = NumberText.fixed(value, value < 1e-3 ? 6 : value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0)
    while text.contains("."), text.last == "0" || text.last == "." { text.removeLast() }
    return text
  }

  private mutating func drawLevels() {
    let points = curves.flatMap { entry in
      entry.curve.points.map { (x: x.position(Self.position($0.x)), y: y.position($0.y)) }
    }
    for level in levels {
      let at = y.position(level.y)
      document.line(
        frame.left, at, frame.right, at, stroke: Self.faintInk, width: 1.2, extra: [("stroke-dasharray", "5 4")])
      // The label stands where it covers the fewest points.
      let width = LabelPlacement.width(of: level.name, size: 12)
      let room = frame.right - frame.left - width - 16
      let starts = (0...8).map { frame.left + 8 + room * Double($0) / 8 }
      func covered(_ start: Double) -> Int {
        points.count { ((start - 8)...(start + width + 8)).contains($0.x) && ((at - 24)...(at + 6)).contains($0.y) }
      }
      let start = starts.min { covered($0) < covered($1) } ?? frame.left + 8
      document.text(level.name, x: start, y: at - 5, size: 12, fill: Self.faintInk, extra: Self.halo)
    }
  }

  private static let halo = [
    ("paint-order", "stroke"), ("stroke", PlotColor.paper.light), ("stroke-width", "3.5"), ("stroke-linejoin", "round"),
  ]

  private mutating func draw(_ curve: Curve, _ color: String) {
    let places = curve.points.map { (x: x.position(Self.position($0.x)), y: y.position($0.y), point: $0) }
    for (px, _, point) in places {
      guard let error = point.error, error > 0 else { continue }
      let (top, bottom) = (y.position(point.y + error), y.position(point.y - error))
      document.openGroup([("class", "error-bar"), ("opacity", "0.55")])
      document.line(px, top, px, bottom, stroke: color, width: 1.2)
      for end in [top, bottom] { document.line(px - 3, end, px + 3, end, stroke: color, width: 1.2) }
      document.closeGroup()
    }
    if let first = places.first {
      let steps = places.dropFirst().map { " L\(SVGDocument.number($0.x)) \(SVGDocument.number($0.y))" }.joined()
      document.add(
        "path",
        [
          ("class", "curve"), ("d", "M\(SVGDocument.number(first.x)) \(SVGDocument.number(first.y))\(steps)"),
          ("fill", "none"), ("stroke", color), ("stroke-width", "2"), ("stroke-linejoin", "round"),
        ] + (curve.isReference ? [("stroke-dasharray", "2 4")] : []))
    }
    for (px, py, point) in places {
      let tip = "\(curve.name): \(NumberText.fixed(point.y, 2)) at \(Self.number(point.x))"
      document.add(
        "circle",
        [
          ("cx", SVGDocument.number(px)), ("cy", SVGDocument.number(py)), ("r", "4"), ("fill", color),
          ("stroke", PlotColor.paper.light), ("stroke-width", "1.2"),
        ], content: SVGDocument.element("title", [], content: SVGDocument.escaped(tip)))
    }
  }
}
