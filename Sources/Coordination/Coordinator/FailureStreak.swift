/// What successes and failures are counted for: a worker or a key. A key's count applies to all its workers, whatever
/// their names.
enum Account: Hashable, Sendable {
  case worker(String)
  case key(String)

  /// The accounts of a worker: its own and, with keys, that of its key.
  static func all(of worker: WorkerIdentity) -> [Account] {
    guard let key = worker.key else { return [.worker(worker.worker)] }
    return [.worker(worker.worker), .key(key)]
  }
}

/// Failures in a row, and the pauses that they cost.
struct FailureStreak: Sendable {
  /// The attempts that failed, stalled or were lost since the last job was finished, by job.
  private var strikes: [Int64: Int] = [:]
  /// The number of pauses since the last job was finished. If it is not 0, the account's workers get one job at a time.
  private(set) var pauses = 0
  /// The time until which there are no jobs; `nil` while there is no pause.
  private(set) var pausedUntil: Double?

  /// Returns the number of strikes.
  /// - Parameter isProven: Whether the worker has finished jobs. If so, each job counts once, since one job that fails
  ///   again and again says nothing about the worker.
  func count(isProven: Bool) -> Int { isProven ? strikes.count : strikes.values.reduce(0, +) }

  mutating func strike(for job: Int64) { strikes[job, default: 0] += 1 }

  /// Removes the strikes for a job that was itself at fault.
  mutating func forgive(_ job: Int64) { strikes[job] = nil }

  mutating func pause(until time: Double) {
    pausedUntil = time
    pauses += 1
  }

  mutating func endPause() { pausedUntil = nil }
}
