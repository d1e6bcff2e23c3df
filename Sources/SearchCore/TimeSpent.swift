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
}
