import ReadableText

/// The limits of what a search may spend; `nil` for no limit. The search ends when it reaches the first of them.
package struct SearchBudget: Hashable, Sendable, CustomStringConvertible {
  /// The number of all jobs.
  package var jobs: Int?
  /// The hours of training, summed over all trainings.
  package var workerHours: Double?
  /// The hours during which at least one training ran.
  package var hours: Double?

  package init(jobs: Int? = nil, workerHours: Double? = nil, hours: Double? = nil) {
    self.jobs = jobs
    self.workerHours = workerHours
    self.hours = hours
  }

  /// Whether at least one limit is larger.
  package func isLarger(than other: SearchBudget) -> Bool {
    (jobs ?? .max) > (other.jobs ?? .max) || (workerHours ?? .infinity) > (other.workerHours ?? .infinity)
      || (hours ?? .infinity) > (other.hours ?? .infinity)
  }

  /// Such as `120 jobs and 4 worker hours`.
  package var description: String {
    let bounds = [
      jobs.map { "\($0) jobs" }, workerHours.map { "\(NumberText.shortest($0)) worker hours" },
      hours.map { "\(NumberText.shortest($0)) hours" },
    ].compactMap(\.self)
    return bounds.isEmpty ? "without bound" : bounds.joined(separator: " and ")
  }
}
