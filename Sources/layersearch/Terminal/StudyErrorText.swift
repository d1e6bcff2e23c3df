import ShellCommands
import Studies

extension StudyError {
  /// Of a command line, with the options that help.
  var usage: String {
    switch self {
    case .missing(let folder, let similar):
      "study \(folder): there is no study to go on with (--must-exist)" + Self.advice(similar)
    case .exists(let folder):
      "study \(folder): there is a study already; go on with it with --resume, or choose another folder with --study"
    case .noBend(let study):
      "--candidate knee: \(self); choose a row of it, which is listed by: "
        + ShellCommand.line(["layersearch", "export", study, "--format", "csv"])
    case .noRow(let row, _, _): "--candidate \(row): \(self); give \(CandidateNames.kinds)"
    case .unknownSubject(let subject, _, let folder, _):
      "--explain \(subject.debugDescription): \(self), workers are listed by: "
        + ShellCommand.line(["layersearch", "status", folder])
    }
  }

  /// Where a study was to be resumed and there is none.
  var notice: String? {
    guard case .missing(let folder, let similar) = self else { return nil }
    return "study \(folder): there is none to go on with, a new one is begun" + Self.advice(similar)
  }

  private static func advice(_ similar: String?) -> String { similar.map { "; did you mean --study \($0)?" } ?? "" }
}
