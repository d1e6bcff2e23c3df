import Coordination
import SearchCore
import Studies

/// Keeps a study's progress up to date, and has it shown.
package struct ProgressReporter {
  private var progress: StudyProgress
  private var leaders: AccuracyLeaders
  /// Candidates of jobs that have no result yet.
  private var candidates: [Int64: Candidate] = [:]
  private let display: Display
  /// A coordinator at work has hundreds of turns a second, more than can be read.
  private var shownAt = -Double.infinity
  private static let secondsBetween = 0.1
  /// The study is done, or the coordinator stops: what is shown stays as it is.
  private var isOver = false

  /// Shows facts, for the last time or not; with seconds of a monotonic clock.
  package typealias Display = (_ facts: ProgressFacts, _ isLast: Bool, _ now: Double) -> Void

  package init(study: OpenStudy, jobs: [JobRecord], display: @escaping Display) {
    progress = StudyProgress(jobs: jobs)
    leaders = AccuracyLeaders(space: study.definition.space)
    self.display = display
    for job in jobs {
      if let result = job.result {
        leaders.record(result, of: job.work.candidate)
      } else {
        candidates[job.id] = job.work.candidate
      }
    }
  }

  package var settledJobs: Int { progress.settledJobs }

  /// Of a job that has no result yet.
  package func candidate(of job: Int64) -> Candidate? { candidates[job] }

  package mutating func apply(_ change: StudyChange, now: Double) {
    progress.apply(change, now: now)
    switch change {
    case .jobAdded(let job): candidates[job.id] = job.work.candidate
    case .jobFinished(let job, _, _, let result):
      if let candidate = candidates.removeValue(forKey: job) { leaders.record(result, of: candidate) }
    default: break
    }
  }

  package mutating func show(_ summary: CoordinatorSummary, now: Double) {
    guard !isOver, !summary.isFinished else { return finish(summary, now: now) }
    guard now - shownAt >= Self.secondsBetween else { return }
    shownAt = now
    display(facts(summary, now: now), false, now)
  }

  package mutating func finish(_ summary: CoordinatorSummary, now: Double) {
    guard !isOver else { return }
    isOver = true
    display(facts(summary, now: now), true, now)
  }

  private func facts(_ summary: CoordinatorSummary, now: Double) -> ProgressFacts {
    ProgressFacts(
      progress, leaders: leaders, running: summary.running, expected: summary.expectedJobs, now: now)
  }
}
