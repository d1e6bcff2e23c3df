import ReadableText
import SearchCore

/// How much time the trainings of a study have taken, and whether there is more.
struct TimeBudget: Sendable {
  let limits: TimeLimits
  private(set) var spent: TimeSpent
  private var last: Double?

  /// - Parameter spent: of the record.
  init(_ limits: TimeLimits, spent: TimeSpent) {
    self.limits = limits
    self.spent = spent
  }

  /// - Parameter running: jobs that were running since the last call.
  mutating func pass(until now: Double, running: Int) {
    defer { last = now }
    guard let last, now > last, running > 0 else { return }
    spent.ofWorkers += (now - last) * Double(running)
    spent.onClock += now - last
  }

  /// What is spent, as the configuration calls it; nil while there is more.
  var spentLimit: String? {
    if let limit = limits.ofWorkers, spent.ofWorkers >= limit {
      return "\(NumberText.shortest(limit / 3600)) worker hours"
    }
    if let limit = limits.onClock, spent.onClock >= limit { return "\(NumberText.shortest(limit / 3600)) hours" }
    return nil
  }
}
