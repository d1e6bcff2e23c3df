import ReadableText
import SearchCore

// The texts of a picture of the frontier, independent of how it is drawn.
extension FrontierPlotData {
  /// The kinds of points that occur, with their names.
  func legend(of report: StudyReport) -> [(marker: PlotMarker, name: String)] {
    let sound = points.filter { !$0.isDiverged }
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
    if points.contains(where: \.isDiverged) { entries.append((.diverged, "diverged")) }
    return entries
  }

  /// The meaning of the points' intervals; `nil` if no point has one.
  func intervalTitle(of report: StudyReport) -> String? {
    guard points.contains(where: { !$0.isDiverged && $0.reach != nil }) else { return nil }
    return report.estimated == nil ? "± 1 standard deviation" : "90 % interval"
  }

  func ordinateTitle(of report: StudyReport) -> String {
    let seeds = Set(report.rows.map(\.score.seeds))
    let mean =
      report.estimated != nil
      ? ", estimated from \(NumberText.plural(report.estimated?.trainings ?? 0, "training"))"
      : seeds.count == 1 && seeds.first != 1 ? ", mean of \(seeds.first ?? 0) seeds" : ""
    return "Validation accuracy (%)\(mean)"
  }

  func abscissaTitle(of report: StudyReport) -> String {
    let descriptor = abscissa.descriptor
    let dense: String? =
      switch descriptor.quantity {
      case .count(let count, _): NumberText.count(count(report.denseCost))
      case .time(let time, _): time(report.denseCost).map { NumberText.time(nanoseconds: $0) }
      case .fraction, .ratio: nil
      }
    return "\(descriptor.axis) (% of the dense network's\(dense.map { " \($0)" } ?? ""))"
  }

  /// The values that the axes must cover, in percent.
  func extents(of report: StudyReport) -> (x: [Double], y: [Double]) {
    let shown = points.filter { !$0.isBelowAxis && !$0.isDiverged }
    let heights = shown.flatMap { point -> [Double] in
      let hasBar =
        report.estimated != nil ? point.isOnLine : point.row.onFrontier || point.row.reference != nil
      guard hasBar, let reach = point.reach else { return [point.y] }
      return [reach.low, reach.high]
    }
    return (shown.map(\.x), heights)
  }
}
