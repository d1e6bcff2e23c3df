import ReadableText

/// Failures and set-aside jobs of the whole study in a row, since its last result: after some of them a person has to
/// look.
struct StudyStreak: Sendable {
  /// Attempts that failed at workers that never finished a job.
  private(set) var failures = 0
  private(set) var setAside = 0
  /// The latest of each, for people.
  private(set) var lastFailure = ""
  private var lastSetAside = ""

  mutating func countFailure(of job: Int64, at worker: String, reason: String) {
    failures += 1
    lastFailure = "the last one job \(job) at worker \(worker): \(reason.oneLine())"
  }

  mutating func countSetAside(of job: Int64, reason: String) {
    setAside += 1
    lastSetAside = "the last one job \(job): \(reason)"
  }

  /// The user wants the study to go on without a job: that says nothing of the others.
  mutating func forgetSetAside() { setAside = 0 }

  /// A job has its result.
  mutating func end() {
    failures = 0
    setAside = 0
  }

  /// Why the study cannot go on without a person, and what that person can do; nil where it can.
  func reasonToGiveUp(after limit: Int) -> String? {
    if setAside >= limit {
      return "\(setAside) jobs in a row were set aside without a result in between, \(lastSetAside); look at one with "
        + "status --explain, mend what is wrong, and have them tried again"
    }
    if failures >= limit {
      return
        "\(failures) attempts in a row failed at workers that never finished a job, \(lastFailure); no job was set "
        + "aside for them: look at one with status --explain, mend what is wrong, and go on (control's cancel leaves a "
        + "job out)"
    }
    return nil
  }
}
