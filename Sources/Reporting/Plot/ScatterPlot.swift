import ReadableText

/// Candidates by two measures, with optional intervals along y. Shape and color tell the kind of each candidate.
package struct ScatterPlot {
  package enum Kind: Hashable, Sendable {
    case dense, allLayers, own
  }

  package struct Point: Hashable, Sendable {
    package var x: Double
    package var y: Double
    /// The ends of the interval; `nil` if there is none.
    package var low: Double?
    package var high: Double?
    package var kind: Kind
    package var isOnFrontier: Bool
    package var isUntrained: Bool
    /// A description in words.
    package var text: String
    /// The row number in the page's table; `nil` if the point has none.
    package var row: Int?

    package init(
      x: Double, y: Double, low: Double? = nil, high: Double? = nil, kind: Kind, isOnFrontier: Bool,
      isUntrained: Bool = false, text: String, row: Int? = nil
    ) {
      self.x = x
      self.y = y
      self.low = low
      self.high = high
      self.kind = kind
      self.isOnFrontier = isOnFrontier
      self.isUntrained = isUntrained
      self.text = text
      self.row = row
    }

    fileprivate var marker: PlotMarker {
      switch kind {
      case .dense: .dense
      case .allLayers: .allLayers
      case .own: isOnFrontier ? isUntrained ? .untrained : .frontier : .dominated
      }
    }

    fileprivate var isFinite: Bool { x.isFinite && y.isFinite && (low ?? 0).isFinite && (high ?? 0).isFinite }
  }

  package struct Texts: Hashable, Sendable {
    package var title: String
    package var heading: String
    package var subtitle: String
    package var abscissa: String
    package var ordinate: String
    /// What the filled points of the search's own candidates are.
    package var frontier: String
    /// What the intervals are; `nil` if there are none.
    package var interval: String?

    package init(
      title: String, heading: String, subtitle: String, abscissa: String, ordinate: String, frontier: String,
      interval: String? = nil
    ) {
      self.title = title
      self.heading = heading
      self.subtitle = subtitle
      self.abscissa = abscissa
      self.ordinate = ordinate
      self.frontier = frontier
      self.interval = interval
    }
  }

  private let texts: Texts
  private let points: [Point]
  private let axes: PlotAxes
  private let isOnPage: Bool
  private var document: SVGDocument

  /// - Parameters:
  ///   - minimumSpan: The minimum length of both axes, in their units.
  ///   - isOnPage: Whether the figure is part of a page. If so, dominated points are small and refer to their rows, and
  ///     the others are reachable by keyboard.
  package init(_ texts: Texts, points: [Point], minimumSpan: (x: Double, y: Double), isOnPage: Bool) {
    self.texts = texts
    self.points = points.filter(\.isFinite)
    self.isOnPage = isOnPage
    let frame = PlotBox(left: 78, top: PlotAxes.headingHeight + 34, right: 932, bottom: 500)
    let heights = self.points.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] }
    axes = PlotAxes(
      frame: frame,
      x: PlotScale(data: self.points.map(\.x), minimumSpan: minimumSpan.x, start: frame.left, end: frame.right),
      y: PlotScale(data: heights, minimumSpan: minimumSpan.y, start: frame.bottom, end: frame.top))
    document = SVGDocument(width: 960, height: 560)
  }

  package var isEmpty: Bool { points.isEmpty }

  package var figure: SVGFigure {
    var plot = self
    plot.draw()
    return SVGFigure(
      plot.document, title: texts.title, description: "\(texts.subtitle).".replacing("..", with: "."),
      headingHeight: PlotAxes.headingHeight)
  }

  private mutating func draw() {
    PlotAxes.drawHeading(texts.heading, texts.subtitle, left: axes.frame.left, in: &document)
    drawLegend()
    axes.draw(abscissa: texts.abscissa, ordinate: texts.ordinate, in: &document)
    for point in points { drawInterval(point) }
    // The least important points are drawn first.
    func layer(_ point: Point) -> Int { point.kind != .own ? 3 : point.isOnFrontier ? point.isUntrained ? 1 : 2 : 0 }
    for wanted in 0...3 {
      for point in points where layer(point) == wanted { draw(point) }
    }
  }

  private mutating func drawLegend() {
    var left = axes.frame.left + 6
    let baseline = PlotAxes.headingHeight + 16
    let kinds: [(PlotMarker, String, (Point) -> Bool)] = [
      (.frontier, texts.frontier, { $0.kind == .own && $0.isOnFrontier && !$0.isUntrained }),
      (.untrained, "untrained", { $0.kind == .own && $0.isOnFrontier && $0.isUntrained }),
      (.dominated, "dominated", { $0.kind == .own && !$0.isOnFrontier }),
      (.dense, "dense network", { $0.kind == .dense }), (.allLayers, "all layers", { $0.kind == .allLayers }),
    ]
    for (marker, label, isShown) in kinds where points.contains(where: isShown) {
      document.add("path", marker.attributes(x: left, y: baseline - 4, filled: true))
      document.text(label, x: left + 12, y: baseline, size: 12.5, fill: PlotColor.ink.light)
      left += LabelPlacement.width(of: label, size: 12.5) + 38
    }
    guard let interval = texts.interval, points.contains(where: { $0.low != nil }) else { return }
    document.line(left, baseline - 11, left, baseline + 3, stroke: PlotColor.blue.light, width: 1.4)
    document.text(interval, x: left + 12, y: baseline, size: 12.5, fill: PlotColor.ink.light)
  }

  private mutating func drawInterval(_ point: Point) {
    guard let low = point.low, let high = point.high, high > low else { return }
    let (at, color) = (axes.x.position(point.x), point.marker.color)
    let (top, bottom) = (axes.y.position(high), axes.y.position(low))
    document.openGroup([("class", "error-bar"), ("stroke", color), ("opacity", "0.5")])
    document.line(at, top, at, bottom, stroke: color, width: 1.4)
    for end in [top, bottom] { document.line(at - 4, end, at + 4, end, stroke: color, width: 1.4) }
    document.closeGroup()
  }

  private mutating func draw(_ point: Point) {
    let (x, y) = (axes.x.position(point.x), axes.y.position(point.y))
    let row = point.row.map { [("data-row", "\($0)")] } ?? []
    if isOnPage, point.kind == .own, !point.isOnFrontier {
      document.add(
        "circle",
        [("class", "d"), ("cx", SVGDocument.number(x)), ("cy", SVGDocument.number(y)), ("r", "3.6")] + row)
      return
    }
    let focus = isOnPage ? [("tabindex", "0"), ("role", "img")] : []
    document.add(
      "path",
      [("class", point.isOnFrontier ? "frontier" : "dominated")]
        + point.marker.attributes(x: x, y: y, filled: point.isOnFrontier && !point.isUntrained) + focus + row,
      content: SVGDocument.element("title", [], content: SVGDocument.escaped(point.text)))
  }
}
