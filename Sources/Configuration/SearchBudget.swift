/// How much a search may spend; nil for no bound. What is reached first ends it.
package struct SearchBudget: Hashable, Sendable {
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
}
