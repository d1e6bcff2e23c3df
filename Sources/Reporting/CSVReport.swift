import ReadableText
import SearchCore

// Comma-separated values for scripts: quoted as RFC 4180 says, lines end with a line feed. Accuracy, its deviation and
// loss are the shortest text that reads back to the same bits, so that two frontiers can be compared as files; ratios have
// six decimals; an unknown value is an empty field. Accuracy and loss are those of the trainings that did not diverge.
// Columns are only ever added at the end.
extension StudyReport {
  static let columns = [
    "candidate", "decomposed_layers", "parameters", "parameter_ratio", "multiply_adds", "multiply_add_ratio",
    "accuracy",
    "accuracy_sd", "loss", "step_time_ratio", "inference_time_ratio", "seeds", "on_frontier", "diverged_seeds",
    "kernel_variants",
  ]

  func csv(_ selection: ReportSelection) -> String {
    let lines = [Self.columns] + rows(selection).map(\.fields)
    return lines.map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  static func quoted(_ field: String) -> String {
    // By scalars: a carriage return and a line feed together are one Character.
    guard field.unicodeScalars.contains(where: { [",", "\"", "\n", "\r"].contains($0) }) else { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

extension ReportRow {
  /// In the order of `StudyReport.columns`.
  fileprivate var fields: [String] {
    func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    func exact(_ value: Double?) -> String { finite(value).map { "\($0)" } ?? "" }
    func ratio(_ value: Double?) -> String { finite(value).map { NumberText.ratio($0) } ?? "" }
    return [
      "\(score.candidate)", "\(score.candidate.decompositions.count)", "\(score.cost.parameters)",
      ratio(score.parameterRatio), "\(score.cost.multiplyAdds)", ratio(score.multiplyAddRatio), exact(score.accuracy),
      exact(score.accuracySD),
      exact(score.loss), ratio(score.stepTimeRatio), ratio(score.inferenceTimeRatio), "\(score.seeds)",
      onFrontier ? "true" : "false", "\(score.divergedSeeds)", kernelVariants.joined(separator: ";"),
    ]
  }
}
