import Foundation
import GRDB
import SearchCore

/// Reads the jobs and results of a damaged database, as far as possible, row by row.
struct SalvagedRows {
  let db: Database
  let folder: StudyFolder
  /// Whether rows have checksums.
  let isChecked: Bool

  /// Reads the jobs and results of schemas 1 to 3.
  func trainings(
    by kind: StoredKinds.Kind, _ findings: inout StudySalvage.Findings
  ) throws -> SalvagedJobs {
    let checksum = isChecked ? "checksum" : "NULL"
    var jobs = SalvagedJobs()
    try forEachRow("SELECT \(TrainingRows.jobColumns), \(checksum) FROM job", "id", "a job") { row in
      let job = try? training(row, kind)
      if !jobs.add(job) { findings.damagedJobs += 1 }
    }
    try forEachRow(
      "SELECT job, \(checksum), recorded, \(TrainingRows.resultColumns) FROM result", "job", "a result"
    ) { row in
      guard let id = try? row.value(0, as: Int64.self), let (result, epochLosses) = try? TrainingRows.result(row, at: 3)
      else { return }
      let sum = TrainingRows.resultSum(result, epochLosses: epochLosses, of: id)
      guard !isChecked || (try? row.value(1, as: Int64.self)) == sum else { return }
      jobs.finish(id, with: result, at: try? row.value(2))
    }
    return jobs
  }

  /// Reads the jobs and results of schema 4 and later.
  /// - Parameter described: the kind that follows from the study's description, for jobs whose own kind cannot be read.
  func works(
    orOf described: StoredKinds.Kind?, _ findings: inout StudySalvage.Findings
  ) throws -> SalvagedJobs {
    let kinds = ((try? StoredKinds(db, folder.path))?.all ?? []) + (described.map { [$0] } ?? [])
    let artifacts = (try? StoredArtifacts(db, folder.path)) ?? StoredArtifacts()
    let hasStrikes = (try? db.tableExists("struck_observation")) ?? false
    var jobs = SalvagedJobs()
    try forEachRow(
      """
      SELECT id, candidate, repetition, seed, work, state, attempts, failures, losses, failure_reason, checksum, round,
        \(hasStrikes ? "place" : "NULL")
      FROM job
      """,
      "id", "a job"
    ) { row in
      var job = try? work(row, kinds)
      job?.round = (try? row.optional(11)) ?? nil
      job?.place = (try? row.optional(12)) ?? nil
      if !jobs.add(job) { findings.damagedJobs += 1 }
    }
    try forEachRow(
      "SELECT sequence, job, checksum, \(ObservationRow.columns) FROM observation", "sequence", "a result"
    ) { row in
      guard let id = try? row.value(1, as: Int64.self),
        let stored = try? ObservationRow(row, at: 3, artifacts: artifacts[id]),
        (try? row.value(2, as: Int64.self)) == stored.checksum(of: id)
      else { return }
      jobs.finish(id, with: stored.observation, at: (try? row.value(0, as: Int.self)).map(Double.init))
    }
    if hasStrikes { try readStrikes(into: &jobs) }
    return jobs
  }

  private func readStrikes(into jobs: inout SalvagedJobs) throws {
    let artifacts = (try? StoredArtifacts(struckIn: db, folder.path)) ?? StoredArtifacts()
    try forEachRow(
      """
      SELECT id, sequence, job, attempt, worker, recorded, struck, checksum, \(ObservationRow.columns)
      FROM struck_observation
      """, "id", "a result that was struck out"
    ) { row in
      guard let id = try? row.value(0, as: Int64.self),
        let strike = try? SalvagedStrike(row, artifacts: artifacts[id]),
        (try? row.value(7, as: Int64.self)) == strike.row.checksum(of: strike.job)
      else { return }
      jobs.strikes[id] = strike
    }
  }

  private func training(_ row: RowReader, _ kind: StoredKinds.Kind) throws -> JobRecord {
    let id: Int64 = try row.value(0)
    let (repetition, seed): (Int, Int64) = (try row.value(2), try row.value(3))
    let sum = TrainingRows.jobSum(id, candidate: try row.value(1), replicate: repetition, seed: seed)
    guard try !isChecked || row.value(9) == sum else { throw row.damaged(9) }
    let work = kind.work(try JobRow.candidate(row, 1), repetition: repetition, seed: seed)
    return try job(id, work, row, stateAt: 4)
  }

  private func work(_ row: RowReader, _ kinds: [StoredKinds.Kind]) throws -> JobRecord {
    let id: Int64 = try row.value(0)
    let digest: Data = try row.value(4)
    let candidate = try JobRow.candidate(row, 1)
    let (repetition, seed): (Int, Int64) = (try row.value(2), try row.value(3))
    for kind in kinds {
      let work = kind.work(candidate, repetition: repetition, seed: seed)
      guard Data(work.digest) == digest, try row.value(10) == RowChecksum.job(id, work, kind: kind.sum) else {
        continue
      }
      return try job(id, work, row, stateAt: 5)
    }
    throw row.damaged(4)
  }

  /// - Parameter first: the position of the state, which the counters and the reason follow.
  private func job(_ id: Int64, _ work: Work, _ row: RowReader, stateAt first: Int) throws -> JobRecord {
    guard id > 0, work.repetition >= 0 else { throw row.damaged(0) }
    // Counters have no checksums; impossible values are replaced by 0.
    func count(_ index: Int) -> Int {
      let value = (try? row.value(index, as: Int.self)) ?? 0
      return JobRows.counts.contains(value) ? value : 0
    }
    let state = (try? row.value(first, as: String.self)).flatMap(JobState.init) ?? .waiting
    return JobRecord(
      id: id, work: work, state: state, attempts: count(first + 1), failures: count(first + 2),
      losses: count(first + 3),
      failureReason: state == .setAside ? (try? row.value(first + 4, as: String.self)) ?? "" : nil)
  }

  /// Reads every row that can be reached by its number, around pages that cannot be read: a range that cannot be read
  /// as a whole is read in halves, large ranges first. A page holds some dozens of rows. If far more reads fail than
  /// rows were found, the path to the rows itself is destroyed, and nothing more can be found.
  private func forEachRow(
    _ select: String, _ key: String, _ what: String, _ body: (RowReader) -> Void
  ) throws {
    // More than the largest job number of a study; numbers beyond are damage.
    var ranges: [Range<Int64>] = [0..<2_000_000]
    var seen: Set<Int64> = []
    var first = 0
    while first < ranges.count, first < 4_000 + 4 * seen.count {
      let range = ranges[first]
      first += 1
      var next = range.lowerBound
      do {
        let cursor = try Row.fetchCursor(
          db, sql: "\(select) WHERE \(key) >= ? AND \(key) < ? ORDER BY \(key)",
          arguments: [range.lowerBound, range.upperBound])
        while let row = try cursor.next() {
          guard let number = Int64.fromDatabaseValue(row[0]) else { continue }
          next = max(next, number + 1)
          // A damaged page may lead to rows of other ranges.
          if range.contains(number), seen.insert(number).inserted {
            body(RowReader(row: row, directory: folder.path, what: what))
          }
        }
      } catch is DatabaseError {
        let rest = next..<range.upperBound
        guard rest.count > 1 else { continue }
        let middle = rest.lowerBound + Int64(rest.count / 2)
        ranges.append(rest.lowerBound..<middle)
        ranges.append(middle..<rest.upperBound)
      }
    }
  }
}
