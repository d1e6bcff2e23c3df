/// What a worker's success and failure is counted for. What a key did counts for its workers under whatever name.
enum Account: Hashable, Sendable {
  case worker(String)
  case key(String)

  /// What is counted for a worker and for its key.
  static func all(of worker: WorkerIdentity) -> [Account] {
    guard let key = worker.key else { return [.worker(worker.worker)] }
    return [.worker(worker.worker), .key(key)]
  }
}

/// Failures in a row, and the pauses that they cost.
struct FailureStreak: Sendable {
  /// Attempts that failed, stalled or were lost since the last job was finished, by job.
  private var strikes: [Int64: Int] = [:]
  /// Since the last job was finished. Until one is, there is one job at a time.
  private(set) var pauses = 0
  /// No jobs until then; nil while there is no pause.
  private(set) var pausedUntil: Double?

  /// - Parameter isProven: it has finished jobs. Then one job that fails again and again says nothing of the worker.
  func count(isProven: Bool) -> Int { isProven ? strikes.count : strikes.values.reduce(0, +) }

  mutating func strike(for job: Int64) { strikes[job, default: 0] += 1 }

  /// It was the job's fault.
  mutating func forgive(_ job: Int64) { strikes[job] = nil }

  mutating func pause(until time: Double) {
    pausedUntil = time
    pauses += 1
  }

  mutating func endPause() { pausedUntil = nil }
}
