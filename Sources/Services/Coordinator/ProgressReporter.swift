import Coordination
import SearchCore
import Studies

/// Displays a study's progress: not at each of hundreds of turns a second, and one last time at the end.
package struct ProgressReporter {
  private(set) var progress: StudyProgress
  private let display: Display
  private var shownAt = -Double.infinity
  private static let secondsBetween = 0.1
  /// Whether the study is done, or the coordinator stops: the display then stays as it is.
  private var isOver = false

  /// Displays the state of the study, possibly for the last time; `now` in seconds of a monotonic clock.
  package typealias Display = (_ summary: StudySummary, _ isLast: Bool, _ now: Double) -> Void

  init(study: OpenStudy, jobs: [JobRecord], display: @escaping Display) {
    progress = StudyProgress(
      space: study.definition.space, template: study.definition.configuration.template, jobs: jobs)
    self.display = display
  }

  mutating func apply(_ change: StudyChange, now: Double) { progress.apply(change, now: now) }

  /// Reads the jobs again after results were struck out.
  mutating func readAgain(_ jobs: [JobRecord]) { progress.readAgain(jobs) }

  mutating func show(_ summary: CoordinatorSummary, now: Double) {
    guard !summary.isFinished else { return finish(summary, now: now) }
    // A user may have made the study continue.
    isOver = false
    guard now - shownAt >= Self.secondsBetween else { return }
    shownAt = now
    display(progress.summary(summary, now: now), false, now)
  }

  mutating func finish(_ summary: CoordinatorSummary, now: Double) {
    guard !isOver else { return }
    isOver = true
    display(progress.summary(summary, now: now), true, now)
  }

  func summary(_ summary: CoordinatorSummary, now: Double) -> StudySummary { progress.summary(summary, now: now) }
}

extension StudyProgress {
  fileprivate func summary(_ summary: CoordinatorSummary, now: Double) -> StudySummary {
    var told = self.summary(
      jobs: summary.jobs, expectedJobs: summary.expectedJobs, workers: summary.workers, now: now)
    told.isPaused = summary.isPaused
    told.budgetSeconds = summary.budgetSeconds
    return told
  }
}
