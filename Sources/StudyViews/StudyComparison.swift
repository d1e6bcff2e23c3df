import ReadableText
import Reporting
import SearchCore
import Studies
import StudyStore

/// The frontiers of several studies, and which of their points lie outside the intervals of the others.
package struct StudyComparison: Sendable {
  package struct Point: Hashable, Sendable {
    package var candidate: Candidate
    package var label: String
    /// Percent of the study's own dense network's cost.
    package var size: Double
    /// The estimated accuracy in percent, with its 90 % interval.
    package var accuracy: Double
    package var low: Double
    package var high: Double
    package var isTrained: Bool
    /// The indices of the studies above which, and below which, this point lies: its interval does not overlap the
    /// interval of the other study's most accurate candidate that is no larger.
    package var above: [Int]
    package var below: [Int]

    package var isOutside: Bool { !above.isEmpty || !below.isEmpty }
  }

  package struct Study: Hashable, Sendable {
    /// The study's name, or its folder if another study has the same name.
    package var name: String
    package var folder: String
    package var setting: String
    /// The points on the line of the estimated frontier, from left to right.
    package var points: [Point]
  }

  package var studies: [Study]
  /// The objective along which sizes are compared.
  package var objective: Objective
  /// Facts that make the comparison doubtful, and further facts that a reader needs.
  package var warnings: [String]
  package var notes: [String]

  /// - Throws: `StudyError.nothingToEstimate` for a study without sound trainings, `.unmeasured` for one without values
  ///   of the objective.
  package init(of stores: [StudyStore], along objective: Objective) throws {
    self.objective = objective
    let definitions = try stores.map { try StudyDefinition(of: $0) }
    let reports = try zip(stores, definitions).map {
      try StudyReading.report(store: $0, definition: $1, estimates: true)
    }
    let names = definitions.map(\.name)
    for (store, report) in zip(stores, reports) where objective.isUnknown(in: report.denseCost) {
      throw StudyError.unmeasured(objective, study: store.directory)
    }
    studies = reports.enumerated().map { index, report in
      let isUnique = names.count { $0 == names[index] } == 1
      return Study(
        name: isUnique ? names[index] : stores[index].directory, folder: stores[index].directory,
        setting: report.setting,
        points: report.line(along: objective).compactMap { point in
          guard let low = point.low, let high = point.high else { return nil }
          return Point(
            candidate: point.row.score.candidate,
            label: CandidateLabel(point.row.score.candidate, in: report.architecture).text, size: point.x,
            accuracy: point.y, low: low, high: high, isTrained: !point.row.isUntrained, above: [], below: [])
        })
    }
    warnings = try Self.warnings(stores, definitions, studies.map(\.name))
    notes = Self.notes(definitions, reports, studies)
    judge()
    notes += verdicts
  }

  /// Compares each point with the best candidate of every other study that is no larger.
  private mutating func judge() {
    let all = studies.map(\.points)
    for study in studies.indices {
      for place in studies[study].points.indices {
        let point = studies[study].points[place]
        for other in studies.indices where other != study {
          guard let best = all[other].last(where: { $0.size <= point.size + 1e-9 }) else { continue }
          if point.low > best.high { studies[study].points[place].above.append(other) }
          if point.high < best.low { studies[study].points[place].below.append(other) }
        }
      }
    }
  }

  /// One sentence for each ordered pair of studies.
  private var verdicts: [String] {
    studies.indices.flatMap { study in
      studies.indices.filter { $0 != study }.map { other in
        let points = studies[study].points
        let above = points.count { $0.above.contains(other) }
        let below = points.count { $0.below.contains(other) }
        return "Of \(NumberText.plural(points.count, "point")) of \(studies[study].name), \(NumberText.grouped(above)) "
          + "lie above the interval of \(studies[other].name)'s best of that size, \(NumberText.grouped(below)) below."
      }
    }
  }

  /// Warns about different recipes, whose accuracies are not comparable.
  private static func warnings(
    _ stores: [StudyStore], _ definitions: [StudyDefinition], _ names: [String]
  ) throws -> [String] {
    let identities = try stores.map { try $0.identity() }
    guard let first = identities.first else { return [] }
    return definitions.indices.dropFirst().compactMap { index in
      let differences = first.differences(from: identities[index]).filter { difference in
        ["proxy.", "data.", "start."].contains { difference.key.hasPrefix($0) } && difference.key != "data.path"
      }
      guard !differences.isEmpty else { return nil }
      let texts = differences.prefix(3).map {
        "\($0.key) is \($0.mine ?? "not set") and \($0.other ?? "not set")".inOneLine.cut(toCharacters: 80)
      }
      let rest = differences.count - texts.count
      return "\(names[0]) and \(names[index]) were trained by different recipes: \(texts.joined(separator: "; "))"
        + (rest > 0 ? "; and \(rest) more" : "") + ". Their accuracies are not directly comparable."
    }
  }

  private static func notes(
    _ definitions: [StudyDefinition], _ reports: [StudyReport], _ studies: [Study]
  ) -> [String] {
    var notes: [String] = []
    if Set(definitions.map(\.recipe.model)).count > 1 {
      notes.append(
        "The networks differ ("
          + zip(studies, definitions).map { "\($0.name): \($1.recipe.model.rawValue)" }.joined(separator: ", ")
          + "): sizes are shares of each one's own dense network.")
    }
    let variants = Set(reports.flatMap { $0.kernelVariants.map(\.name) })
    if variants.count > 1 {
      notes.append(
        "Trainings were computed by \(variants.count) kernel variants: \(variants.sorted().joined(separator: ", ")).")
    }
    return notes
  }
}

extension StudyComparison {
  /// A CSV file with one row per point: sizes and accuracies as fractions of 1, lists separated by `;`.
  package var csv: String {
    let heading = [
      "study", "candidate", "\(objective.rawValue)_ratio", "accuracy_estimate", "accuracy_low", "accuracy_high",
      "trained", "above", "below",
    ]
    let rows = studies.flatMap { study in
      study.points.map { point in
        [
          study.name, point.candidate.description, NumberText.ratio(point.size / 100), "\(point.accuracy / 100)",
          "\(point.low / 100)", "\(point.high / 100)", "\(point.isTrained)", names(point.above), names(point.below),
        ]
      }
    }
    return StudyReport.csv([heading] + rows)
  }

  private func names(_ indices: [Int]) -> String { indices.map { studies[$0].name }.joined(separator: ";") }
}
