/// What has become of the trials so far. A strategy decides on nothing else, so that a restart needs only what is recorded.
public struct SearchHistory: Sendable {
  public private(set) var results: [Trial: TrialResult]
  /// Set aside for good after repeated crashes; never retried within the study.
  public private(set) var failed: Set<Trial>

  public init(results: [Trial: TrialResult] = [:], failed: Set<Trial> = []) {
    self.results = results
    self.failed = failed
  }

  /// What is recorded of these jobs.
  public init(jobs: [JobRecord]) {
    self.init()
    for job in jobs {
      if let result = job.result { record(result, for: job.trial) }
      if job.state == .failed { recordFailure(of: job.trial) }
    }
  }

  public mutating func record(_ result: TrialResult, for trial: Trial) {
    results[trial] = result
    failed.remove(trial)
  }

  /// Ignored for a trial that has a result.
  public mutating func recordFailure(of trial: Trial) {
    if results[trial] == nil { failed.insert(trial) }
  }

  public func isSettled(_ trial: Trial) -> Bool { results[trial] != nil || failed.contains(trial) }
}
