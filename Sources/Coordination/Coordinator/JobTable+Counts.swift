extension JobTable {
  /// Without those that wait beyond the budget.
  var countWithinBudget: Int { jobs.count - beyondBudget.count }
  /// Waiting or running.
  var openCount: Int { countWithinBudget - finishedCount - setAsideCount }
  var waitingCount: Int { openCount - runningCount }

  /// All that wait within the budget, in no order: in proportion to their number.
  var waitingJobs: [Job] { queued.compactMap { self[$0] }.filter(\.isWaiting) }
}
