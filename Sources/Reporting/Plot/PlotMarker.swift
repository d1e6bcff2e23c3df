import SearchCore

/// The mark of a candidate: shape and color tell its kind, filling tells whether it is on the frontier.
enum PlotMarker {
  case frontier, untrained, dominated, belowAxis, diverged, dense, allLayers

  init(_ row: ReportRow) {
    guard !row.isDiverged else {
      self = .diverged
      return
    }
    switch row.reference {
    case .dense: self = .dense
    case .allLayers: self = .allLayers
    case nil: self = row.onFrontier ? row.isUntrained ? .untrained : .frontier : .dominated
    }
  }

  var color: String {
    switch self {
    case .frontier, .untrained: return PlotColor.blue.light
    case .dominated, .belowAxis: return PlotColor.gray.light
    case .diverged: return PlotColor.red.light
    case .dense: return PlotColor.ink.light
    case .allLayers: return PlotColor.orange.light
    }
  }

  func attributes(x: Double, y: Double, filled: Bool) -> [(String, String)] {
    let shape: String
    switch self {
    case .frontier: shape = Self.circle(radius: 5)
    case .untrained: shape = Self.circle(radius: 4.2)
    case .dominated: shape = Self.circle(radius: 3.6)
    case .belowAxis: shape = "m-4.5 -4 h9 l-4.5 8 z"
    case .diverged: shape = "m-4 -4 l8 8 m0 -8 l-8 8"
    case .dense: shape = "m0 -7.5 l7.5 7.5 l-7.5 7.5 l-7.5 -7.5 z"
    case .allLayers: shape = "m-5.5 -5.5 h11 v11 h-11 z"
    }
    let start = "M\(SVGDocument.number(x)) \(SVGDocument.number(y)) "
    let place = [("d", start + shape)]
    switch self {
    case .dominated: return place + [("fill", color), ("fill-opacity", "0.38")]
    case .frontier: return place + [("fill", color), ("stroke", PlotColor.paper.light), ("stroke-width", "1.2")]
    case .untrained: return place + [("fill", PlotColor.paper.light), ("stroke", color), ("stroke-width", "1.4")]
    case .belowAxis: return place + [("fill", "none"), ("stroke", color)]
    case .diverged: return place + [("fill", "none"), ("stroke", color), ("stroke-width", "1.6")]
    case .dense, .allLayers:
      return place + [("fill", filled ? color : PlotColor.paper.light), ("stroke", color), ("stroke-width", "1.8")]
    }
  }

  private static func circle(radius: Double) -> String {
    let r = SVGDocument.number(radius)
    let d = SVGDocument.number(radius * 2)
    return "m-\(r) 0 a\(r) \(r) 0 1 0 \(d) 0 a\(r) \(r) 0 1 0 -\(d) 0 z"
  }
}
