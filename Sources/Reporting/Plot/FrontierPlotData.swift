import SearchCore

/// The contents of a picture of the frontier, in percent, independent of how it is drawn.
struct FrontierPlotData {
  struct Point {
    let row: ReportRow
    /// Percent of the dense network's cost.
    let x: Double
    /// Accuracy in percent: the mean of the trainings that did not diverge, 0 if all did, or the estimate if estimates
    /// were asked for.
    let y: Double
    /// The interval in percent: one standard deviation over the seeds down and up, or the estimate's interval.
    let reach: (low: Double, high: Double)?
    /// Whether the accuracy is so far below the others that the axis does not cover it.
    var isBelowAxis = false
    /// Whether the line joins the point.
    var isOnLine = false
    /// Whether the candidate has no more sound trainings than diverged ones. It then lies at the lower edge of the
    /// plane.
    var isDiverged: Bool { row.isDiverged }

    init(row: ReportRow, x: Double, isEstimated: Bool) {
      self.row = row
      self.x = x * 100
      if isEstimated, let estimate = row.estimate {
        // The model's accuracies are not bounded by 0 and 100 %.
        func percent(_ accuracy: Double) -> Double { min(100, max(0, accuracy * 100)) }
        y = percent(estimate.accuracy)
        reach = (percent(estimate.low), percent(estimate.high))
      } else {
        y = (row.score.accuracy ?? 0) * 100
        reach = row.score.accuracySD.map { [y] in (y - $0 * 100, y + $0 * 100) }
      }
    }
  }

  /// The objective along x; by default the first of the study's that is relative to the dense network.
  let abscissa: Objective
  let points: [Point]
  /// The points that the line joins, from left to right: those of the frontier with the best accuracy for their x.
  let staircase: [Point]
  /// The number of candidates for which x was not measured.
  let missing: Int
  /// The number of candidates that are left out because of values that no measurement can have.
  let absurd: Int
  /// The number of untrained candidates of the frontier that are left out because the line does not join them: they are
  /// on the frontier only by an objective that the picture does not show.
  let offLine: Int

  /// Percent. A network measured as a thousand times as large or as slow as the dense one was not measured correctly.
  private static let largestRatio = 100_000.0

  /// - Parameter wanted: The objective along x; `nil` for the study's first that is relative to the dense network.
  init(_ report: StudyReport, abscissa wanted: Objective? = nil) {
    let abscissa = wanted ?? Objective.abscissa(of: report.objectives)
    let measured = report.rows.compactMap { row -> Point? in
      row.score.ratioToDense(of: abscissa).map { Point(row: row, x: $0, isEstimated: report.estimated != nil) }
    }
    var points = measured.filter(Self.isPossible)
    absurd = measured.count - points.count
    var staircase: [Point] = []
    let frontier = points.indices.filter { points[$0].row.onFrontier }.sorted {
      (points[$0].x, -points[$0].y) < (points[$1].x, -points[$1].y)
    }
    for index in frontier where staircase.last.map({ points[index].y > $0.y }) ?? true {
      points[index].isOnLine = true
      staircase.append(points[index])
    }
    let possible = points.count
    points.removeAll { $0.row.isUntrained && !$0.isOnLine && $0.row.reference == nil }
    offLine = possible - points.count
    let floor = Self.floor(points.filter { !$0.isDiverged }.map(\.y))
    for index in points.indices
    where !points[index].row.onFrontier && points[index].row.reference == nil && !points[index].isDiverged {
      points[index].isBelowAxis = points[index].y < floor
    }
    if !report.undrawn.isEmpty { points.removeAll { report.undrawn.contains($0.row.score.candidate) } }
    self.abscissa = abscissa
    self.points = points
    self.staircase = staircase
    self.missing = report.rows.count - measured.count
  }

  /// Whether the values can be those of a measurement. False for NaN.
  private static func isPossible(_ point: Point) -> Bool {
    (0...largestRatio).contains(point.x) && (0...100).contains(point.y)
      && point.reach.map { (0...200).contains($0.high - $0.low) } ?? true
  }

  /// The point at which the line bends most.
  var knee: Point? { Knee.index(of: staircase.map { ($0.x, $0.y) }).map { staircase[$0] } }

  /// The accuracy below which dominated candidates are not covered by the axis: Tukey's outer fence, three
  /// interquartile ranges below the lower quartile. Trainings that failed to learn lie at chance level and would
  /// squeeze all other points into a narrow band.
  private static func floor(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard sorted.count >= 8 else { return -.infinity }
    let quarter = sorted[sorted.count / 4]
    let range = sorted[sorted.count * 3 / 4] - quarter
    return quarter - 3 * max(range, 1)
  }
}

/// A point of the line that joins the most accurate candidates of a frontier for their cost.
package struct LinePoint: Hashable, Sendable {
  package var row: ReportRow
  /// Percent of the dense network's cost.
  package var x: Double
  /// Accuracy in percent, and the ends of its interval, if it has one.
  package var y: Double
  package var low: Double?
  package var high: Double?
}

extension StudyReport {
  /// Returns the points of the line from left to right.
  package func line(along abscissa: Objective) -> [LinePoint] {
    FrontierPlotData(self, abscissa: abscissa).staircase.map {
      LinePoint(row: $0.row, x: $0.x, y: $0.y, low: $0.reach?.low, high: $0.reach?.high)
    }
  }
}
