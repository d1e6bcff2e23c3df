/// What has become of the works so far. A strategy decides on nothing else, so that a restart needs only what is recorded.
public struct SearchHistory: Sendable {
  public private(set) var results: [Work: Observation]
  /// Set aside for good after repeated crashes; never retried within the study.
  public private(set) var failed: Set<Work>

  public init(results: [Work: Observation] = [:], failed: Set<Work> = []) {
    self.results = results
    self.failed = failed
  }

  /// What is recorded of these jobs.
  public init(jobs: [JobRecord]) {
    self.init()
    for job in jobs {
      if let result = job.result { record(result, for: job.work) }
      if job.state == .failed { recordFailure(of: job.work) }
    }
  }

  public mutating func record(_ result: Observation, for work: Work) {
    results[work] = result
    failed.remove(work)
  }

  /// Ignored for a work that has a result.
  public mutating func recordFailure(of work: Work) {
    if results[work] == nil { failed.insert(work) }
  }

  public func isSettled(_ work: Work) -> Bool { results[work] != nil || failed.contains(work) }
}
