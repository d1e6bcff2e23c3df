import ReadableText
import SearchCore

/// What the estimates tell about a study as a whole.
package struct EstimateSummary: Hashable, Sendable {
  /// The number of trainings that the estimates are based on.
  package var trainings: Int
  package var confirmations: Int
  /// The expected loss of the named candidates, in points; see `FrontierDraws.expectedLoss`.
  package var expectedLoss: Double?
  /// The share of the open hypervolume that the measured frontier has; see `StudyEstimates.openShare`.
  package var openShare: Double?
  /// Whether the estimated frontier was found without rounding any cost.
  package var isExact: Bool
}

extension StudyReport {
  /// Marks the estimated frontier instead of the measured one, and adds its untrained candidates.
  mutating func add(_ estimates: StudyEstimates, of results: [Work: Observation], in space: SearchSpace) {
    let entries = Dictionary(uniqueKeysWithValues: estimates.entries.map { ($0.candidate, $0) })
    let confirmations = Dictionary(
      uniqueKeysWithValues: Confirmation(results).entries.map { ($0.candidate, $0) })
    estimated = EstimateSummary(
      trainings: estimates.trainings, confirmations: results.keys.count(where: Confirmation.includes),
      expectedLoss: estimates.expectedLoss,
      openShare: estimates.openShare(of: frontier.map(\.score.candidate), in: space, objectives: objectives),
      isExact: estimates.isExact)
    let trained = Set(rows.map(\.score.candidate))
    let references = Self.references(in: space)
    for entry in estimates.entries where !trained.contains(entry.candidate) {
      let score = CandidateScore(untrained: entry.candidate, cost: entry.cost, denseCost: space.denseCost)
      rows.append(ReportRow(score: score, onFrontier: false, reference: references[entry.candidate]))
    }
    rows = rows.map { row in
      var row = row
      row.estimate = entries[row.score.candidate]
      row.confirmation = confirmations[row.score.candidate]
      row.onFrontier = row.estimate?.isOnFrontier ?? false
      return row
    }.sorted {
      ($0.score.cost.parameters, $0.score.candidate.description)
        < ($1.score.cost.parameters, $1.score.candidate.description)
    }
  }

  /// Sentences that explain how to read the estimates; empty if the report has none.
  package var estimateLines: [String] {
    guard let estimated else { return [] }
    var lines = [
      "Estimates with 90 % intervals use all \(NumberText.plural(estimated.trainings, "training")) together; "
        + "unbeaten: probability that no other candidate is as small and better; expected loss: "
        + (estimated.expectedLoss.map { "\(NumberText.fixed($0, 2)) points." } ?? "unknown, because none is named.")
    ]
    if let share = estimated.openShare {
      lines.append(
        "Share of the open hypervolume: \(NumberText.percent(share)) of what the dense network and all layers "
          + "decomposed leave to be found, according to the estimates.")
    }
    if estimated.confirmations > 0 {
      lines.append(
        "Confirmed: means of \(NumberText.plural(estimated.confirmations, "training")) under fresh seeds, and "
          + "differences to the dense network in points, with 95 % intervals that hold simultaneously.")
    }
    return lines
  }

  /// Sentences about what the estimates leave out.
  var estimateCaveats: [String] {
    guard let estimated else { return [] }
    var caveats: [String] = []
    let isTimed = denseCost.deviceTime != nil
    let left = objectives.filter { !$0.isEstimated || isTimed && $0 == .multiplyAdds }
    if !left.isEmpty {
      caveats.append(
        "The estimated frontier weighs accuracy, parameters and \(isTimed ? "device time" : "multiply-adds"), but not "
          + "\(left.map(\.title).joined(separator: " and ")).")
    }
    if !estimated.isExact {
      caveats.append(
        "There are too many candidates to examine every pair of costs: the estimated frontier was searched with "
          + "rounded costs and may lack candidates that are slightly better.")
    }
    return caveats
  }
}

extension StudyEstimates.Entry {
  /// `43.2 % (42.1–44.3)`
  package var text: String {
    "\(NumberText.percent(accuracy)) (\(NumberText.fixed(low * 100, 1))–\(NumberText.fixed(high * 100, 1)))"
  }
}

extension Confirmation.Entry {
  /// `43.2 %, -0.31 (-0.90 to 0.28)`
  package var text: String {
    guard let difference, let low, let high else { return NumberText.percent(accuracy) }
    return "\(NumberText.percent(accuracy)), \(NumberText.fixed(difference * 100, 2)) "
      + "(\(NumberText.fixed(low * 100, 2)) to \(NumberText.fixed(high * 100, 2)))"
  }
}
