import ReadableText
import SearchCore

/// The time that the trainings of a study have taken, and whether any is left.
struct TimeBudget: Sendable {
  let limits: TimeLimits
  private(set) var spent: TimeSpent
  private var last: Double?

  /// - Parameter spent: The time spent according to the record.
  init(_ limits: TimeLimits, spent: TimeSpent) {
    self.limits = limits
    self.spent = spent
  }

  /// Adds the time since the last call.
  /// - Parameter running: The number of jobs that were running since the last call.
  mutating func pass(until now: Double, running: Int) {
    defer { last = now }
    guard let last, now > last, running > 0 else { return }
    spent.ofWorkers += (now - last) * Double(running)
    spent.onClock += now - last
  }

  /// The limit that is reached, in the terms of the configuration; `nil` if time is left.
  var spentLimit: String? {
    if let limit = limits.ofWorkers, spent.ofWorkers >= limit {
      return "\(NumberText.shortest(limit / 3600)) worker hours"
    }
    if let limit = limits.onClock, spent.onClock >= limit { return "\(NumberText.shortest(limit / 3600)) hours" }
    return nil
  }
}
