/// What has become of the works so far. A strategy decides on nothing else, so that a restart needs only what is
/// recorded.
public struct SearchHistory: Sendable {
  public private(set) var results: [Work: Observation]
  /// Without a result for good: never tried again within the study, unless the user asks for it.
  public private(set) var setAside: Set<Work>

  public init(results: [Work: Observation] = [:], setAside: Set<Work> = []) {
    self.results = results
    self.setAside = setAside
  }

  /// What is recorded of these jobs.
  public init(jobs: [JobRecord]) {
    self.init()
    for job in jobs {
      if let result = job.result { record(result, for: job.work) }
      if job.state == .setAside { recordSetAside(of: job.work) }
    }
  }

  public mutating func record(_ result: Observation, for work: Work) {
    results[work] = result
    setAside.remove(work)
  }

  /// Ignored for a work that has a result.
  public mutating func recordSetAside(of work: Work) {
    if results[work] == nil { setAside.insert(work) }
  }

  public func isSettled(_ work: Work) -> Bool { results[work] != nil || setAside.contains(work) }
}
