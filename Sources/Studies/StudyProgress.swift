import SearchCore

/// What a coordinator keeps up to date about its study for display, from the same changes that are recorded:
/// accuracies, the pace, and the candidates of open jobs. The number of jobs by state comes from the state machine.
package struct StudyProgress: Sendable {
  private var leaders: AccuracyLeaders
  private let space: SearchSpace
  private let template: WorkTemplate
  /// The works of jobs without a result, by job.
  private var works: [Int64: Work] = [:]
  private var pace = Pace()
  /// The attempts that this coordinator started, by job, with their start on a monotonic clock.
  private var begun: [Int64: (attempt: Int, time: Double)] = [:]

  /// Starts from the recorded jobs.
  package init(space: SearchSpace, template: WorkTemplate, jobs: [JobRecord]) {
    leaders = AccuracyLeaders(space: space)
    self.space = space
    self.template = template
    readAgain(jobs)
  }

  /// Rereads the results from the record after results were struck out; the pace is kept.
  package mutating func readAgain(_ jobs: [JobRecord]) {
    leaders = AccuracyLeaders(space: space)
    works = [:]
    for job in jobs {
      if let result = job.result {
        record(result, of: job.work)
      } else {
        works[job.id] = job.work
      }
    }
  }

  /// Counts a result for the leaders, unless it is a confirmation, of a lower rung, or of no rung.
  private mutating func record(_ result: Observation, of work: Work) {
    guard !Confirmation.includes(work), template.rung(of: work) == template.topRung else { return }
    leaders.record(result, of: work.candidate)
  }

  /// Returns the candidate of a job without a result.
  package func candidate(of job: Int64) -> Candidate? { works[job]?.candidate }

  package mutating func apply(_ change: StudyChange, now: Double) {
    switch change {
    case .jobAdded(let job): works[job.id] = job.work
    case .attemptStarted(let job, let attempt, _): begun[job] = (attempt, now)
    case .attemptEnded(let job, let attempt, _): if begun[job]?.attempt == attempt { begun[job] = nil }
    case .jobSetAside(let job, _): begun[job] = nil
    case .jobFinished(let job, let attempt, _, let result):
      if let work = works.removeValue(forKey: job) { record(result, of: work) }
      // A result that was trained before this coordinator began and waited in a spool says nothing about its pace. The
      // attempt is unknown, or is entered and finished in the same turn.
      if let begun = begun.removeValue(forKey: job), begun.attempt == attempt, begun.time < now {
        pace.add(from: begun.time, to: now)
      }
    case .resultAdopted(let job, _, let result):
      if let work = works.removeValue(forKey: job) { record(result, of: work) }
      begun[job] = nil
    case .studyFinished, .noted, .notedOnce, .roundDecided, .workerJoined, .workerLeft, .workerBenched,
      .workerPaused, .workerUnbenched, .studyReopened, .intervened, .paused, .budgetChanged, .roundsForgotten,
      .jobAsked, .jobReopened, .workerDrained, .workerDistrusted:
      break
    // The struck result is no longer known here: the caller must read the jobs again.
    case .resultStruckOut(let job): begun[job] = nil
    }
  }

  /// - Parameter now: Seconds on the clock of `apply`.
  package func summary(jobs: JobCounts, expectedJobs: Int, workers: Int, now: Double) -> StudySummary {
    StudySummary(
      jobs: jobs, expectedJobs: expectedJobs, workers: workers, jobsPerSecond: pace.rate(now: now),
      highest: leaders.highest, dense: leaders.dense)
  }
}

/// The rate at which trainings end, from the latest endings under one coordinator.
struct Pace: Sendable {
  static let kept = 32

  private var firstStart: Double?
  /// In seconds, the latest ending last.
  private var endings: [Double] = []

  mutating func add(from start: Double, to end: Double) {
    firstStart = min(firstStart ?? start, start)
    endings.append(end)
    if endings.count > Self.kept { endings.removeFirst() }
  }

  /// Returns trainings per second; `nil` until a training has ended. Until `kept` trainings have ended, the time before
  /// the first ending is included.
  func rate(now: Double) -> Double? {
    guard let firstStart, let latest = endings.last else { return nil }
    if endings.count < Self.kept { return Double(endings.count) / max(now - firstStart, 1e-3) }
    return Double(endings.count - 1) / max(max(now, latest) - endings[0], 1e-3)
  }
}
