import ReadableText
import SearchCore

/// Two costs of all candidates against each other, as shares of the dense network's costs.
package struct TradeoffPlot {
  private let plot: ScatterPlot

  /// The largest share that a measurement can have; candidates beyond it are left out.
  private static let largest = 1_000.0

  /// - Parameter rowNumbers: The row numbers of the page's table, as in `FrontierPlot`.
  package init(
    _ report: StudyReport, abscissa: Objective, ordinate: Objective, rowNumbers: [Candidate: Int]? = nil
  ) {
    let points = report.rows.compactMap { row -> ScatterPlot.Point? in
      guard !report.undrawn.contains(row.score.candidate),
        let x = row.score.ratioToDense(of: abscissa), let y = row.score.ratioToDense(of: ordinate),
        (0...Self.largest).contains(x), (0...Self.largest).contains(y), !row.isDiverged
      else { return nil }
      let label = CandidateLabel(row.score.candidate, in: report.architecture).text
      return ScatterPlot.Point(
        x: x * 100, y: y * 100, kind: row.reference.map { $0 == .dense ? .dense : .allLayers } ?? .own,
        isOnFrontier: row.onFrontier, isUntrained: row.isUntrained,
        text: "\(label): \(NumberText.percent(x)) \(abscissa.descriptor.aspect), \(NumberText.percent(y)) "
          + ordinate.descriptor.aspect,
        row: rowNumbers?[row.score.candidate])
    }
    plot = ScatterPlot(
      ScatterPlot.Texts(
        title: "\(report.study): \(ordinate.title) against \(abscissa.title)",
        heading: "\(ordinate.descriptor.heading) against \(abscissa.title)",
        subtitle: "\(report.setting) · \(report.extent)",
        abscissa: "\(abscissa.descriptor.axis) (% of the dense network's)",
        ordinate: "\(ordinate.descriptor.axis) (%)", frontier: "on the \(report.frontierTitle)"),
      points: points, minimumSpan: (20, 20), isOnPage: rowNumbers != nil)
  }

  /// Whether no candidate has both costs.
  package var isEmpty: Bool { plot.isEmpty }

  package var figure: SVGFigure { plot.figure }
}
