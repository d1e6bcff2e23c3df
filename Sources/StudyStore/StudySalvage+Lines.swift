extension StudySalvage.Findings {
  /// The findings as lines for people.
  /// - Parameter output: the new study's folder.
  package func lines(output: String) -> [String] {
    var lines = [
      "saved    \(jobs) jobs with \(results) results to \(output)",
      "damaged  \(damagedJobs) jobs are not what was written, \(lostResults) results are lost; rows in pages that "
        + "cannot be "
        + "read are not counted",
    ]
    if damagedFrames > 0 {
      lines.append(
        "journal  \(damagedFrames) of its pages are not what was written; \(resultsBehindDamage) results were found "
          + "behind "
          + "them")
    }
    if let acknowledgedResults {
      let lost = max(0, acknowledgedResults - results - struckResults)
      lines.append(
        lost == 0
          ? "whole    all \(acknowledgedResults) acknowledged results are saved"
          : "missing  \(lost) of \(acknowledgedResults) acknowledged results; they are trained again")
    }
    if struckResults > 0 { lines.append("struck   \(struckResults) results that were struck out are kept as such") }
    if hadNoDefinitions {
      lines.append("tables   what tables there are could not be read; they were looked for where a new study has them")
    }
    if hasNewIdentity {
      lines.append(
        "new      the study's description could not be read and was made anew from configuration.yaml: results that "
          + "workers "
          + "still keep belong to the old one")
    }
    if isUnchecked {
      lines.append("warning  the study is too old to have checksums: a value that is wrong cannot be told")
    }
    return lines
  }
}
