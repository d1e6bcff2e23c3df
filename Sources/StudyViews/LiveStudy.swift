import Processes
import ReadableText
import SearchCore
import SearchProtocol
import Studies
import StudyStore

/// A view of a running study for readers, kept up to date by its coordinator's news. It contains only values, so that
/// readers touch neither the coordinator nor its database.
package struct LiveStudy: Sendable {
  package let name: String
  package let studyID: String
  package let folder: String
  package let setting: Setting
  /// When the study was created, and when this coordinator began to work on it, in seconds since 1970.
  package let created: Double
  package let began: Double
  package internal(set) var jobs: JobList
  package internal(set) var workers = WorkerList()
  package internal(set) var events: EventList
  package internal(set) var counts = LiveCounts()
  /// `nil` before the first news from the coordinator.
  package internal(set) var summary: StudySummary?
  package internal(set) var isFinished = false
  /// Whether the coordinator has ended in good order.
  package internal(set) var isOver = false
  /// The latest round that was decided, with its expected loss in points of accuracy.
  package internal(set) var round: RoundNote?
  /// The number of results on record.
  package internal(set) var results: Int
  /// Increases whenever the data of the figures change.
  package internal(set) var revision: Int
  var pace = LivePace()
  /// Jobs under way at workers that have not connected to this coordinator yet, by worker.
  private var carried: [String: [Int64]] = [:]
  let architecture: Architecture

  /// The facts that all trainings have in common.
  package struct Setting: Hashable, Sendable {
    package var model: String
    package var dataSet: String
  }

  /// Starts with what the study has on record when its coordinator begins.
  /// - Parameter now: Seconds since 1970.
  package init(of study: OpenStudy, jobs records: [JobRecord], now: Double) throws(StoreError) {
    name = study.identity.name
    studyID = study.identity.studyID
    folder = study.folder
    let recipe = study.definition.recipe
    setting = Setting(model: recipe.model.rawValue, dataSet: recipe.data.set.rawValue)
    architecture = study.definition.space.architecture
    created = try study.store.created()
    began = now
    jobs = JobList(records, since: now)
    results = records.count { $0.result != nil }
    revision = results
    events = EventList(try study.store.events(latest: EventList.most))
    round = try study.store.lastRound()
    isFinished = try study.store.isFinished
    for worker in try study.store.workers() where worker.drained != nil {
      workers.drain(worker.worker.id, isDistrusted: worker.distrusted != nil)
    }
    for attempt in try study.store.attempts() {
      jobs.resume(attempt.job, attempt: attempt.number, worker: attempt.worker, since: attempt.started)
      carried[attempt.worker, default: []].append(attempt.job)
    }
  }

  package mutating func apply(_ news: StudyNews) {
    for entry in news.entries {
      switch entry.entry {
      case .change(let change): apply(change, at: entry.time)
      case .progress(let progress, let began): jobs.record(progress, at: entry.time, began: began)
      case .keyName(let name, let worker): workers.setKeyName(name, of: worker)
      }
    }
    for seconds in news.commitSeconds { counts.commits.add(seconds) }
    counts.lateResults = news.lateResults
    counts.undecodable = news.undecodable
    counts.restingWorkers = news.restingWorkers
    counts.slots = news.slots
    summary = news.summary
    isFinished = news.isFinished
    isOver = news.isLast
  }

  private mutating func apply(_ change: StudyChange, at time: Double) {
    switch change {
    case .jobAdded(let job): jobs.add(job, at: time)
    case .attemptStarted(let job, let attempt, let worker):
      if let wait = jobs.start(job, attempt: attempt, worker: worker, at: time) { counts.dispatchWaits.add(wait) }
      workers.begin(job, at: worker)
    case .attemptEnded(let job, let attempt, let end):
      counts.attempts[end.ending, default: 0] += 1
      release(job, attempt: attempt)
      jobs.end(job, attempt: attempt, end, at: time)
    case .jobFinished(let job, let attempt, let worker, let result):
      counts.attempts[.finished, default: 0] += 1
      release(job, attempt: nil)
      workers.credit(worker)
      if let seconds = jobs.finish(job, attempt: attempt, result, worker: worker, at: time) {
        counts.durations.add(seconds)
        pace.add(time)
      }
      countResult()
    case .resultAdopted(let job, let source, let result):
      _ = jobs.finish(job, attempt: nil, result, worker: "study \(source)", at: time)
      countResult()
    case .jobSetAside(let job, let reason):
      release(job, attempt: nil)
      jobs.setAside(job, reason: reason, at: time)
      events.add(.jobSetAside, "job \(job): \(reason)", at: time)
    case .workerJoined(let worker):
      workers.join(worker, at: time)
      for job in carried.removeValue(forKey: worker.id) ?? [] where jobs.training(of: job)?.worker == worker.id {
        workers.begin(job, at: worker.id)
      }
      let slots = NumberText.plural(worker.slots, "slot")
      events.add(.workerJoined, "\(worker.id) on \(worker.host), \(slots), \(worker.kernelVariant)", at: time)
    case .workerLeft(let id, let reason):
      workers.leave(id)
      events.add(.workerLeft, "\(id): \(reason)", at: time)
    case .workerBenched(let id, let seconds, let reason):
      workers.rest(id, until: time + seconds, reason: reason)
      events.add(.workerBenched, "\(id) for \(Readable.duration(seconds: seconds)): \(reason)", at: time)
    case .workerPaused(let id, let seconds, let reason):
      workers.rest(id, until: time + seconds, reason: reason)
      events.add(.workerPaused, "\(id) for \(Readable.duration(seconds: seconds)): \(reason)", at: time)
    case .workerUnbenched(let id):
      workers.rest(id, until: nil, reason: nil)
      events.add(.workerUnbenched, id, at: time)
    case .roundDecided(let note):
      round = note
      events.add(.roundDecided, "\(note)", at: time)
    case .noted(let text), .notedOnce(let text): events.add(.note, text, at: time)
    case .studyFinished: events.add(.studyFinished, "", at: time)
    case .intervened(let intervention):
      events.add(.intervention, "\(intervention), asked by \(intervention.author)", at: time)
    case .jobAsked(let job, let round, _): jobs.ask(job, round: round)
    case .jobReopened(let job): jobs.reopen(job, at: time)
    case .resultStruckOut(let job):
      jobs.reopen(job, at: time)
      counts.struckOut += 1
      results -= 1
      revision += 1
    case .roundsForgotten(let first): if let latest = round?.round, latest >= first { round = nil }
    case .workerDrained(let id): workers.drain(id, isDistrusted: false)
    case .workerDistrusted(let id): workers.drain(id, isDistrusted: true)
    // Covered by the events of the requests, and by the summary.
    case .studyReopened, .paused, .budgetChanged: break
    }
  }

  private mutating func countResult() {
    results += 1
    revision += 1
  }

  /// Frees the slot of an attempt, or of all attempts at the job if `attempt` is `nil`.
  private mutating func release(_ job: Int64, attempt: Int?) {
    for training in jobs.trainings(of: job) where attempt == nil || training.attempt == attempt {
      workers.end(job, at: training.worker)
    }
  }

  package func label(_ candidate: Candidate) -> String { CandidateLabel(candidate, in: architecture).text }

  /// `starting` before the first news from the coordinator, `running`, `paused`, `finished`, or `stopped`.
  package var state: String {
    if isFinished { return "finished" }
    if isOver { return "stopped" }
    return summary.map { $0.isPaused ? "paused" : "running" } ?? "starting"
  }
}

/// Counters and distributions since this coordinator began, for monitoring.
package struct LiveCounts: Sendable {
  /// The number of attempts that ended, by ending.
  package var attempts: [AttemptEnding: Int] = [:]
  /// The time from the beginning of the attempt that brought a result until the result was recorded, in seconds.
  package var durations = Histogram(bounds: [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400])
  /// The time that jobs waited for a free slot, in seconds.
  package var dispatchWaits = Histogram(
    bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800, 3600, 21600, 86400])
  /// The duration of each transaction until it was on disk, in seconds.
  package var commits = Histogram(bounds: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5])
  package var lateResults = 0
  /// The number of results that were struck out with a distrusted worker.
  package var struckOut = 0
  package var undecodable = 0
  package var restingWorkers = 0
  package var slots = 0
}

/// The number of values in each interval between given bounds.
package struct Histogram: Hashable, Sendable {
  package let bounds: [Double]
  /// The number of values up to each bound and above the one before it; the last count has the values above all bounds.
  package private(set) var counts: [Int]
  package private(set) var sum = 0.0

  /// - Parameter bounds: The upper bounds, in ascending order.
  package init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  package var count: Int { counts.reduce(0, +) }

  package mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }
}
