import SearchCore

/// What the picture of a frontier shows, in percent and apart from how it is drawn.
struct FrontierPlotData {
  struct Point {
    let row: ReportRow
    /// Percent of the dense network.
    let x: Double
    /// Accuracy in percent, of the trainings that did not diverge, 0 where all did; estimated where that was asked for.
    let y: Double
    /// One standard deviation over the seeds down and up, or an estimate's interval: in percent.
    let reach: (low: Double, high: Double)?
    /// So far below the others that the axis does not reach it.
    var isBelowAxis = false
    /// The line joins it.
    var isOnLine = false
    /// Not more of its trainings ended well than diverged: it has no place in the plane but at its lower edge.
    var isDiverged: Bool { row.isDiverged }

    init(row: ReportRow, x: Double, isEstimated: Bool) {
      self.row = row
      self.x = x * 100
      if isEstimated, let estimate = row.estimate {
        // The model knows no bounds.
        func percent(_ accuracy: Double) -> Double { min(100, max(0, accuracy * 100)) }
        y = percent(estimate.accuracy)
        reach = (percent(estimate.low), percent(estimate.high))
      } else {
        y = (row.score.accuracy ?? 0) * 100
        reach = row.score.accuracySD.map { [y] in (y - $0 * 100, y + $0 * 100) }
      }
    }
  }

  /// The objective along x: the first that the study has of those that compare with the dense network.
  let abscissa: Objective
  let points: [Point]
  /// Points of the frontier with the best accuracy for their x: what the line joins, from left to right.
  let staircase: [Point]
  /// Candidates for which x was not measured.
  let missing: Int
  /// Candidates with values that no measurement can have; they are left out.
  let absurd: Int
  /// Untrained candidates of the frontier that the line does not join, left out: of them nothing is known but that they
  /// are on it by what the picture does not show.
  let offLine: Int

  /// Percent: a network a thousand times as large or as slow as the dense one was not measured rightly.
  private static let largestRatio = 100_000.0

  /// - Parameter wanted: along x; nil for the study's first that compares with the dense network.
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
    self.abscissa = abscissa
    self.points = points
    self.staircase = staircase
    self.missing = report.rows.count - measured.count
  }

  /// NaN is nowhere.
  private static func isPossible(_ point: Point) -> Bool {
    (0...largestRatio).contains(point.x) && (0...100).contains(point.y)
      && point.reach.map { (0...200).contains($0.high - $0.low) } ?? true
  }

  /// Where the line bends most.
  var knee: Point? { Knee.index(of: staircase.map { ($0.x, $0.y) }).map { staircase[$0] } }

  /// Trainings that failed to learn lie at chance and would squeeze all others into a stripe: outliers by Tukey's
  /// fences, far ones.
  private static func floor(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard sorted.count >= 8 else { return -.infinity }
    let quarter = sorted[sorted.count / 4]
    let range = sorted[sorted.count * 3 / 4] - quarter
    return quarter - 3 * max(range, 1)
  }
}

/// A point of the line that joins a frontier's most accurate candidates for their size.
package struct LinePoint: Hashable, Sendable {
  package var row: ReportRow
  /// Percent of the dense network's.
  package var x: Double
  /// Percent, and the ends of its interval, where it has one.
  package var y: Double
  package var low: Double?
  package var high: Double?
}

extension StudyReport {
  /// From left to right.
  package func line(along abscissa: Objective) -> [LinePoint] {
    FrontierPlotData(self, abscissa: abscissa).staircase.map {
      LinePoint(row: $0.row, x: $0.x, y: $0.y, low: $0.reach?.low, high: $0.reach?.high)
    }
  }
}
