import ReadableText

/// The failures and set-aside jobs of the whole study since its last result. After a number of them the study needs a
/// user.
struct StudyStreak: Sendable {
  /// The number of attempts that failed at workers that never finished a job.
  private(set) var failures = 0
  private(set) var setAside = 0
  /// Descriptions of the latest failure and the latest set-aside job, for users.
  private(set) var lastFailure = ""
  private var lastSetAside = ""

  mutating func countFailure(of job: Int64, at worker: String, reason: String) {
    failures += 1
    lastFailure = "most recently job \(job) at worker \(worker): \(reason.oneLine())"
  }

  mutating func countSetAside(of job: Int64, reason: String) {
    setAside += 1
    lastSetAside = "most recently job \(job): \(reason)"
  }

  /// Resets the count of set-aside jobs when a user sets a job aside or retries one, which says nothing about the
  /// others.
  mutating func forgetSetAside() { setAside = 0 }

  /// Ends both rows when a job gets a result.
  mutating func end() {
    failures = 0
    setAside = 0
  }

  /// Returns why the study cannot go on without a user, and what the user can do; `nil` if it can go on.
  func reasonToGiveUp(after limit: Int) -> String? {
    if setAside >= limit {
      return "\(setAside) jobs in a row were set aside without a result in between, \(lastSetAside); look at one with "
        + "status --explain, fix the cause, and retry them"
    }
    if failures >= limit {
      return
        "\(failures) attempts in a row failed at workers that never finished a job, \(lastFailure); no job was set "
        + "aside for this: look at one with status --explain, fix the cause, and resume (control's cancel leaves a job "
        + "out)"
    }
    return nil
  }
}
