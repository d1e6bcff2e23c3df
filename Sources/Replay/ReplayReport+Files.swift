import ReadableText
import Reporting
import SearchCore

// Files for scripts, and plots.
extension ReplayReport {
  /// The name and text of each file about the replays.
  package var files: [(name: String, text: String)] {
    [
      ("summary.csv", summaryCSV), ("replays.csv", replaysCSV),
      ("accuracy-by-trainings.svg", plot("trainings", axis: "Trainings", hasRoundTicks: false) { $0.trainings }),
      (
        "accuracy-by-hours.svg",
        plot("time", axis: "Hours of training", hasRoundTicks: true) { $0.trainSeconds.mean / 3600 }
      ),
    ]
  }

  private var summaryCSV: String {
    let figures = ["median", "lower_quartile", "upper_quartile", "mean", "standard_error"]
    let spreads = Self.figures.flatMap { name, _ in figures.map { "\(name)_\($0)" } }
    let header = ["name", "kind", "jobs", "trainings"] + spreads
    let lines = rows.map { row in
      [row.name, row.kind.rawValue, row.jobs.map { "\($0)" } ?? "", "\(row.trainings)"]
        + Self.figures.flatMap { _, figure in Self.fields(ReplaySpread(row.replays.compactMap(figure))) }
    }
    return StudyReport.csv([header] + lines)
  }

  private static func fields(_ spread: ReplaySpread?) -> [String] {
    guard let spread else { return Array(repeating: "", count: 5) }
    return [spread.median, spread.lowerQuartile, spread.upperQuartile, spread.mean, spread.standardError].map {
      $0.map { "\($0)" } ?? ""
    }
  }

  private var replaysCSV: String {
    let header = ["name", "kind", "jobs", "replay", "trainings"] + Self.figures.map(\.name)
    let lines = rows.flatMap { row in
      row.replays.enumerated().map { number, measures in
        [row.name, row.kind.rawValue, row.jobs.map { "\($0)" } ?? "", "\(number)", "\(measures.trainings)"]
          + Self.figures.map { _, figure in figure(measures).map { "\($0)" } ?? "" }
      }
    }
    return StudyReport.csv([header] + lines)
  }

  private static let figures: [(name: String, value: @Sendable (ReplayMeasures) -> Double?)] = [
    ("frontier_accuracy", { $0.frontierAccuracy }), ("claim", { $0.claim }),
    ("open_hypervolume", { $0.openHypervolume }), ("coverage", { $0.coverage }),
    ("train_seconds", { $0.trainSeconds }), ("multiply_adds", { $0.multiplyAdds }),
    ("clock_seconds", { $0.clockSeconds }), ("idle_share", { $0.idleShare }),
    ("squared_error", { $0.squaredError }),
  ]

  private func plot(
    _ what: String, axis: String, hasRoundTicks: Bool, _ abscissa: (Row) -> Double
  ) -> String {
    var curves: [CurvePlot.Curve] = []
    var levels: [CurvePlot.Level] = []
    for row in rows {
      let point = CurvePlot.Point(
        x: abscissa(row), y: row.frontierAccuracy.mean, error: row.frontierAccuracy.standardError)
      // Raw means of all candidates with ever more seeds form a curve, too.
      let name = row.name.hasPrefix("raw means") ? "raw means of all candidates" : row.name
      if row.kind == .reference, name == row.name {
        levels.append(CurvePlot.Level(name: name, y: point.y))
      } else if let index = curves.firstIndex(where: { $0.name == name }) {
        curves[index].points.append(point)
      } else {
        curves.append(CurvePlot.Curve(name: name, points: [point], isReference: row.kind == .reference))
      }
    }
    let replays = rows.first?.replays.count ?? 0
    let naming = naming == .estimates ? "estimates" : "raw means"
    return CurvePlot(
      title: "Accuracy of what is named, against \(what)",
      subtitle: "\(table.split(separator: "/").last ?? "") · named by \(naming) · mean of "
        + "\(NumberText.plural(replays, "replay")) ± standard error",
      abscissa: "\(axis) (logarithmic)", ordinate: "Judged accuracy over all levels of cost (points)", curves: curves,
      levels: levels, hasRoundTicks: hasRoundTicks
    ).svg
  }
}

extension ReplayDraw {
  /// Returns the trainings that are served to a search, one per row in the order of its repetitions, with what an
  /// external search needs to know of the candidate.
  package func servedCSV(_ space: SearchSpace) throws(ReplayError) -> String {
    var lines = [
      ["candidate", "replicate", "seed", "accuracy", "diverged", "train_seconds", "parameters", "multiply_adds"]
    ]
    for candidate in table.candidates {
      let cost = space.cost(of: candidate)
      for repetition in 0..<servedCount(candidate) {
        let training = try serve(candidate, repetition: repetition)
        lines.append([
          candidate.description, "\(repetition)", "\(training.seed)", "\(training.accuracy)", "\(training.diverged)",
          "\(training.seconds)", "\(cost.parameters)", "\(cost.multiplyAdds)",
        ])
      }
    }
    return StudyReport.csv(lines)
  }
}
