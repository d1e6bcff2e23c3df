import SearchCore

/// Where a study stands, for people: kept up by the same changes that are recorded.
package struct StudyProgress: Sendable {
  package private(set) var finished = 0
  package private(set) var failed = 0
  package private(set) var running: Set<Int64> = []
  package private(set) var workers: [String: WorkerRecord] = [:]

  private var pace = Pace()
  /// Attempts that were begun in this session: when, on a monotonic clock.
  private var begun: [Int64: (attempt: Int, time: Double)] = [:]

  /// Takes up where the recorded jobs stand; none of them is running.
  package init(jobs records: [JobRecord]) {
    for record in records {
      if record.state == .finished { finished += 1 }
      if record.state == .failed { failed += 1 }
    }
  }

  package mutating func apply(_ change: StudyChange, now: Double) {
    switch change {
    case .attemptStarted(let job, let attempt, _):
      running.insert(job)
      begun[job] = (attempt, now)
    case .attemptEnded(let job, _, _, _):
      running.remove(job)
      begun[job] = nil
    case .jobFinished(let job, let attempt, _, _):
      running.remove(job)
      finished += 1
      // What was trained before this session, and waited in a spool, says nothing about the pace of this one. Such an
      // attempt is unknown, or is entered and finished in the same turn.
      if let begun = begun.removeValue(forKey: job), begun.attempt == attempt, begun.time < now {
        pace.add(from: begun.time, to: now)
      }
    case .jobSetAside(let job, _):
      running.remove(job)
      begun[job] = nil
      failed += 1
    case .workerJoined(let worker): workers[worker.id] = worker
    case .workerLeft(let id, _): workers[id] = nil
    case .jobAdded, .studyFinished, .noted, .failureExplained, .workerBenched, .workerUnbenched: break
    }
  }

  package var settledJobs: Int { finished + failed }

  /// Trainings a second over the latest ones; nil until one that was begun in this session has ended, and while no worker
  /// is here. Falls while nothing ends.
  package func rate(now: Double) -> Double? {
    workers.isEmpty ? nil : pace.rate(now: now)
  }

  package func secondsLeft(expected: Int, now: Double) -> Double? {
    guard let rate = rate(now: now), rate > 0 else { return nil }
    return Double(max(0, expected - settledJobs)) / rate
  }
}

/// How fast trainings end, from the latest of one session.
struct Pace: Sendable {
  package static let kept = 32

  private var firstStart: Double?
  /// In seconds, the latest last.
  private var endings: [Double] = []

  package mutating func add(from start: Double, to end: Double) {
    firstStart = min(firstStart ?? start, start)
    endings.append(end)
    if endings.count > Self.kept { endings.removeFirst() }
  }

  /// A second; nil until a training has ended. Until many have, the time before the first ending counts.
  package func rate(now: Double) -> Double? {
    guard let firstStart, let latest = endings.last else { return nil }
    if endings.count < Self.kept { return Double(endings.count) / max(now - firstStart, 1e-3) }
    return Double(endings.count - 1) / max(max(now, latest) - endings[0], 1e-3)
  }
}
