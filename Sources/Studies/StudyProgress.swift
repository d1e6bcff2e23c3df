import SearchCore

/// What a coordinator at work keeps up of its study for people, by the same changes that are recorded: accuracies, the
/// pace, and the candidates of open jobs. How many jobs there are in which state is the state machine's to tell.
package struct StudyProgress: Sendable {
  private var leaders: AccuracyLeaders
  private let space: SearchSpace
  private let template: WorkTemplate
  /// Works of jobs that have no result yet.
  private var works: [Int64: Work] = [:]
  private var pace = Pace()
  /// Attempts that were begun in this session: when, on a monotonic clock.
  private var begun: [Int64: (attempt: Int, time: Double)] = [:]

  /// Takes up where the recorded jobs stand.
  package init(space: SearchSpace, template: WorkTemplate, jobs: [JobRecord]) {
    leaders = AccuracyLeaders(space: space)
    self.space = space
    self.template = template
    readAgain(jobs)
  }

  /// From the record, where results were struck out; what is known of the pace stays.
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

  /// What confirms a search's finds is told apart from them, and so is what is of no rung or a lower one.
  private mutating func record(_ result: Observation, of work: Work) {
    guard !Confirmation.includes(work), template.rung(of: work) == template.topRung else { return }
    leaders.record(result, of: work.candidate)
  }

  /// Of a job that has no result yet.
  package func candidate(of job: Int64) -> Candidate? { works[job]?.candidate }

  package mutating func apply(_ change: StudyChange, now: Double) {
    switch change {
    case .jobAdded(let job): works[job.id] = job.work
    case .attemptStarted(let job, let attempt, _): begun[job] = (attempt, now)
    case .attemptEnded(let job, let attempt, _): if begun[job]?.attempt == attempt { begun[job] = nil }
    case .jobSetAside(let job, _): begun[job] = nil
    case .jobFinished(let job, let attempt, _, let result):
      if let work = works.removeValue(forKey: job) { record(result, of: work) }
      // What was trained before this session, and waited in a spool, says nothing about the pace of this one. Such an
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
    // Its result is not known here any more: who applies this reads the jobs again.
    case .resultStruckOut(let job): begun[job] = nil
    }
  }

  /// - Parameter now: seconds of the clock of `apply`.
  package func summary(jobs: JobCounts, expectedJobs: Int, workers: Int, now: Double) -> StudySummary {
    StudySummary(
      jobs: jobs, expectedJobs: expectedJobs, workers: workers, jobsPerSecond: pace.rate(now: now),
      highest: leaders.highest, dense: leaders.dense)
  }
}

/// How fast trainings end, from the latest of one session.
struct Pace: Sendable {
  static let kept = 32

  private var firstStart: Double?
  /// In seconds, the latest last.
  private var endings: [Double] = []

  mutating func add(from start: Double, to end: Double) {
    firstStart = min(firstStart ?? start, start)
    endings.append(end)
    if endings.count > Self.kept { endings.removeFirst() }
  }

  /// A second; nil until a training has ended. Until many have, the time before the first ending counts.
  func rate(now: Double) -> Double? {
    guard let firstStart, let latest = endings.last else { return nil }
    if endings.count < Self.kept { return Double(endings.count) / max(now - firstStart, 1e-3) }
    return Double(endings.count - 1) / max(max(now, latest) - endings[0], 1e-3)
  }
}
