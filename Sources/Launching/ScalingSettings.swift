package struct ScalingSettings: Hashable, Sendable {
  package var range: WorkerRange
  /// Of a worker; nil where each has what its machine gives it.
  package var slots: Int?
  /// There must be too many workers for so long before one is let go.
  package var coolDownSeconds = 60.0
  /// After so many cool-down times a worker is let go that may have a job.
  package var longOver = 5.0
  /// A worker that ends sooner did not really start.
  package var shortLifeSeconds = 60.0
  package var firstBackOffSeconds = 5.0
  package var longestBackOffSeconds = 600.0
  /// Short-lived workers in a row whose nodes were taken away, which are replaced at once.
  package var takenAtOnce = 3
  /// A worker that was not listed for so long is gone.
  package var vanishSeconds = 30.0
  /// For workers to leave by themselves when the study is done.
  package var leaveSeconds = 90.0
  /// A worker that was told to leave and shows no sign of it is told again.
  package var tellAgainSeconds = 30.0
  /// Lists in a row that cannot be had while the launch ends.
  package var mostUnlisted = 3

  package init(range: WorkerRange, slots: Int? = nil) {
    self.range = range
    self.slots = slots
  }
}

/// Starts that fail: each in a row is followed by twice the wait of the one before.
struct BackOff: Sendable {
  let first: Double
  let longest: Double
  private(set) var failures = 0
  /// No start before.
  private(set) var nextStart = -Double.infinity
  /// What is told while it waits; nil where the last start was none that failed.
  var problem: String?
  /// When the last failure was, or when there was nothing to be had.
  private(set) var last = -Double.infinity

  init(first: Double, longest: Double) {
    self.first = first
    self.longest = longest
  }

  /// - Returns: seconds until the next start.
  mutating func fail(at now: Double) -> Double {
    failures += 1
    last = now
    let delay = min(longest, first * Double(1 << min(failures - 1, 20)))
    nextStart = now + delay
    return delay
  }

  /// In a row in which there was no failure, and nothing to be had.
  var waits = 0
  /// The longest of these.
  static let longestWait = 60.0

  /// There is nothing to be had for a while.
  mutating func wait(at now: Double) {
    nextStart = now + min(Self.longestWait, longest, first * Double(1 << min(waits, 20)))
    waits += 1
    last = now
  }

  /// There may be room now.
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
