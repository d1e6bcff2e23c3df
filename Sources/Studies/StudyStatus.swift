import ReadableText
import SearchCore
import StudyStore

/// What `status` tells of a study: from its records, and how far trainings are from what the coordinator at work writes
/// beside them.
package struct StudyStatus: Encodable, Sendable {
  package struct Jobs: Encodable, Sendable {
    package var waiting: Int
    package var running: Int
    package var finished: Int
    package var setAside: Int
    package var total: Int
    /// Of the whole search; exact in its last stage, until then the most that it can be.
    package var expected: Int

    /// Set aside is `failed` as it was called at first: programs read it.
    private enum CodingKeys: String, CodingKey {
      case waiting, running, finished, total, expected
      case setAside = "failed"
    }
  }

  package struct Worker: Encodable, Sendable {
    package var id: String
    package var host: String
    var processId: Int
    package var slots: Int
    package var running: Int
    package var kernelVariant: String
    /// Seconds since anything that it did was recorded.
    package var secondsSinceSeen: Double
    /// Why it gets no jobs; nil while it does.
    package var benched: String?
    /// A person wants it to get no more jobs: `drained`, or `distrusted`.
    package var barred: String?
    /// The name of its key in the list of authorized keys; nil without keys.
    package var key: String?
  }

  /// A training that is under way.
  package struct Running: Encodable, Sendable {
    package var job: Int64
    package var candidate: String
    package var label: String
    package var replicate: Int
    package var attempt: Int
    package var worker: String
    package var host: String
    package var key: String?
    package var secondsSinceStart: Double
    package var epochs: Int
    /// As far as is known.
    package var epoch: Int?
    package var step: Int?
    package var steps: Int?
    package var loss: Double?
  }

  /// Mean of the trainings that did not diverge.
  package struct Accuracy: Encodable, Sendable {
    package var candidate: String
    package var label: String
    package var accuracy: Double
    package var seeds: Int
    package var parameterRatio: Double
  }

  package struct KernelVariant: Encodable, Sendable {
    package var variant: String
    package var trainings: Int
  }

  /// What was acknowledged once and is not in the database any more.
  package struct Missing: Encodable, Sendable {
    package var jobs: Int
    package var attempts: Int
    package var endings: Int
    package var results: Int
    /// Results that were acknowledged.
    package var recordedResults: Int
  }

  /// What a person asked for.
  package struct Intervention: Encodable, Sendable {
    /// ISO 8601.
    package var time: String
    package var author: String
    package var text: String
  }

  package struct SetAside: Encodable, Sendable {
    package var job: Int64
    package var candidate: String
    package var label: String
    package var replicate: Int
    package var attempts: Int
    package var reason: String
  }

  package var study: String
  package var directory: String
  /// `finished`, `running` where a coordinator is at work, or `stopped`.
  package var state: String
  /// Nil where all that was acknowledged is there: otherwise everything else is of an earlier time.
  package var missing: Missing?
  package var jobs: Jobs
  package var workers: [Worker]
  /// At most `mostRunning`, those with the lowest numbers.
  package var running: [Running]
  package var runningNotShown: Int
  /// The decomposed candidate with the highest mean so far.
  package var highest: Accuracy?
  package var dense: Accuracy?
  package var divergedTrainings: Int
  package var kernelVariants: [KernelVariant]
  package var mixesKernelVariants: Bool
  /// ISO 8601.
  package var began: String
  /// When the search was done; nil until then.
  package var ended: String?
  package var lastedSeconds: Double?
  /// All that ever worked on it.
  package var workersEver: Int
  package var hostsEver: Int
  package var jobsPerHour: Double?
  package var secondsLeft: Double?
  package var setAside: [SetAside]
  /// Jobs that wait and may begin.
  package var waiting: JobNumbers
  /// Since when a person wants no job to be handed out, in ISO 8601; nil while jobs are.
  package var pausedSince: String?
  /// Results that a person does not trust.
  package var struckResults: Int
  /// Jobs that a person asked for.
  package var askedByHand: Int
  /// What people asked for: the latest, at most `mostInterventions`, the latest last.
  package var interventions: [Intervention]
  /// Of a search in rounds, the latest that was decided: 0, 1, …
  package var round: Int?
  /// When that was decided, in points of accuracy.
  package var expectedLoss: Double?
  /// The numbers that this is made of.
  package var summary: StudySummary

  /// Not the summary, whose numbers stand in the others, and not which jobs wait. Programs read keys as they were at
  /// first: jobs that were set aside are `failures`.
  private enum CodingKeys: String, CodingKey {
    case study, directory, state, missing, jobs, workers, running, runningNotShown, highest, dense, divergedTrainings
    case kernelVariants, mixesKernelVariants, began, ended, lastedSeconds, workersEver, hostsEver, jobsPerHour
    case secondsLeft, round, expectedLoss, pausedSince, struckResults, askedByHand, interventions
    case setAside = "failures"
  }

  private static let longestSilenceSeconds = 300.0
  static let mostRunning = 1000
  private static let mostInterventions = 20

  /// `now` in seconds since 1970.
  package init(store: StudyStore, now: Double) throws {
    try self.init(store: store, definition: StudyDefinition(of: store), jobs: store.jobs(), now: now)
  }

  /// - Parameters:
  ///   - records: all jobs.
  ///   - now: seconds since 1970.
  package init(store: StudyStore, definition: StudyDefinition, jobs records: [JobRecord], now: Double) throws {
    let isFinished = try store.isFinished
    study = definition.name
    directory = store.directory
    missing = store.missing.map {
      Missing(
        jobs: $0.jobs, attempts: $0.attempts, endings: $0.endings, results: $0.results,
        recordedResults: $0.recordedResults)
    }

    let everyWorker = try store.workers()
    let present = everyWorker.filter { $0.left == nil }
    // Where the coordinator is out of sight, signs of life have to do.
    let isCoordinated =
      CoordinatorPresence.isAtWork(studyFolder: store.directory)
      ?? present.contains { now - $0.lastSeen < Self.longestSilenceSeconds }
    state = isFinished ? "finished" : isCoordinated ? "running" : "stopped"

    let attempts = state == "running" ? try store.attempts() : []
    let underWay = Dictionary(grouping: attempts, by: \.worker)
    // What a coordinator that was killed left behind is old.
    let live = isCoordinated ? RunningState.read(studyFolder: store.directory) : nil
    workers = (state == "running" ? present : []).map { presence in
      Worker(
        id: presence.worker.id, host: presence.worker.host, processId: presence.worker.processID,
        slots: presence.worker.slots,
        running: underWay[presence.worker.id]?.count ?? 0, kernelVariant: presence.worker.kernelVariant,
        secondsSinceSeen: max(0, now - presence.lastSeen), benched: presence.bench(at: now), barred: presence.bar,
        key: live?.keyNames[presence.worker.id])
    }
    let architecture = definition.space.architecture
    running = Self.running(
      attempts, jobs: records, hosts: everyWorker, live: live, architecture: architecture, now: now)
    runningNotShown = max(0, attempts.count - Self.mostRunning)

    let summary = try StudySummary(
      of: store, definition: definition, jobs: records, workers: workers.count, now: now)
    self.summary = summary
    jobs = Jobs(
      waiting: summary.jobs.waiting, running: summary.jobs.running, finished: summary.jobs.finished,
      setAside: summary.jobs.setAside, total: summary.jobs.total, expected: summary.expectedJobs)
    highest = summary.highest.map { Accuracy($0, architecture) }
    dense = summary.dense.map { Accuracy($0, architecture) }
    waiting = JobNumbers(
      isFinished
        ? []
        : records.filter { $0.state == .waiting && FinalTrainings.isWithin(definition.jobBudget, job: $0.id) }
          .map(\.id))
    jobsPerHour = summary.jobsPerSecond.map { $0 * 3600 }
    secondsLeft = summary.secondsLeft

    let results = records.compactMap { record in record.result.map { (key: record.work, value: $0) } }
    divergedTrainings = results.count { $0.value.diverged }
    let variants = KernelVariantNames(results).counts(results)
    kernelVariants = variants.sorted { $0.key < $1.key }.map { KernelVariant(variant: $0.key, trainings: $0.value) }
    mixesKernelVariants = variants.count > 1

    let decided = try store.lastRound()
    round = decided?.round
    expectedLoss = decided?.expectedLoss

    pausedSince = try store.paused().map(TimeText.iso)
    struckResults = try store.struckCount()
    askedByHand = records.count { HandAsked.includes($0.id) }
    interventions = try store.interventions(latest: Self.mostInterventions).map {
      Intervention(time: TimeText.iso($0.time), author: $0.author ?? "", text: $0.text)
    }

    let created = try store.created()
    let finished = try store.finished()
    began = TimeText.iso(created)
    ended = finished.map(TimeText.iso)
    lastedSeconds = finished.map { max(0, $0 - created) }
    workersEver = everyWorker.count
    hostsEver = Set(everyWorker.map(\.worker.host)).count

    setAside = try store.setAsideJobs().map {
      SetAside(
        job: $0.job, candidate: $0.work.candidate.description,
        label: CandidateLabel($0.work.candidate, in: architecture).text, replicate: $0.work.repetition,
        attempts: $0.attempts,
        reason: $0.reason)
    }
  }

  private static func running(
    _ attempts: [AttemptRecord], jobs: [JobRecord], hosts workers: [WorkerPresence], live: RunningState?,
    architecture: Architecture, now: Double
  ) -> [Running] {
    let hosts = Dictionary(workers.map { ($0.worker.id, $0.worker.host) }, uniquingKeysWith: { first, _ in first })
    let wanted = attempts.prefix(mostRunning)
    let numbers = Set(wanted.map(\.job))
    let works = Dictionary(
      jobs.filter { numbers.contains($0.id) }.map { ($0.id, $0.work) }, uniquingKeysWith: { first, _ in first })
    let progress = Dictionary(
      (live?.trainings ?? []).map { ($0.job, $0) }, uniquingKeysWith: { first, _ in first })
    return wanted.compactMap { attempt in
      guard let work = works[attempt.job] else { return nil }
      let known = progress[attempt.job].flatMap { $0.attempt == attempt.number ? $0 : nil }
      return Running(
        job: attempt.job, candidate: work.candidate.description,
        label: CandidateLabel(work.candidate, in: architecture).text, replicate: work.repetition,
        attempt: attempt.number, worker: attempt.worker, host: hosts[attempt.worker] ?? "",
        key: live?.keyNames[attempt.worker], secondsSinceStart: max(0, now - attempt.started),
        epochs: work.kind.epochs,
        epoch: known?.epoch, step: known?.step, steps: known?.steps,
        loss: known?.loss.flatMap { $0.isFinite ? $0 : nil })
    }
  }
}

extension StudyStatus.Accuracy {
  fileprivate init(_ leader: CandidateAccuracy, _ architecture: Architecture) {
    self.init(
      candidate: leader.candidate.description, label: CandidateLabel(leader.candidate, in: architecture).text,
      accuracy: leader.accuracy, seeds: leader.seeds, parameterRatio: leader.parameterRatio)
  }
}
