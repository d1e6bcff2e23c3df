import Synchronization

/// When workers were last recorded as seen. A worker with many short jobs is seen hundreds of times a second, and a
/// resolution of one second is enough for every reader.
final class Sightings: Sendable {
  private let times = Mutex<[String: Double]>([:])
  private static let secondsBetween = 1.0
  /// The largest number of workers to remember. Because workers come with new names, all of them are forgotten at once
  /// when it is reached.
  private static let most = 50_000

  /// Whether the sighting is worth recording.
  func isDue(_ worker: String, at now: Double) -> Bool {
    times.withLock { times in
      if let last = times[worker], now >= last, now - last < Self.secondsBetween { return false }
      if times.count >= Self.most { times = [:] }
      times[worker] = now
      return true
    }
  }
}
