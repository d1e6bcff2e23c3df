import ReadableText

/// How much a search may spend; nil for no bound. What is reached first ends it.
package struct SearchBudget: Hashable, Sendable, CustomStringConvertible {
  /// Jobs in all.
  package var jobs: Int?
  /// Hours of training, summed over all trainings.
  package var workerHours: Double?
  /// Hours during which anything was trained.
  package var hours: Double?

  package init(jobs: Int? = nil, workerHours: Double? = nil, hours: Double? = nil) {
    self.jobs = jobs
    self.workerHours = workerHours
    self.hours = hours
  }

  /// In one respect at least.
  package func isLarger(than other: SearchBudget) -> Bool {
    (jobs ?? .max) > (other.jobs ?? .max) || (workerHours ?? .infinity) > (other.workerHours ?? .infinity)
      || (hours ?? .infinity) > (other.hours ?? .infinity)
  }

  /// `120 jobs and 4 worker hours`
  package var description: String {
    let bounds = [
      jobs.map { "\($0) jobs" }, workerHours.map { "\(NumberText.shortest($0)) worker hours" },
      hours.map { "\(NumberText.shortest($0)) hours" },
    ].compactMap(\.self)
    return bounds.isEmpty ? "without bound" : bounds.joined(separator: " and ")
  }
}
