/// The time that a search has taken so far, in seconds.
public struct TimeSpent: Hashable, Sendable {
  /// The sum over all trainings.
  public var ofWorkers: Double
  /// The time during which anything was trained.
  public var onClock: Double

  public init(ofWorkers: Double = 0, onClock: Double = 0) {
    self.ofWorkers = ofWorkers
    self.onClock = onClock
  }

  /// - Parameter trainings: When each training began and ended, in any order.
  public init(_ trainings: [(begun: Double, ended: Double)]) {
    self.init()
    var last = -Double.infinity
    for (begun, ended) in trainings.sorted(by: { $0.begun < $1.begun }) where ended > begun {
      ofWorkers += ended - begun
      onClock += max(0, ended - max(begun, last))
      last = max(last, ended)
    }
  }
}

/// How much time a search may take, in seconds; `nil` for no bound.
public struct TimeLimits: Hashable, Sendable {
  public var ofWorkers: Double?
  public var onClock: Double?

  public init(ofWorkers: Double? = nil, onClock: Double? = nil) {
    self.ofWorkers = ofWorkers
    self.onClock = onClock
  }

  /// Returns the seconds on the clock until a bound is reached while `running` trainings go on; `nil` if no bound
  /// applies.
  public func secondsLeft(after spent: TimeSpent, running: Int) -> Double? {
    let left = [
      onClock.map { $0 - spent.onClock },
      running > 0 ? ofWorkers.map { ($0 - spent.ofWorkers) / Double(running) } : nil,
    ]
    return left.compactMap { $0 }.min().map { max(0, $0) }
  }
}
