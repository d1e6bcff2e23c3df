import Synchronization

/// When workers were last recorded as seen. A worker of many short jobs is seen hundreds of times a second, and nobody
/// asks more closely than by the second.
final class Sightings: Sendable {
  private let times = Mutex<[String: Double]>([:])
  private static let secondsBetween = 1.0
  /// Workers come with new names: those of long ago are forgotten, all at once.
  private static let most = 50_000

  /// Whether this is worth recording.
  func isDue(_ worker: String, at now: Double) -> Bool {
    times.withLock { times in
      if let last = times[worker], now >= last, now - last < Self.secondsBetween { return false }
      if times.count >= Self.most { times = [:] }
      times[worker] = now
      return true
    }
  }
}
