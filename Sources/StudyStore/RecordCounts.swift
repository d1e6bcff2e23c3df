import GRDB

/// How much of a study is on record. Every count only grows, and everything that a worker is told is recorded is
/// included in one of them.
struct RecordCounts: Hashable, Sendable {
  var jobs = 0
  var attempts = 0
  /// The number of attempts that ended, in any way.
  var endings = 0
  var results = 0

  static func + (left: RecordCounts, right: RecordCounts) -> RecordCounts {
    RecordCounts(
      jobs: left.jobs + right.jobs, attempts: left.attempts + right.attempts, endings: left.endings + right.endings,
      results: left.results + right.results)
  }
}

extension RecordCounts {
  init(of db: Database, directory: String) throws {
    // A struck result is still on record.
    let struck = try db.tableExists("struck_observation") ? "(SELECT count(*) FROM struck_observation)" : "0"
    let row = try Row.fetchOne(
      db,
      sql: """
        -- Newer schemas have a view of this name.
        SELECT (SELECT count(*) FROM job), (SELECT count(*) FROM attempt),
          (SELECT count(*) FROM attempt WHERE ended IS NULL), (SELECT count(*) FROM result) + \(struck)
        """)
    guard let row else { throw StoreError.damaged(directory, "its rows cannot be counted") }
    let reader = RowReader(row: row, directory: directory, what: "the counts")
    let attempts: Int = try reader.value(1)
    self.init(
      jobs: try reader.value(0), attempts: attempts, endings: attempts - (try reader.value(2, as: Int.self)),
      results: try reader.value(3))
  }
}

/// What was recorded once and is no longer in the database.
public struct MissingRecords: Hashable, Sendable {
  public var jobs: Int
  public var attempts: Int
  public var endings: Int
  public var results: Int
  /// The number of results that were recorded.
  public var recordedResults: Int

  /// `nil` if nothing is missing.
  init?(_ found: RecordCounts, of recorded: RecordCounts) {
    jobs = max(0, recorded.jobs - found.jobs)
    attempts = max(0, recorded.attempts - found.attempts)
    endings = max(0, recorded.endings - found.endings)
    results = max(0, recorded.results - found.results)
    recordedResults = recorded.results
    guard jobs + attempts + endings + results > 0 else { return nil }
  }
}

extension MissingRecords: CustomStringConvertible {
  public var description: String {
    if results > 0 { return "\(results) of \(recordedResults) acknowledged results are missing" }
    if endings > 0 { return "the ends of \(endings) attempts are missing" }
    return attempts > 0 ? "\(attempts) attempts are missing" : "\(jobs) jobs are missing"
  }
}
