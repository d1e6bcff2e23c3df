extension StudySalvage.Findings {
  /// The findings as lines for people.
  /// - Parameter output: the new study's folder.
  package func lines(output: String) -> [String] {
    var lines = [
      "saved    \(jobs) jobs with \(results) results to \(output)",
      "damaged  \(damagedJobs) jobs are damaged, \(lostResults) results are lost; rows in unreadable pages are not "
        + "counted",
    ]
    if damagedFrames > 0 {
      lines.append(
        "journal  \(damagedFrames) of its pages are damaged; \(resultsBehindDamage) results were found after them")
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
      lines.append("tables   the table definitions could not be read; those of a new study were used instead")
    }
    if hasNewIdentity {
      lines.append(
        "new      the study's description could not be read and was recreated from configuration.yaml; results that "
          + "workers still keep belong to the old study")
    }
    if isUnchecked {
      lines.append("warning  the study is too old to have checksums; wrong values cannot be detected")
    }
    return lines
  }
}
