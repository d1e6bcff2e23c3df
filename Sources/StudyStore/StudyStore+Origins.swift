import SearchCore

/// Where a result came from.
public struct ResultOrigin: Hashable, Sendable {
  public var job: Int64
  /// 0 where another study had it.
  public var attempt: Int
  /// That handed it over; a study, where that had it.
  public var worker: String
  /// Seconds since 1970.
  public var recorded: Double
  /// Another study had it: nobody trained it for this one.
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
  /// Of all results, in the order in which they were recorded.
  public func resultOrigins() throws(StoreError) -> [ResultOrigin] {
    try rows(
      "the results", of: "a result", "SELECT job, attempt, worker, recorded FROM observation ORDER BY sequence"
    ) { row in
      ResultOrigin(
        job: try row.value(0), attempt: try row.value(1), worker: try row.value(2), recorded: try row.value(3))
    }
  }

  /// The commonest first; no more than `count` reasons.
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
