import ReadableText
import SearchCore
import StudyStore

/// What `status` tells about a study: from its record, and the progress of trainings from what a coordinator at work
/// writes beside it.
package struct StudyStatus: Encodable, Sendable {
  package struct Jobs: Encodable, Sendable {
    package var waiting: Int
    package var running: Int
    package var finished: Int
    package var setAside: Int
    package var total: Int
    /// The number of jobs of the whole search: exact in its last stage, until then an upper bound.
    package var expected: Int

    /// Jobs that were set aside keep the key `failed` of the first version, since programs read it.
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
    /// Seconds since anything the worker did was recorded.
    package var secondsSinceSeen: Double
    /// The reason why the worker rests; `nil` while it gets jobs.
    package var benched: String?
    /// `drained` or `distrusted` if a person barred the worker from getting jobs, otherwise `nil`.
    package var barred: String?
    /// The name of the worker's key in the list of authorized keys; `nil` without keys.
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
    /// The progress, as far as it is known.
    package var epoch: Int?
    package var step: Int?
    package var steps: Int?
    package var loss: Double?
  }

  /// The mean accuracy of a candidate's trainings that did not diverge.
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

  /// What was acknowledged, but is no longer in the database.
  package struct Missing: Encodable, Sendable {
    package var jobs: Int
    package var attempts: Int
    package var endings: Int
    package var results: Int
    /// The number of results that were acknowledged.
    package var recordedResults: Int
  }

  /// A request of a person.
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
  /// `finished`, `running` if a coordinator is at work, or `stopped`.
  package var state: String
  /// `nil` if everything that was acknowledged is in the database. Otherwise all other fields describe an earlier
  /// state.
  package var missing: Missing?
  package var jobs: Jobs
  package var workers: [Worker]
  /// At most `mostRunning` trainings, those with the lowest numbers.
  package var running: [Running]
  package var runningNotShown: Int
  /// The decomposed candidate with the highest mean accuracy so far.
  package var highest: Accuracy?
  package var dense: Accuracy?
  package var divergedTrainings: Int
  package var kernelVariants: [KernelVariant]
  package var mixesKernelVariants: Bool
  /// ISO 8601.
  package var began: String
  /// When the search was finished; `nil` until then.
  package var ended: String?
  package var lastedSeconds: Double?
  /// The number of all workers that ever worked on the study.
  package var workersEver: Int
  package var hostsEver: Int
  package var jobsPerHour: Double?
  package var secondsLeft: Double?
  package var setAside: [SetAside]
  /// The waiting jobs that may begin.
  package var waiting: JobNumbers
  /// Since when the study is paused, in ISO 8601; `nil` if it is not.
  package var pausedSince: String?
  /// The number of results that were struck out.
  package var struckResults: Int
  /// The number of jobs that a person asked for.
  package var askedByHand: Int
  /// The latest requests of people, at most `mostInterventions`, the latest last.
  package var interventions: [Intervention]
  /// The latest round that was decided, counted from 0, in a search with rounds.
  package var round: Int?
  /// The expected loss when that round was decided, in points of accuracy.
  package var expectedLoss: Double?
  /// The numbers from which the fields above are derived.
  package var summary: StudySummary

  /// Leaves out the summary, whose numbers are in the other fields, and the waiting jobs. Keys keep the names of the
  /// first version, since programs read them: jobs that were set aside are `failures`.
  private enum CodingKeys: String, CodingKey {
    case study, directory, state, missing, jobs, workers, running, runningNotShown, highest, dense, divergedTrainings
    case kernelVariants, mixesKernelVariants, began, ended, lastedSeconds, workersEver, hostsEver, jobsPerHour
    case secondsLeft, round, expectedLoss, pausedSince, struckResults, askedByHand, interventions
    case setAside = "failures"
  }

  private static let longestSilenceSeconds = 300.0
  static let mostRunning = 1000
  private static let mostInterventions = 20

  /// - Parameter now: Seconds since 1970.
  package init(store: StudyStore, now: Double) throws {
    try self.init(store: store, definition: StudyDefinition(of: store), jobs: store.jobs(), now: now)
  }

  /// - Parameters:
  ///   - records: All jobs.
  ///   - now: Seconds since 1970.
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
    // If it is unknown whether a coordinator is at work, the workers' latest signs of life decide.
    let isCoordinated =
      CoordinatorPresence.isAtWork(studyFolder: store.directory)
      ?? present.contains { now - $0.lastSeen < Self.longestSilenceSeconds }
    state = isFinished ? "finished" : isCoordinated ? "running" : "stopped"

    let attempts = state == "running" ? try store.attempts() : []
    let underWay = Dictionary(grouping: attempts, by: \.worker)
    // The file left behind by a killed coordinator is outdated.
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
