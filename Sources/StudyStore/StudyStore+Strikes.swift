import GRDB
import SearchCore

// Changes that people ask for while a study runs.
extension ChangeRecorder {
  /// Changes the budget in effect; the configuration keeps the previous one.
  func changeBudget(to jobs: Int) throws {
    var identity = try StudyStore.identity(db, directory)
    identity.budget = jobs
    try run("UPDATE study SET budget = ?, checksum = ?", [jobs, RowChecksum.study(identity)])
  }

  func reopen(_ job: Int64) throws {
    let changed = try run(
      """
      UPDATE job SET state = 'waiting', failures = 0, losses = 0, failure_reason = NULL, settled = NULL
      WHERE id = ? AND state = 'failed'
      """, [job])
    if changed == 0 {
      throw StoreError.invalidChange(directory, "job \(job) is not set aside, it cannot be tried again")
    }
  }

  /// Moves the job's observation, with its artifacts, to the struck ones. The job waits again.
  func strikeOut(_ job: Int64) throws {
    let moved = try run(
      """
      INSERT INTO struck_observation
        (sequence, job, attempt, worker, recorded, \(ObservationRow.columns), checksum, struck)
      SELECT sequence, job, attempt, worker, recorded, \(ObservationRow.columns), checksum, ? FROM observation
      WHERE job = ?
      """, [now, job])
    guard moved == 1 else {
      throw StoreError.invalidChange(directory, "job \(job) has no result, none can be struck out")
    }
    let id = db.lastInsertedRowID
    try run(
      """
      INSERT INTO struck_artifact (id, name, hash, bytes) SELECT ?, name, hash, bytes FROM artifact WHERE job = ?
      """, [id, job])
    try run("DELETE FROM artifact WHERE job = ?", [job])
    try run("DELETE FROM observation WHERE job = ?", [job])
    try run("UPDATE job SET state = 'waiting', failures = 0, losses = 0, settled = NULL WHERE id = ?", [job])
  }

  /// Sequence numbers are never reused: if the latest results were struck out, a new result comes after them.
  func moveBehindStrikes(_ job: Int64) throws {
    try run(
      """
      UPDATE observation SET sequence = 1 + (SELECT max(sequence) FROM struck_observation)
      WHERE job = ? AND sequence <= (SELECT max(sequence) FROM struck_observation)
      """, [job])
  }
}

/// A result that was struck out because a person distrusts the worker that found it.
public struct StruckResult: Hashable, Sendable {
  public var job: Int64
  public var work: Work
  public var attempt: Int
  /// The worker that handed over the result.
  public var worker: String
  /// Seconds since 1970.
  public var recorded: Double
  public var struck: Double
  public var result: Observation
}

extension StudyStore {
  /// Keeps the struck results of a damaged study whose jobs are in this one. They come before all that this study
  /// records: their sequence numbers are negative.
  /// - Returns: The number of results kept.
  func keep(_ strikes: [SalvagedStrike]) throws(StoreError) -> Int {
    var count = 0
    // Sequence numbers have no checksums, so implausible ones are left out.
    let strikes = strikes.filter { abs(Double($0.sequence)) < 1e12 }
    let end = (strikes.map(\.sequence).max() ?? 0) + 1
    try writing("keep what was struck out in") { db in
      for strike in strikes {
        guard try Row.fetchOne(db, sql: "SELECT 1 FROM job WHERE id = ?", arguments: [strike.job]) != nil else {
          continue
        }
        try db.execute(
          sql: """
            INSERT INTO struck_observation
              (sequence, job, attempt, worker, recorded, \(ObservationRow.columns), checksum, struck)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            strike.sequence - end, strike.job, strike.attempt, strike.worker, strike.recorded, strike.row.metrics,
            strike.row.curves, strike.row.observation.diverged, strike.row.observation.kernelVariant,
            strike.row.checksum(of: strike.job), strike.struck,
          ])
        let id = db.lastInsertedRowID
        for artifact in strike.row.observation.artifacts {
          try db.execute(
            sql: "INSERT INTO struck_artifact (id, name, hash, bytes) VALUES (?, ?, ?, ?)",
            arguments: [id, artifact.name, artifact.value.hash, artifact.value.bytes])
        }
        count += 1
      }
    }
    return count
  }

  /// The struck results, in the order in which they were recorded. Throws `damaged` if one is not what was written.
  /// - Parameter job: only the results of this job; `nil` for all.
  public func struckResults(of job: Int64? = nil) throws(StoreError) -> [StruckResult] {
    let kinds = try reading("the kinds of work") { try StoredKinds($0, directory) }
    let artifacts = try reading("the artifacts") { try StoredArtifacts(struckIn: $0, directory) }
    return try rows(
      "the results that were struck out", of: "a result that was struck out",
      """
      SELECT \(JobRow.qualifiedColumns), attempt, worker, recorded, struck, struck.checksum, struck.id,
        \(ObservationRow.columns)
      FROM struck_observation AS struck JOIN job ON job.id = struck.job
      WHERE ?1 IS NULL OR struck.job = ?1 ORDER BY sequence
      """, [job]
    ) { row in
      let (job, work) = try JobRow.work(row, at: 0, kinds)
      let first = JobRow.count
      let stored = try ObservationRow(row, at: first + 6, artifacts: artifacts[try row.value(first + 5)])
      guard try row.value(first + 4) == stored.checksum(of: job) else {
        throw StoreError.damaged(directory, "a result of job \(job) that was struck out does not match its checksum")
      }
      return StruckResult(
        job: job, work: work, attempt: try row.value(first), worker: try row.value(first + 1),
        recorded: try row.value(first + 2), struck: try row.value(first + 3), result: stored.observation)
    }
  }

  /// The number of struck results.
  public func struckCount() throws(StoreError) -> Int {
    let counts: [Int] = try rows(
      "the results that were struck out", of: "their number", "SELECT count(*) FROM struck_observation"
    ) { try $0.value(0) }
    return counts.first ?? 0
  }

  /// When a person paused the study; `nil` while jobs are handed out.
  public func paused() throws(StoreError) -> Double? {
    let times: [Double?] = try rows("whether the study is paused", of: "the study", "SELECT paused FROM study") {
      try $0.optional(0)
    }
    return times.first ?? nil
  }

  /// The latest `count` requests of people, the latest last.
  public func interventions(latest count: Int = .max) throws(StoreError) -> [StudyEvent] {
    try rows(
      "the events", of: "an event",
      """
      SELECT id, time, kind, text, author FROM event WHERE kind = ? ORDER BY id DESC LIMIT ?
      """, [StudyEvent.Kind.intervention.rawValue, max(0, count)], StudyEvent.init(row:)
    ).reversed()
  }
}
