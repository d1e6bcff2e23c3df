import ReadableText

/// The promotion of candidates from rung to rung: one line per candidate, at its accuracy at each rung it reached.
package struct PromotionsPlot {
  package struct Rung: Hashable, Sendable {
    /// The name of the rung, such as `3 epochs`.
    package var name: String
    package var candidates: Int
    /// The number of candidates that were also trained at the next rung; `nil` at the top.
    package var promoted: Int?

    package init(name: String, candidates: Int, promoted: Int?) {
      self.name = name
      self.candidates = candidates
      self.promoted = promoted
    }
  }

  package struct Line: Hashable, Sendable {
    package var name: String
    /// The accuracies in percent by rung; `nil` if the candidate was not trained at the rung.
    package var accuracies: [Double?]
    package var isReference: Bool

    package init(name: String, accuracies: [Double?], isReference: Bool) {
      self.name = name
      self.accuracies = accuracies
      self.isReference = isReference
    }

    fileprivate var points: [(rung: Int, accuracy: Double)] {
      accuracies.enumerated().compactMap { rung, accuracy in
        accuracy.flatMap { $0.isFinite ? (rung, $0) : nil }
      }
    }
  }

  private let rungs: [Rung]
  private let lines: [Line]
  private let omitted: Int
  private let frame = PlotBox(left: 78, top: PlotAxes.headingHeight + 80, right: 932, bottom: 500)
  private let y: PlotScale
  private var document: SVGDocument

  /// The maximum number of lines. If there are more, references and candidates at the top rung take precedence, and the
  /// rest is an even selection of the others.
  package static let mostLines = 400

  /// - Parameter rungs: The rungs, the cheapest first.
  package init(rungs: [Rung], lines: [Line]) {
    let known = lines.filter { !$0.points.isEmpty }
    let ordered = known.sorted { ($0.points.last?.rung ?? 0) < ($1.points.last?.rung ?? 0) }
    let top = ordered.filter { $0.points.last?.rung == rungs.count - 1 || $0.isReference }.suffix(Self.mostLines)
    let others = ordered.filter { $0.points.last?.rung != rungs.count - 1 && !$0.isReference }
    let room = Self.mostLines - top.count
    let kept = others.count > room ? (0..<room).map { others[$0 * others.count / room] } : others
    self.rungs = rungs
    self.lines = kept + top
    omitted = known.count - self.lines.count
    y = PlotScale(
      data: self.lines.flatMap { $0.points.map(\.accuracy) }, minimumSpan: 2, start: frame.bottom, end: frame.top)
    document = SVGDocument(width: 960, height: 546)
  }

  package var isEmpty: Bool { lines.isEmpty }

  private static let title = "From rung to rung"
  private var subtitle: String {
    "Mean accuracy of each candidate at each rung that it was trained at"
      + (omitted > 0 ? "; \(NumberText.plural(omitted, "more candidate")) not drawn" : "")
  }

  package var figure: SVGFigure {
    var plot = self
    plot.draw()
    let way = rungs.map { rung in
      "\(NumberText.plural(rung.candidates, "candidate")) after \(rung.name)"
        + (rung.promoted.map { ", \(NumberText.grouped($0)) went on" } ?? "")
    }.joined(separator: "; ")
    return SVGFigure(
      plot.document, title: Self.title, description: "\(subtitle): \(way).", headingHeight: PlotAxes.headingHeight)
  }

  /// The horizontal position of a rung, with room for the names beside the outer ones.
  private func x(_ rung: Int) -> Double {
    let margin = 70.0
    guard rungs.count > 1 else { return (frame.left + frame.right) / 2 }
    return frame.left + margin
      + (frame.right - frame.left - 2 * margin) * Double(rung) / Double(rungs.count - 1)
  }

  private mutating func draw() {
    PlotAxes.drawHeading(Self.title, subtitle, left: frame.left, in: &document)
    drawLegend()
    PlotAxes(frame: frame, x: PlotScale(data: [0, 1], minimumSpan: 1, start: frame.left, end: frame.right), y: y)
      .drawRows("Validation accuracy (%)", ticks: 7, in: &document)
    for (index, rung) in rungs.enumerated() {
      document.line(x(index), frame.top, x(index), frame.bottom, stroke: PlotColor.lattice.light)
      document.text(
        "after \(rung.name)", x: x(index), y: frame.bottom + 22, size: 13, anchor: "middle", fill: PlotColor.ink.light)
      document.text(
        NumberText.plural(rung.candidates, "candidate"), x: x(index), y: frame.top - 24, size: 13, anchor: "middle",
        fill: PlotColor.ink.light)
      if let promoted = rung.promoted {
        let share = NumberText.percent(Double(promoted) / Double(max(1, rung.candidates)), 0)
        document.text(
          "\(NumberText.grouped(promoted)) went on (\(share))", x: x(index), y: frame.top - 8, size: 12.5,
          anchor: "middle", fill: PlotColor.faint.light)
      }
    }
    for line in lines { draw(line) }
  }

  private func color(_ line: Line) -> PlotColor {
    if line.isReference { return .orange }
    return line.points.last?.rung == rungs.count - 1 ? .blue : .gray
  }

  private mutating func drawLegend() {
    var left = frame.left + 6
    let baseline = PlotAxes.headingHeight + 16
    for (color, text) in [
      (PlotColor.blue, "went to the top"), (.gray, "stopped below it"), (.orange, "dense and all layers"),
    ] {
      document.line(left - 4, baseline - 4, left + 8, baseline - 4, stroke: color.light, width: 2.4)
      document.text(text, x: left + 14, y: baseline, size: 12.5, fill: PlotColor.ink.light)
      left += LabelPlacement.width(of: text, size: 12.5) + 42
    }
  }

  private mutating func draw(_ line: Line) {
    let points = line.points
    let color = color(line)
    let places = points.map { (x: x($0.rung), y: y.position($0.accuracy)) }
    let way = places.enumerated().map { index, place in
      "\(index == 0 ? "M" : "L")\(SVGDocument.number(place.x)) \(SVGDocument.number(place.y))"
    }.joined(separator: " ")
    // The end of the line also tells whether the candidate stopped: it is a bar then, otherwise a circle.
    let end = places.last.map { place in
      color == .gray
        ? " m-4 0 h8" : " m-3 0 a3 3 0 1 0 6 0 a3 3 0 1 0 -6 0"
    }
    let tip = "\(line.name): " + points.map { NumberText.fixed($0.accuracy, 1) + " %" }.joined(separator: ", ")
    document.add(
      "path",
      [
        ("class", line.isReference ? "reference" : color == .gray ? "stopped" : "promoted"),
        ("d", way + (end ?? "")), ("fill", "none"), ("stroke", color.light),
        ("stroke-width", line.isReference ? "2.2" : "1.3"), ("stroke-opacity", color == .gray ? "0.45" : "0.7"),
      ], content: SVGDocument.element("title", [], content: SVGDocument.escaped(tip)))
  }
}
