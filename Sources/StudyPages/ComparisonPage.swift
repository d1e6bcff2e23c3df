import ReadableText
import Reporting
import SearchCore
import StudyViews

extension StudyComparison {
  /// A figure with the frontiers of all studies.
  package var figure: SVGFigure {
    ComparisonPlot(
      title: "\(NumberText.grouped(studies.count)) studies: accuracy against \(objective.title)",
      subtitle: "Estimated frontiers with 90 % intervals", abscissa: objective,
      series: studies.map { study in
        ComparisonPlot.Series(
          name: study.name,
          points: study.points.map { point in
            ComparisonPlot.Point(
              x: point.size, y: point.accuracy, low: point.low, high: point.high, isOutside: point.isOutside,
              tip: "\(study.name), \(point.label): \(Self.accuracy(point)), \(NumberText.fixed(point.size, 1)) % "
                + objective.descriptor.aspect)
          })
      }, warnings: warnings, notes: notes
    ).figure
  }

  static func accuracy(_ point: Point) -> String {
    "\(NumberText.fixed(point.accuracy, 1)) % (\(NumberText.fixed(point.low, 1))–\(NumberText.fixed(point.high, 1)))"
  }
}

/// A page that compares several studies.
package struct ComparisonPage {
  private let comparison: StudyComparison
  private let time: String

  private static let mostRows = 2_000

  /// - Parameter time: The time at which the page is made, in ISO 8601.
  package init(_ comparison: StudyComparison, time: String) {
    self.comparison = comparison
    self.time = time
  }

  /// The whole file.
  package var text: String {
    let figure = comparison.figure
    return Page.text(title: figure.title) {
      tag("header") {
        tag("h1") { figure.title }
        for study in comparison.studies { tag("p", ["class": "faint"]) { "\(study.name): \(study.setting)" } }
        for warning in comparison.warnings { tag("p", ["class": "caveat"]) { warning } }
      }
      tag("main") {
        tag("figure") {
          tag("div", ["class": "plot"]) { figure }
          tag("figcaption") { figure.description + "." }
        }
        for note in comparison.notes { tag("p") { note } }
        tag("h2") { "Points" }
        table
      }
      tag("footer") { tag("p") { "Made \(time) by layersearch." } }
    }
  }

  private var table: HTML {
    let points = comparison.studies.flatMap { study in study.points.map { (study.name, $0) } }
    func names(_ indices: [Int]) -> String { indices.map { comparison.studies[$0].name }.joined(separator: ", ") }
    return .joined([
      Page.table(
        ["Study", "Candidate", comparison.objective.descriptor.heading, "Estimate", "Above", "Below"],
        points.prefix(Self.mostRows).map { name, point in
          [
            name, point.label + (point.isTrained ? "" : " (untrained)"), "\(NumberText.fixed(point.size, 1)) %",
            StudyComparison.accuracy(point), names(point.above), names(point.below),
          ]
        }, texts: [0, 1, 4, 5]),
      points.count > Self.mostRows
        ? tag("p") { "\(NumberText.grouped(points.count - Self.mostRows)) more points; CSV has all of them." } : .empty,
    ])
  }
}
