import SearchCore

/// Where a study stands, for people: kept up by the same changes that are recorded.
struct StudyProgress: Sendable {
  private(set) var finished = 0
  private(set) var failed = 0
  private(set) var jobs = 0
  private(set) var running: Set<Int64> = []
  private(set) var workers: [String: WorkerRecord] = [:]
  private(set) var hasEnded = false

  /// Seconds on a monotonic clock at which trainings ended in this session, the latest ones.
  private var endings: [Double] = []
  private var firstStart: Double?
  private static let endingsKept = 32

  /// Takes up where the recorded jobs stand; none of them is running.
  init(jobs records: [JobRecord]) {
    for record in records {
      jobs += 1
      if record.state == .finished { finished += 1 }
      if record.state == .failed { failed += 1 }
    }
  }

  mutating func apply(_ change: StudyChange, now: Double) {
    switch change {
    case .jobAdded: jobs += 1
    case .attemptStarted(let job, _, _):
      running.insert(job)
      firstStart = firstStart ?? now
    case .attemptEnded(let job, _, _, _):
      running.remove(job)
    case .jobFinished(let job, _, _, _):
      running.remove(job)
      finished += 1
      settled(now: now)
    case .jobSetAside(let job, _):
      running.remove(job)
      failed += 1
      settled(now: now)
    case .workerJoined(let worker): workers[worker.id] = worker
    case .workerLeft(let id, _): workers[id] = nil
    case .studyFinished: hasEnded = true
    case .noted, .failureExplained, .workerBenched, .workerUnbenched: break
    }
  }

  private mutating func settled(now: Double) {
    endings.append(now)
    if endings.count > Self.endingsKept { endings.removeFirst() }
  }

  var settledJobs: Int { finished + failed }

  /// Jobs a second over the latest endings; nil until one has ended. Falls while nothing ends.
  func rate(now: Double) -> Double? {
    guard let first = firstStart, let latest = endings.last else { return nil }
    if endings.count < Self.endingsKept { return Double(endings.count) / max(now - first, 1e-3) }
    return Double(endings.count - 1) / max(max(now, latest) - endings[0], 1e-3)
  }

  func secondsLeft(expected: Int, now: Double) -> Double? {
    guard let rate = rate(now: now), rate > 0 else { return nil }
    return Double(max(0, expected - settledJobs)) / rate
  }
}
