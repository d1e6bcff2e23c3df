import ReadableText

/// The heading, grid and titles of figures with two linear axes.
struct PlotAxes {
  static let ink = PlotColor.ink.light
  static let faint = PlotColor.faint.light
  /// The height of the heading, which a page leaves out.
  static let headingHeight = 64.0

  let frame: PlotBox
  let x: PlotScale
  let y: PlotScale

  static func drawHeading(_ title: String, _ subtitle: String, left: Double, in document: inout SVGDocument) {
    document.add(
      "rect",
      [
        ("width", SVGDocument.number(document.width)), ("height", SVGDocument.number(document.height)),
        ("fill", PlotColor.paper.light),
      ])
    document.text(title, x: left, y: 36, size: 20, fill: ink, extra: [("font-weight", "600")])
    document.text(subtitle, x: left, y: 56, size: 13, fill: faint)
  }

  func draw(abscissa: String, ordinate: String, in document: inout SVGDocument) {
    drawColumns(abscissa, in: &document)
    drawRows(ordinate, ticks: 7, in: &document)
  }

  /// Draws the grid along y with its numbers and title at the left, and the lines of both axes.
  func drawRows(_ ordinate: String, ticks up: Int, in document: inout SVGDocument) {
    for tick in y.ticks(about: up) {
      let at = y.position(tick)
      document.line(frame.left, at, frame.right, at, stroke: PlotColor.grid.light)
      document.text(
        NumberText.fixed(tick, y.tickDecimals(about: up)), x: frame.left - 10, y: at + 4.5, size: 12.5, anchor: "end",
        fill: Self.faint)
    }
    document.line(frame.left, frame.bottom, frame.right, frame.bottom, stroke: Self.faint)
    document.line(frame.left, frame.top, frame.left, frame.bottom, stroke: Self.faint)
    let middle = SVGDocument.number((frame.top + frame.bottom) / 2)
    document.text(
      ordinate, x: 0, y: 0, size: 14, anchor: "middle", fill: Self.ink,
      extra: [("transform", "translate(26 \(middle)) rotate(-90)")])
  }

  /// Draws only the grid along x, with its numbers and title below.
  func drawColumns(_ abscissa: String, in document: inout SVGDocument) {
    let across = 8
    for tick in x.ticks(about: across) {
      let at = x.position(tick)
      document.line(at, frame.top, at, frame.bottom, stroke: PlotColor.grid.light)
      document.text(
        NumberText.fixed(tick, x.tickDecimals(about: across)), x: at, y: frame.bottom + 19, size: 12.5,
        anchor: "middle", fill: Self.faint)
    }
    document.text(
      abscissa, x: (frame.left + frame.right) / 2, y: frame.bottom + 42, size: 14, anchor: "middle", fill: Self.ink)
  }
}
