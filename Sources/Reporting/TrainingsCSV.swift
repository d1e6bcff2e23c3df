import SearchCore

/// A CSV file with one row per training, for readers who need more than the means. Numbers are the shortest text that
/// reads back to the same bits, lists are separated by `;`, and an unknown value is an empty field.
public enum TrainingsCSV {
  private static let columns = [
    "candidate", "replicate", "seed", "accuracy", "loss", "diverged", "epoch_losses", "epoch_accuracies",
    "epoch_validation_losses", "train_seconds", "kernel_variant",
  ]

  /// Returns the file, sorted by the candidate's text, then by repetition.
  /// Studies with conversions by least squares have a further column, `condition_numbers`.
  /// - Parameter byHand: Works that a person asked for. If there are any, another column distinguishes them from the
  ///   search's own.
  public static func text(_ results: [Work: Observation], byHand: Set<Work> = []) -> String {
    let ordered = results.map { (candidate: $0.key.candidate.description, work: $0.key, result: $0.value) }.sorted {
      ($0.candidate, $0.work.repetition) < ($1.candidate, $1.work.repetition)
    }
    var titles = columns
    if !byHand.isEmpty { titles.append("asked_by") }
    let approximates = results.values.contains { $0[.conditionNumbers] != nil }
    if approximates { titles.append("condition_numbers") }
    let lines = ordered.map { candidate, work, result in
      fields(candidate, work, result)
        + (byHand.isEmpty ? [] : [byHand.contains(work) ? "hand" : "search"])
        + (approximates ? [list(result, .conditionNumbers)] : [])
    }
    return StudyReport.csv([titles] + lines)
  }

  private static func list(_ result: Observation, _ curve: Curve) -> String {
    (result[curve] ?? []).map { "\($0)" }.joined(separator: ";")
  }

  private static func fields(_ candidate: String, _ work: Work, _ result: Observation) -> [String] {
    func number(_ metric: Metric) -> String { result[metric].map { "\($0)" } ?? "" }
    func list(_ curve: Curve) -> String { Self.list(result, curve) }
    return [
      candidate, "\(work.repetition)", "\(work.seed)", number(.accuracy), number(.loss), "\(result.diverged)",
      list(.epochLosses), list(.epochAccuracies), list(.epochValidationLosses), number(.trainSeconds),
      result.kernelVariant,
    ]
  }
}
