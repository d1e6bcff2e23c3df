import SearchCore

/// Where a result came from.
public struct ResultOrigin: Hashable, Sendable {
  public var job: Int64
  /// 0 if the result is from another study.
  public var attempt: Int
  /// The worker that handed over the result, or the study that it is from.
  public var worker: String
  /// Seconds since 1970.
  public var recorded: Double
  /// Whether another study had the result, so that nothing was trained for this study.
  public var isAdopted: Bool { attempt == 0 && worker.hasPrefix(StudyEvent.sourcePrefix) }
}

/// Attempts that brought no result, for the same reason.
public struct UnfinishedAttempts: Hashable, Sendable {
  public var ending: AttemptEnding
  public var reason: String
  public var count: Int

  public init(ending: AttemptEnding, reason: String, count: Int) {
    self.ending = ending
    self.reason = reason
    self.count = count
  }
}

extension StudyStore {
  /// The origins of all results, in the order in which these were recorded.
  public func resultOrigins() throws(StoreError) -> [ResultOrigin] {
    try rows(
      "the results", of: "a result", "SELECT job, attempt, worker, recorded FROM observation ORDER BY sequence"
    ) { row in
      ResultOrigin(
        job: try row.value(0), attempt: try row.value(1), worker: try row.value(2), recorded: try row.value(3))
    }
  }

  /// The most common reasons first; at most `count` of them.
  public func unfinishedAttempts(atMost count: Int) throws(StoreError) -> [UnfinishedAttempts] {
    try rows(
      "the attempts", of: "an attempt",
      """
      SELECT ending, coalesce(reason, ''), count(*) FROM attempt WHERE ended IS NOT NULL AND ending <> 'finished'
      GROUP BY ending, reason ORDER BY count(*) DESC, ending, reason LIMIT ?
      """, [max(0, count)]
    ) { row in
      guard let ending = AttemptEnding(rawValue: try row.value(0)) else { throw row.damaged(0) }
      return UnfinishedAttempts(ending: ending, reason: try row.value(1), count: try row.value(2))
    }
  }
}
