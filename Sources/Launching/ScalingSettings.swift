package struct ScalingSettings: Hashable, Sendable {
  package var range: WorkerRange
  /// The slots of a worker; `nil` if each has as many as its machine gives it.
  package var slots: Int?
  /// How long there must be too many workers before one is let go.
  package var coolDownSeconds = 60.0
  /// The number of cool-down times after which a worker that may have a job is let go too.
  package var longOver = 5.0
  /// A worker that ends sooner counts as a failed start.
  package var shortLifeSeconds = 60.0
  package var firstBackOffSeconds = 5.0
  package var longestBackOffSeconds = 600.0
  /// The number of short-lived workers in a row, whose nodes were taken away, that are replaced at once.
  package var takenAtOnce = 3
  /// A worker that was not listed for this long is gone.
  package var vanishSeconds = 30.0
  /// How long workers may take to leave by themselves once the study is done.
  package var leaveSeconds = 90.0
  /// A worker that was told to leave and has not reacted for this long is told again.
  package var tellAgainSeconds = 30.0
  /// The number of failed lists in a row after which a launch that is stopping ends.
  package var mostUnlisted = 3

  package init(range: WorkerRange, slots: Int? = nil) {
    self.range = range
    self.slots = slots
  }
}

/// Spaces out starts that fail: each failure in a row doubles the wait of the one before.
struct BackOff: Sendable {
  let first: Double
  let longest: Double
  private(set) var failures = 0
  /// The earliest time of the next start.
  private(set) var nextStart = -Double.infinity
  /// The message while it waits; `nil` if the last start did not fail.
  var problem: String?
  /// When the last start failed, or found no room.
  private(set) var last = -Double.infinity

  init(first: Double, longest: Double) {
    self.first = first
    self.longest = longest
  }

  /// - Returns: The number of seconds until the next start.
  mutating func fail(at now: Double) -> Double {
    failures += 1
    last = now
    let delay = min(longest, first * Double(1 << min(failures - 1, 20)))
    nextStart = now + delay
    return delay
  }

  /// The number of starts in a row that did not fail but found no room.
  var waits = 0
  /// The longest wait for room, in seconds.
  static let longestWait = 60.0

  /// Waits because the place has no room.
  mutating func wait(at now: Double) {
    nextStart = now + min(Self.longestWait, longest, first * Double(1 << min(waits, 20)))
    waits += 1
    last = now
  }

  /// Ends a wait for room, because there may be room now.
  mutating func endWait() {
    guard waits > 0, problem == nil else { return }
    nextStart = -Double.infinity
  }

  mutating func reset() {
    (failures, waits) = (0, 0)
    problem = nil
    nextStart = -Double.infinity
  }
}
