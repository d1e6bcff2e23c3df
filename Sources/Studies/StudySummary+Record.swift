import SearchCore
import StudyStore

extension StudySummary {
  /// Computes the summary from the record alone.
  /// - Parameters:
  ///   - records: All jobs.
  ///   - workers: The number of workers that are connected to a coordinator at work.
  ///   - now: Seconds since 1970.
  package init(
    of store: StudyStore, definition: StudyDefinition, jobs records: [JobRecord], workers: Int, now: Double
  ) throws {
    var counts = try store.counts()
    let isFinished = try store.isFinished
    // Jobs beyond the budget: asked for while the budget was larger, or not begun when the time was spent.
    if isFinished {
      counts.waiting = 0
    } else if let budget = definition.jobBudget {
      counts.waiting -= records.count { $0.state == .waiting && !FinalTrainings.isWithin(budget, job: $0.id) }
    }
    var expected = counts.total
    if !isFinished {
      expected =
        try definition.makeStrategy().expectedWorks(history: SearchHistory(jobs: records))
        + records.count { !FinalTrainings.isOfSearch($0.id) }
    }
    var leaders = AccuracyLeaders(space: definition.space)
    // In a fixed order, independent of the dictionary's: the last digits of a sum depend on it.
    let trainings = StudyReading.trainings(records, of: definition).filter { !Confirmation.includes($0.key) }
    for (work, result) in trainings.sorted(by: { ($0.key.repetition, $0.key.seed) < ($1.key.repetition, $1.key.seed) })
    {
      leaders.record(result, of: work.candidate)
    }
    self.init(
      jobs: counts, expectedJobs: expected, workers: workers,
      jobsPerSecond: workers == 0 ? nil : try Self.pace(store).rate(now: now), highest: leaders.highest,
      dense: leaders.dense)
    isPaused = try store.paused() != nil
    if jobsPerSecond != nil, definition.timeLimits != TimeLimits() {
      budgetSeconds = definition.timeLimits.secondsLeft(after: try Self.spent(store, now: now), running: counts.running)
    }
  }

  /// Returns the time spent including the attempts under way, as the coordinator counts it.
  private static func spent(_ store: StudyStore, now: Double) throws -> TimeSpent {
    let ended = try store.trainings(latest: .max, begunSince: -.infinity)
    return TimeSpent(ended + (try store.attempts().map { (begun: $0.started, ended: now) }))
  }

  /// Returns the pace of the coordinator at work. Earlier trainings say nothing about it.
  private static func pace(_ store: StudyStore) throws -> Pace {
    var pace = Pace()
    guard let beginning = CoordinatorPresence.beginning(studyFolder: store.directory) else { return pace }
    for training in try store.trainings(latest: Pace.kept, begunSince: beginning) {
      pace.add(from: training.begun, to: training.ended)
    }
    return pace
  }
}
