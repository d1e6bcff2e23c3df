/// The positions of the panels on the page.
struct CostPlotLayout {
  static let width = 960.0
  static let top = 100.0
  private static let columns = 4
  private static let gap = 30.0
  private static let plotHeight = 130.0
  let left = 68.0
  private let right = 936.0
  private let headHeight: Double
  private let rows: Int
  private let notes: Int

  init(panels: Int, curves: Int, notes: Int) {
    headHeight = 24 + 15 * Double(curves)
    rows = max(1, (panels + Self.columns - 1) / Self.columns)
    self.notes = notes
  }

  private var rowHeight: Double { headHeight + Self.plotHeight + 34 }
  /// The bottom edge of the last row.
  var end: Double { Self.top + Double(rows) * rowHeight }
  var firstNote: Double { end + 10 }
  var height: Double { end + (notes > 0 ? Double(notes) * 16 + 12 : 0) }

  /// The baseline of a panel's name.
  func head(_ index: Int) -> Double { Self.top + Double(index / Self.columns) * rowHeight + 14 }

  func box(_ index: Int) -> PlotBox {
    let width = (right - left - Self.gap * Double(Self.columns - 1)) / Double(Self.columns)
    let start = left + Double(index % Self.columns) * (width + Self.gap)
    let top = Self.top + Double(index / Self.columns) * rowHeight + headHeight
    return PlotBox(left: start, top: top, right: start + width, bottom: top + Self.plotHeight)
  }
}

/// Distinguishes variants by color, by dashes and by shape, so that any two of these may be lost in print or to color
/// blindness.
struct CostPlotStyle {
  private let index: Int
  /// The number of distinct styles; further variants look like earlier ones.
  private static let count = 6

  init(_ index: Int) { self.index = index }

  /// Blue and vermilion come first: they are distinguishable with every kind of color vision, and in gray.
  var color: String { PlotColor.series[index % Self.count].light }

  var dashes: [(String, String)] {
    let dashes = ["", "7 3", "2 2.5", "8 3 2 3", "12 4", "8 3 2 3 2 3"][index % Self.count]
    return dashes.isEmpty ? [] : [("stroke-dasharray", dashes)]
  }

  /// The horizontal offset that separates marks at the same rank.
  func offset(of curves: Int) -> Double { (Double(index) - Double(curves - 1) / 2) * 5 }

  static let drop = [("stroke-dasharray", "3 2.5")]

  func mark(x: Double, y: Double, isFilled: Bool) -> [(String, String)] {
    let shape = [
      "m-4.2 0 a4.2 4.2 0 1 0 8.4 0 a4.2 4.2 0 1 0 -8.4 0 z", "m-4 -4 h8 v8 h-8 z",
      "m0 -5.2 l5.2 5.2 l-5.2 5.2 l-5.2 -5.2 z", "m-5 4 l5 -8.6 l5 8.6 z", "m-5 -4 l5 8.6 l5 -8.6 z",
      "m-1.7 -5 h3.4 v3.3 h3.3 v3.4 h-3.3 v3.3 h-3.4 v-3.3 h-3.3 v-3.4 h3.3 z",
    ][index % Self.count]
    return path(shape, x, y)
      + [
        ("fill", isFilled ? color : PlotColor.paper.light), ("stroke", isFilled ? PlotColor.paper.light : color),
        ("stroke-width", "1.3"),
      ]
  }

  /// An arrow at the upper edge, for a value beyond the axis.
  func beyond(x: Double, y: Double) -> [(String, String)] {
    path("m-5 8 l5 -8 l5 8 z", x, y) + [("fill", PlotColor.paper.light), ("stroke", color), ("stroke-width", "1.4")]
  }

  private func path(_ shape: String, _ x: Double, _ y: Double) -> [(String, String)] {
    [("d", "M\(SVGDocument.number(x)) \(SVGDocument.number(y)) \(shape)")]
  }
}
