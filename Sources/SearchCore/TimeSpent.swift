/// What a search has taken so far, in seconds.
public struct TimeSpent: Hashable, Sendable {
  /// Summed over all trainings.
  public var ofWorkers: Double
  /// During which anything was trained.
  public var onClock: Double

  public init(ofWorkers: Double = 0, onClock: Double = 0) {
    self.ofWorkers = ofWorkers
    self.onClock = onClock
  }

  /// - Parameter trainings: when each began and ended, in whatever order.
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

/// How much of it a search may take, in seconds; nil for no bound.
public struct TimeLimits: Hashable, Sendable {
  public var ofWorkers: Double?
  public var onClock: Double?

  public init(ofWorkers: Double? = nil, onClock: Double? = nil) {
    self.ofWorkers = ofWorkers
    self.onClock = onClock
  }

  /// Seconds on the clock until one of them is reached while so many trainings go on; nil where none will be.
  public func secondsLeft(after spent: TimeSpent, running: Int) -> Double? {
    let left = [
      onClock.map { $0 - spent.onClock },
      running > 0 ? ofWorkers.map { ($0 - spent.ofWorkers) / Double(running) } : nil,
    ]
    return left.compactMap { $0 }.min().map { max(0, $0) }
  }
}
