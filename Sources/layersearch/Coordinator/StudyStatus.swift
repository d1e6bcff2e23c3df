import SearchCore
import StudyStore

/// What `status` tells of a study, from its records alone.
struct StudyStatus: Encodable {
  struct Jobs: Encodable {
    var waiting: Int
    var running: Int
    var finished: Int
    var failed: Int
    var total: Int
    /// Of the whole search; exact in its last stage, until then the most that it can be.
    var expected: Int
  }

  struct Worker: Encodable {
    var id: String
    var host: String
    var processId: Int
    var slots: Int
    var running: Int
    var kernelVariant: String
    /// Seconds since anything that it did was recorded.
    var secondsSinceSeen: Double
    /// Why it gets no jobs; nil while it does.
    var benched: String?
  }

  struct Setback: Encodable {
    var job: Int64
    var candidate: String
    var replicate: Int
    var attempts: Int
    var reason: String
  }

  var study: String
  var directory: String
  /// `finished`, `running` where a coordinator is at work, or `stopped`.
  var state: String
  var jobs: Jobs
  var workers: [Worker]
  /// Over the latest trainings of the coordinator at work; nil until one has ended, and while no worker is here.
  var jobsPerHour: Double?
  var secondsLeft: Double?
  var failures: [Setback]

  private static let longestSilenceSeconds = 300.0

  /// `now` in seconds since 1970.
  init(store: StudyStore, now: Double) throws {
    let definition = try StudyDefinition(of: store)
    let counts = try store.counts()
    let records = try store.jobs()
    let isFinished = try store.isFinished
    study = definition.name
    directory = store.directory

    let expected =
      isFinished
      ? counts.total : try definition.makeStrategy().expectedTrials(history: SearchHistory(jobs: records))
    jobs = Jobs(
      waiting: counts.waiting, running: counts.running, finished: counts.finished, failed: counts.failed,
      total: counts.total, expected: max(expected, counts.total))

    let present = try store.workers().filter { $0.left == nil }
    // Where the coordinator is out of sight, signs of life have to do.
    let isCoordinated =
      CoordinatorPresence.isAtWork(studyFolder: store.directory)
      ?? present.contains { now - $0.lastSeen < Self.longestSilenceSeconds }
    state = isFinished ? "finished" : isCoordinated ? "running" : "stopped"

    let underWay = Dictionary(grouping: try store.attempts(), by: \.worker)
    workers = (state == "running" ? present : []).map { presence in
      Worker(
        id: presence.worker.id, host: presence.worker.host, processId: presence.worker.processID,
        slots: presence.worker.slots,
        running: underWay[presence.worker.id]?.count ?? 0, kernelVariant: presence.worker.kernelVariant,
        secondsSinceSeen: max(0, now - presence.lastSeen), benched: presence.bench(at: now))
    }

    // What was trained before this coordinator began says nothing about its pace.
    if state == "running", !present.isEmpty,
      let perSecond = try Self.pace(store, since: CoordinatorPresence.beginning(studyFolder: store.directory)).rate(
        now: now)
    {
      jobsPerHour = perSecond * 3600
      secondsLeft = Double(jobs.expected - counts.finished - counts.failed) / perSecond
    }
    failures = try store.failures().map {
      Setback(
        job: $0.job, candidate: $0.trial.candidate.description, replicate: $0.trial.replicate, attempts: $0.attempts,
        reason: $0.reason)
    }
  }

  private static func pace(_ store: StudyStore, since beginning: Double?) throws -> Pace {
    var pace = Pace()
    guard let beginning else { return pace }
    for training in try store.trainings(latest: Pace.kept, begunSince: beginning) {
      pace.add(from: training.begun, to: training.ended)
    }
    return pace
  }

  /// For people.
  var lines: [String] {
    var lines = [
      "study    \(study) (\(directory)), \(state)",
      "jobs     \(jobs.finished + jobs.failed) of \(jobs.expected) done: \(jobs.finished) finished, \(jobs.failed) failed, "
        + "\(jobs.running) running, \(jobs.waiting) waiting",
    ]
    if let jobsPerHour, let secondsLeft {
      lines.append(
        "rate     \(Readable.rate(perSecond: jobsPerHour / 3600)), about \(Readable.duration(seconds: secondsLeft)) left"
      )
    }
    for worker in workers {
      lines.append(
        "worker   \(worker.id): \(worker.running) of \(worker.slots) slots at work, \(worker.kernelVariant), "
          + "last result or start \(Readable.duration(seconds: worker.secondsSinceSeen)) ago")
      if let benched = worker.benched { lines.append("         benched: \(benched)") }
    }
    for failure in failures {
      lines.append("failed   job \(failure.job), \(failure.candidate), \(failure.attempts) attempts: \(failure.reason)")
    }
    return lines
  }
}
