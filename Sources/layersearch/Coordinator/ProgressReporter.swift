import Coordination
import SearchCore

/// Keeps a study's progress up to date and shows it.
struct ProgressReporter {
  private let space: SearchSpace
  private var progress: StudyProgress
  private var display: ProgressDisplay
  /// Summing up all results is work: only for new ones, and not for each of them.
  private var scores: [CandidateScore] = []
  private var scoredResults = 0
  private var scoredAt = 0.0
  /// The study is done, or the coordinator stops: what is shown stays as it is.
  private var isOver = false

  init(study: OpenStudy, jobs: [JobRecord], isQuiet: Bool) {
    space = study.definition.space
    progress = StudyProgress(jobs: jobs)
    display = ProgressDisplay(isQuiet: isQuiet)
  }

  var settledJobs: Int { progress.settledJobs }

  mutating func apply(_ change: StudyChange, now: Double) { progress.apply(change, now: now) }

  mutating func show(_ summary: CoordinatorSummary, now: Double) {
    guard !isOver, !summary.isFinished else { return finish(summary, now: now) }
    if now - scoredAt >= 1 { updateScores(now: now) }
    display.show(facts(summary, now: now), now: now)
  }

  mutating func finish(_ summary: CoordinatorSummary, now: Double) {
    guard !isOver else { return }
    isOver = true
    updateScores(now: now)
    display.finish(facts(summary, now: now), now: now)
  }

  private mutating func updateScores(now: Double) {
    scoredAt = now
    guard progress.history.results.count != scoredResults else { return }
    scoredResults = progress.history.results.count
    scores = CandidateScore.scores(of: progress.history.results, in: space)
  }

  private func facts(_ summary: CoordinatorSummary, now: Double) -> ProgressFacts {
    ProgressFacts(progress, scores: scores, expected: summary.expectedJobs, now: now)
  }
}
