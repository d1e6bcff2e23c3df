extension JobTable {
  /// The number of jobs, except those that wait beyond the budget.
  var countWithinBudget: Int { jobs.count - beyondBudget.count }
  /// The number of jobs that wait or run.
  var openCount: Int { countWithinBudget - finishedCount - setAsideCount }
  var waitingCount: Int { openCount - runningCount }

  /// All jobs that wait within the budget, in no particular order. Takes time proportional to their number.
  var waitingJobs: [Job] { queued.compactMap { self[$0] }.filter(\.isWaiting) }
}
