import GRDB
import SearchCore

/// Jobs with their results, as they are read: every row is held to its checksum.
enum JobRows {
  static let list = """
    id, candidate, replicate, seed, state, attempts, failures, losses, failure_reason, job.checksum, result.checksum, \
    \(ResultColumns.list)
    """

  static func job(_ row: RowReader, _ template: StoredKind) throws -> JobRecord {
    let id: Int64 = try row.value(0)
    let text: String = try row.value(1)
    let replicate: Int = try row.value(2)
    let seed: Int64 = try row.value(3)
    guard try row.value(9) == RowChecksum.job(id, candidate: text, replicate: replicate, seed: seed) else {
      throw StoreError.damaged(row.directory, "job \(id) is not what was written")
    }
    guard let state = JobState(rawValue: try row.value(4)) else { throw row.damaged(4) }
    var result: Observation?
    if let checksum: Int64 = try row.optional(10) {
      let (found, epochLosses) = try ResultColumns.read(row, at: 11)
      guard checksum == RowChecksum.result(found, epochLosses: epochLosses, of: id) else {
        throw StoreError.damaged(row.directory, "the result of job \(id) is not what was written")
      }
      result = found
    }
    guard (state == .finished) == (result != nil) else {
      throw StoreError.damaged(
        row.directory, "job \(id) is \(state.rawValue) and has \(result == nil ? "no result" : "a result")")
    }
    return JobRecord(
      id: id,
      work: template.work(try candidate(row, 1), repetition: replicate, seed: seed), state: state,
      attempts: try row.value(5), failures: try row.value(6), losses: try row.value(7), result: result,
      failureReason: try row.optional(8))
  }

  static func candidate(_ row: RowReader, _ index: Int) throws -> Candidate {
    let text: String = try row.value(index)
    do { return try Candidate(parsing: text) } catch {
      throw StoreError.damaged(row.directory, "a job has an impossible \(error)")
    }
  }
}
