import SearchCore
import StudyStore

extension StudySummary {
  /// From the record alone.
  /// - Parameters:
  ///   - jobs: all of them.
  ///   - workers: that are connected to a coordinator at work.
  ///   - now: in seconds since 1970.
  package init(
    of store: StudyStore, definition: StudyDefinition, jobs records: [JobRecord], workers: Int, now: Double
  ) throws {
    var counts = try store.counts()
    let isFinished = try store.isFinished
    // Beyond the budget: asked for while it was larger, or not begun when the time was up.
    if isFinished {
      counts.waiting = 0
    } else if let budget = definition.jobBudget {
      counts.waiting -= records.count { $0.state == .waiting && !FinalTrainings.isWithin(budget, job: $0.id) }
    }
    var expected = counts.total
    if !isFinished {
      expected =
        try definition.makeStrategy().expectedWorks(history: SearchHistory(jobs: records))
        + records.count { $0.id >= FinalTrainings.firstJob }
    }
    var leaders = AccuracyLeaders(space: definition.space)
    // In one order, whatever a dictionary's is: sums of numbers depend on it in their last digits.
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

  /// As the coordinator counts it: with what is under way.
  private static func spent(_ store: StudyStore, now: Double) throws -> TimeSpent {
    let ended = try store.trainings(latest: .max, begunSince: -.infinity)
    return TimeSpent(ended + (try store.attempts().map { (begun: $0.started, ended: now) }))
  }

  /// What was trained before the coordinator at work began says nothing about its pace.
  private static func pace(_ store: StudyStore) throws -> Pace {
    var pace = Pace()
    guard let beginning = CoordinatorPresence.beginning(studyFolder: store.directory) else { return pace }
    for training in try store.trainings(latest: Pace.kept, begunSince: beginning) {
      pace.add(from: training.begun, to: training.ended)
    }
    return pace
  }
}
