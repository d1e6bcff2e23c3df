import ReadableText
import SearchCore

// Lines for people.
extension ReplayReport {
  package var lines: [String] {
    let replays = rows.first?.replays.count ?? 0
    let served = fewestServed == mostServed ? "\(fewestServed)" : "\(fewestServed) to \(mostServed)"
    var lines = [
      "\(table): \(NumberText.plural(candidates, "candidate")), \(NumberText.plural(trainings, "training")); "
        + "\(NumberText.plural(replays, "replay")) (seed \(seed)), \(served) trainings of each candidate served, "
        + "the rest judges",
      "V: judged accuracy of the candidates named by \(naming == .estimates ? "estimates" : "raw means"), mean over 80 "
        + "levels of cost; points of accuracy; ± standard error over replays",
      "",
    ]
    lines += AlignedColumns.lines([Self.heading] + rows.map(Self.cells))
    let references = rows.filter { $0.kind == .reference }.map(\.name)
    let searches = rows.filter { $0.kind != .reference }
    guard !searches.isEmpty else { return lines }
    lines += ["", "V minus that of the references in the same replays", ""]
    lines += AlignedColumns.lines(
      [["", "trainings"] + references]
        + searches.map { row in
          [row.name, Self.trainings(row)]
            + references.map { name in
              row.differences.first { $0.reference == name }.map { Self.signed($0.spread) } ?? ""
            }
        })
    return lines
  }

  private static let heading = [
    "", "trainings", "V median", "quartiles", "mean", "claim", "error", "open volume", "coverage", "hours",
    "10^12 mul-adds",
    "clock h", "idle slots",
  ]

  private static func cells(_ row: Row) -> [String] {
    let accuracy = row.frontierAccuracy
    func hours(_ seconds: Double) -> String { NumberText.fixed(seconds / 3600, seconds < 36_000 ? 2 : 1) }
    return [
      row.name, trainings(row), NumberText.fixed(accuracy.median, 2),
      "\(NumberText.fixed(accuracy.lowerQuartile, 2))–\(NumberText.fixed(accuracy.upperQuartile, 2))",
      NumberText.fixed(accuracy.mean, 2) + error(accuracy), row.claim.map(signed) ?? "",
      row.squaredError.map { NumberText.fixed(max(0, $0.mean).squareRoot(), 2) } ?? "",
      row.openHypervolume.map { NumberText.percent($0.mean, 0) } ?? "",
      row.coverage.map { NumberText.percent($0.mean, 0) } ?? "",
      row.trainings > 0 ? hours(row.trainSeconds.mean) : "",
      row.trainings > 0 ? NumberText.fixed(row.multiplyAdds.mean / 1e12, 1) : "",
      row.clockSeconds.map { hours($0.mean) } ?? "", row.idleShare.map { NumberText.percent($0.mean) } ?? "",
    ]
  }

  private static func error(_ spread: ReplaySpread) -> String {
    spread.standardError.map { " ± \(NumberText.fixed($0, 2))" } ?? ""
  }

  private static func signed(_ spread: ReplaySpread) -> String {
    (spread.mean >= 0 ? "+" : "") + NumberText.fixed(spread.mean, 2) + error(spread)
  }

  /// `18.3 of 64` if a search ended before its budget was spent.
  private static func trainings(_ row: Row) -> String {
    let trainings = row.trainings
    let text = trainings == trainings.rounded() ? NumberText.grouped(Int(trainings)) : NumberText.fixed(trainings, 1)
    guard let jobs = row.jobs, trainings < Double(jobs) else { return text }
    return "\(text) of \(NumberText.grouped(jobs))"
  }
}
