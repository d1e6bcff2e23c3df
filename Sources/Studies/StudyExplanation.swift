import Processes
import ReadableText
import SearchCore
import StudyStore

/// Explains why a job waits, runs or was set aside, or why a worker is idle, with the history of each. Uses the study's
/// record and what a coordinator at work writes beside it.
package struct StudyExplanation: Encodable {
  package struct Attempt: Encodable {
    package var job: Int64
    package var number: Int
    package var worker: String
    package var host: String
    /// `running`, `finished`, `lost`, `returned` or `failed`.
    package var outcome: String
    var secondsSinceStart: Double
    /// The duration until the attempt ended; `nil` while it is under way.
    package var seconds: Double?
    package var reason: String?
    package var cause: String?
    package var signal: String?
    package var exitCode: Int?
    package var peakMemoryBytes: Int?
    var outOfMemorySuspected: Bool?
    package var lastLines: [String]?
  }

  package struct Job: Encodable {
    package var job: Int64
    package var candidate: String
    package var replicate: Int
    /// The kind of work, unless it is a proxy training.
    package var kind: String?
    package var state: String
    package var failures: Int
    package var losses: Int
    package var why: [String]
    package var attempts: [Attempt]
    /// The events in order.
    package var log: [EventLog.Event]
    var logIsCut: Bool
  }

  package struct Worker: Encodable {
    package var worker: String
    package var host: String
    var processId: Int
    package var slots: Int
    /// `here` or `gone`.
    package var state: String
    package var finished: Int
    package var failed: Int
    package var lost: Int
    package var why: [String]
    /// The attempts under way, and the latest that did not finish.
    package var attempts: [Attempt]
    package var log: [EventLog.Event]
    var logIsCut: Bool
  }

  package var study: String
  package var jobs: [Job] = []
  package var workers: [Worker] = []

  private static let attemptsShown = 20

  /// - Parameter subject: The number of a job, a candidate, the name of a worker or its beginning, or a host.
  package init(of subject: String, store: StudyStore, now: Double) throws {
    let definition = try StudyDefinition(of: store)
    study = definition.name
    let scene = try Scene(store: store, budget: definition.jobBudget, now: now)
    if let number = Int64(subject) {
      if let job = scene.jobs.first(where: { $0.id == number }) { jobs = [try scene.explain(job, store: store)] }
    } else {
      // A text that names no candidate may name a worker.
      let named = try? CandidateNames(of: store, definition: definition).candidate(ofText: subject)
      jobs = try scene.jobs.filter { $0.work.candidate == named }.map { try scene.explain($0, store: store) }
    }
    if jobs.isEmpty, !subject.isEmpty {
      let named = scene.workers.filter { $0.worker.id == subject }
      let found =
        named.isEmpty ? scene.workers.filter { $0.worker.id.hasPrefix(subject) || $0.worker.host == subject } : named
      workers = try found.suffix(Self.attemptsShown).map { try scene.explain($0, store: store) }
    }
    if jobs.isEmpty, workers.isEmpty {
      throw StudyError.unknownSubject(
        subject, study: study, folder: store.directory, jobs: JobNumbers(scene.jobs.map(\.id)))
    }
  }

  /// The facts that all explanations use.
  private struct Scene {
    let now: Double
    let jobs: [JobRecord]
    let workers: [WorkerPresence]
    let isFinished: Bool
    let isPaused: Bool
    let isCoordinated: Bool?
    /// The maximum number of jobs of the study; `nil` for no limit.
    private let budget: Int?
    /// Waiting jobs within the budget.
    private let waiting: [JobRecord]
    /// The progress written by a coordinator at work.
    private let live: RunningState?
    private let hosts: [String: String]

    init(store: StudyStore, budget: Int?, now: Double) throws {
      self.now = now
      self.budget = budget
      jobs = try store.jobs()
      waiting = jobs.filter { $0.state == .waiting && FinalTrainings.isWithin(budget, job: $0.id) }
      workers = try store.workers()
      isFinished = try store.isFinished
      isPaused = try store.paused() != nil
      isCoordinated = CoordinatorPresence.isAtWork(studyFolder: store.directory)
      live = isCoordinated == true ? RunningState.read(studyFolder: store.directory) : nil
      hosts = Dictionary(workers.map { ($0.worker.id, $0.worker.host) }, uniquingKeysWith: { first, _ in first })
    }

    var present: [WorkerPresence] { isCoordinated == false ? [] : workers.filter { $0.left == nil } }

    // MARK: Jobs

    func explain(_ job: JobRecord, store: StudyStore) throws -> Job {
      let attempts = try store.attempts(of: job.id)
      let training = live?.trainings.first { $0.job == job.id }
      let history = try store.history(of: job.id, latest: EventLog.most)
      let log = history.map { history in
        EventLog(
          of: job.id, history, attempts: attempts,
          began: training.flatMap { training in training.began.map { (training.attempt, $0) } }, place: place)
      }
      return Job(
        job: job.id, candidate: job.work.candidate.description, replicate: job.work.repetition,
        kind: job.work.kind.isProxy ? nil : job.work.kind.title,
        state: job.state.rawValue, failures: job.failures, losses: job.losses, why: why(job, attempts, history),
        attempts: attempts.map(attempt), log: log?.events ?? [], logIsCut: log?.isCut ?? false)
    }

    /// `w1 on node7`
    private func place(_ worker: String) -> String { hosts[worker].map { "\(worker) on \($0)" } ?? worker }

    private func why(_ job: JobRecord, _ attempts: [AttemptRecord], _ history: JobHistory?) -> [String] {
      switch job.state {
      case .finished:
        return [origin(of: history?.result, attempts), leastSquares(job)].compactMap(\.self)
      case .setAside: return ["it was set aside: \(job.failureReason ?? "no reason is on record")"]
      case .running:
        guard let current = attempts.last(where: { $0.ended == nil }) else { return ["it is being trained"] }
        let host = hosts[current.worker].map { " on \($0)" } ?? ""
        let time = Readable.duration(seconds: max(0, now - current.started))
        var lines = ["it is being trained by worker \(current.worker)\(host) for \(time)"]
        if isCoordinated == false {
          lines.append("no coordinator is running; its worker, if it still runs, waits for one; start it with --resume")
        } else if !present.contains(where: { $0.worker.id == current.worker }) {
          lines.append("that worker has left; the job waits again once its lease has expired")
        }
        return lines
      case .waiting: return whyWaiting(job, attempts)
      }
    }

    private func origin(of result: JobHistory.Result?, _ attempts: [AttemptRecord]) -> String {
      if let result, result.isAdopted { return "its result was adopted from \(result.worker)" }
      if let result, result.isSalvaged { return "its result was saved from a damaged study" }
      let isPlain = attempts.contains { $0.ending == .finished }
      return isPlain ? "it has its result" : "it has its result, from an attempt that had been given up"
    }

    /// Names the layers whose coefficients its conversion could only approximate; `nil` if there are none.
    private func leastSquares(_ job: JobRecord) -> String? {
      guard let numbers = job.result?[.conditionNumbers] else { return nil }
      let decomposed = Set(job.work.candidate.decompositions.map(\.layer))
      let names = job.work.kind.recipe.architecture.layers.map(\.name).filter(decomposed.contains)
      let layers = zip(names, numbers)
        .filter { $1 > Curve.highestConditionNumber }.map { "\($0) (\(NumberText.shortest($1.rounded())))" }
      guard !layers.isEmpty else { return nil }
      return "its conversion fitted coefficients by least squares, which loses more than the truncation error says, "
        + "since the layer's basis channels are too similar (condition number above "
        + "\(NumberText.shortest(Curve.highestConditionNumber))): \(layers.joined(separator: ", "))"
    }

    private func whyWaiting(_ job: JobRecord, _ attempts: [AttemptRecord]) -> [String] {
      var lines: [String] = []
      if let budget, !FinalTrainings.isWithin(budget, job: job.id) {
        // Independent of coordinators and workers: none gets the job.
        lines.append(
          "it is beyond the budget of \(budget) jobs, which was larger when the job was added; give the "
            + "configuration a budget of at least \(job.id) jobs, and continue the study (--resume)")
      } else if isFinished {
        lines.append(
          "the study's budget of hours was spent before the job started; give the configuration more budget.hours or "
            + "budget.worker_hours, and continue the study (--resume)")
      } else if isCoordinated == false {
        lines.append("no coordinator is running; start one with --resume")
      } else if present.isEmpty {
        lines.append("no worker is connected")
      } else {
        let able = present.filter { $0.bench(at: now) == nil && $0.bar == nil }
        let slots = able.reduce(0) { $0 + $1.worker.slots }
        let running = jobs.count { $0.state == .running }
        let before = waiting.count { $0.id < job.id }
        if isPaused {
          lines.append("the study is paused: no job is handed out until it is resumed")
        } else if able.isEmpty {
          lines.append("every connected worker is benched, drained or distrusted")
        } else if running >= slots {
          lines.append("all \(slots) slots of \(able.count) workers are busy")
        } else if attempts.contains(where: { $0.ending == .failed }) {
          lines.append("it waits for a worker at which it has not failed")
        } else {
          lines.append("it is about to be handed out: \(running) of \(slots) slots are busy")
        }
        if before > 0 { lines.append("\(before) jobs with lower numbers wait before it") }
      }
      if job.failures > 0 {
        lines.append(
          "it failed \(job.failures) times; a failure counts against it if the worker has finished other jobs")
      }
      if job.losses > 0 {
        lines.append("it was lost with its worker \(job.losses) times, which does not count against it")
      }
      return lines
    }

    // MARK: Workers

    func explain(_ presence: WorkerPresence, store: StudyStore) throws -> Worker {
      let attempts = try store.attempts(by: presence.worker.id)
      let underWay = attempts.filter { $0.ended == nil }
      let isHere = present.contains { $0.worker.id == presence.worker.id }
      let log = EventLog(
        of: presence.worker.id, try store.events(of: presence.worker, latest: EventLog.most), attempts: attempts)
      let wrong = attempts.filter { $0.ending != nil && $0.ending != .finished }.suffix(StudyExplanation.attemptsShown)
      return Worker(
        worker: presence.worker.id, host: presence.worker.host, processId: presence.worker.processID,
        slots: presence.worker.slots, state: isHere ? "here" : "gone",
        finished: attempts.count { $0.ending == .finished },
        failed: attempts.count { $0.ending == .failed }, lost: attempts.count { $0.ending == .lost },
        why: why(presence, isHere: isHere, underWay: underWay.count), attempts: (wrong + underWay).map(attempt),
        log: log.events, logIsCut: log.isCut)
    }

    private func why(_ presence: WorkerPresence, isHere: Bool, underWay: Int) -> [String] {
      guard isHere else {
        let reason = presence.leftReason ?? "the coordinator ended"
        let time = presence.left.map { " \(Readable.duration(seconds: max(0, now - $0))) ago" } ?? ""
        return ["it left\(time): \(reason)"]
      }
      if let bar = presence.bar { return ["it gets no jobs: it is \(bar)"] }
      if let bench = presence.bench(at: now) { return ["it gets no jobs: \(bench)"] }
      if underWay >= presence.worker.slots { return ["all its \(underWay) slots are busy"] }
      if isFinished { return ["the study is finished"] }
      let idle = "\(underWay) of its \(presence.worker.slots) slots are busy"
      if waiting.isEmpty { return ["\(idle): no job waits; the search continues when the running jobs have ended"] }
      return [
        "\(idle), \(waiting.count) jobs wait: the worker is about to get one, is still looking for its data, or the "
          + "waiting jobs failed at it and are left to other workers"
      ]
    }

    // MARK: Attempts

    private func attempt(_ record: AttemptRecord) -> Attempt {
      let failure = record.failure
      return Attempt(
        job: record.job, number: record.number, worker: record.worker, host: hosts[record.worker] ?? "",
        outcome: record.ending?.rawValue ?? "running",
        secondsSinceStart: max(0, now - record.started), seconds: record.ended.map { max(0, $0 - record.started) },
        reason: record.reason, cause: failure?.cause.rawValue,
        signal: failure?.signal.map { Signals.name(of: Int32(truncatingIfNeeded: $0)) }, exitCode: failure?.exitCode,
        peakMemoryBytes: failure?.peakMemoryBytes, outOfMemorySuspected: failure?.isOutOfMemorySuspected,
        lastLines: failure?.lastLines)
    }
  }
}

extension WorkerPresence {
  /// The reason why a person barred the worker from getting jobs; `nil` if it is not barred.
  package var bar: String? { distrusted != nil ? "distrusted" : drained != nil ? "drained" : nil }

  /// The reason why the worker rests; `nil` while it gets jobs.
  package func bench(at now: Double) -> String? {
    guard let benchedUntil, benchedUntil > now else { return nil }
    return "\(benchedReason ?? "benched") (for another \(Readable.duration(seconds: benchedUntil - now)))"
  }
}
