import GRDB
import SearchCore

/// Saves what is readable of a damaged study into a new one. The damaged files are only read.
///
/// A job or a result is taken over only where its checksum says that it is what was written, so that the new study has fewer
/// results at worst, never others: what is missing is trained again. Attempts, workers and events are not taken over.
public enum StudySalvage {
  public struct Findings: Hashable, Sendable {
    /// Taken over.
    public var jobs = 0
    public var results = 0
    /// Jobs that could be read, whose results could not: they wait to be trained again.
    public var lostResults = 0
    /// Rows of jobs that are not what was written. (How many could not be read at all, nobody knows.)
    public var damagedJobs = 0
    /// The description came from `fallback`: the study has a new identity, which reports in workers' spools do not match.
    public var hasNewIdentity = false
    /// The study is of a schema without checksums, so that a wrong value looks like a right one.
    public var isUnchecked = false
    /// What tables there are could not be read; a new study's definitions led to the rows.
    public var hadNoDefinitions = false
  }

  /// - Parameters:
  ///   - directory: the damaged study; no coordinator may be at work there.
  ///   - target: a folder without a study, for the new one.
  ///   - fallback: what the study is, for where that cannot be read.
  public static func run(
    directory: String, into target: String, clock: @escaping StudyStore.Clock = StudyStore.systemClock,
    fallback: () throws -> StudyIdentity
  ) throws(StoreError) -> Findings {
    let folder = StudyFolder(directory)
    guard folder.isFolder else { throw .missingFolder(folder.path) }
    guard let size = folder.databaseSize, size > 0 else { throw .noStudy(folder.path) }
    if StudyStore.exists(directory: target) { throw .alreadyExists(StudyFolder(target).path) }
    let lock: StudyLock?
    do { lock = try StudyLock(folder) } catch {
      // Of a folder that cannot be written, nobody else is writing either.
      if error.code == .inUse { throw error }
      lock = nil
    }
    defer { lock?.release() }
    return try StudyStore.perform(folder.path, "salvage the study") {
      let copy = try TemporaryCopy(of: folder)
      try copy.takeFiles(of: folder)
      var saved = Result { try read(copy, of: folder) }
      if (try? saved.get().jobs.isEmpty) ?? true {
        try FirstPage(of: folder).write(to: copy.database, of: folder)
        if var other = try? read(copy, of: folder), !other.jobs.isEmpty {
          other.findings.hadNoDefinitions = true
          saved = .success(other)
        }
      }
      return try save(saved.get(), of: folder, into: target, clock, fallback)
    }
  }

  /// What could be read.
  private struct Saved {
    var identity: StudyIdentity?
    var jobs: [JobRecord]
    var findings: Findings
  }

  private static func read(_ copy: TemporaryCopy, of folder: StudyFolder) throws -> Saved {
    var findings = Findings()
    let queue = try DatabaseQueue(path: copy.database)
    defer { try? queue.close() }
    // Without a transaction, which a read that fails would end. Nobody else knows the copy.
    return try queue.unsafeRead { db in
      // Schema 1 has no checksums.
      findings.isUnchecked = try !db.columns(in: "job").contains { $0.name == "checksum" }
      let identity = try? StudyStore.identity(db, folder.path, isChecked: !findings.isUnchecked)
      let jobs = try readJobs(db, folder, &findings)
      return Saved(identity: identity, jobs: jobs, findings: findings)
    }
  }

  private static func save(
    _ saved: Saved, of folder: StudyFolder, into target: String, _ clock: @escaping StudyStore.Clock,
    _ fallback: () throws -> StudyIdentity
  ) throws -> Findings {
    let jobs = saved.jobs
    var findings = saved.findings
    findings.hasNewIdentity = saved.identity == nil
    let identity = try saved.identity ?? fallback()
    let store = try StudyStore.create(directory: target, identity: identity, clock: clock)
    defer { store.close() }
    findings.jobs = jobs.count
    findings.results = jobs.count { $0.result != nil }
    for start in stride(from: 0, to: jobs.count, by: 1000) {
      try store.record(jobs[start..<min(jobs.count, start + 1000)].map { .jobAdded($0) })
    }
    try store.record([
      .noted("salvaged from \(folder.path): \(findings.jobs) jobs with \(findings.results) results")
    ])
    return findings
  }

  private static func readJobs(
    _ db: Database, _ folder: StudyFolder, _ findings: inout Findings
  ) throws -> [JobRecord] {
    let checksum = findings.isUnchecked ? "NULL" : "checksum"
    // A page that cannot be read takes its neighbours' order along; a trial that comes twice would stop the new study.
    var trials: Set<Trial> = []
    var jobs: [Int64: JobRecord] = [:]
    try forEachRow(
      db,
      "SELECT id, candidate, replicate, seed, state, attempts, failures, losses, failure_reason, \(checksum) FROM job",
      "id"
    ) { row in
      let reader = RowReader(row: row, directory: folder.path, what: "a job")
      guard let job = try? job(reader, isChecked: !findings.isUnchecked), trials.insert(job.trial).inserted else {
        findings.damagedJobs += 1
        return
      }
      jobs[job.id] = job
    }
    try forEachRow(db, "SELECT job, \(checksum), \(ResultColumns.list) FROM result", "job") { row in
      let reader = RowReader(row: row, directory: folder.path, what: "a result")
      guard let id = try? reader.value(0, as: Int64.self), jobs[id] != nil,
        let (result, epochLosses) = try? ResultColumns.read(reader, at: 2)
      else { return }
      let sum = RowChecksum.result(result, epochLosses: epochLosses, of: id)
      guard findings.isUnchecked || (try? reader.value(1, as: Int64.self)) == sum else { return }
      jobs[id]?.result = result
      jobs[id]?.state = .finished
      jobs[id]?.failureReason = nil
    }
    return jobs.values.sorted { $0.id < $1.id }.map { job in
      var job = job
      if job.state == .finished, job.result == nil {
        findings.lostResults += 1
        job.state = .waiting
      }
      // No attempt comes along, so that none is under way.
      if job.state == .running { job.state = .waiting }
      return job
    }
  }

  private static func job(_ row: RowReader, isChecked: Bool) throws -> JobRecord {
    let id: Int64 = try row.value(0)
    let text: String = try row.value(1)
    let replicate: Int = try row.value(2)
    let seed: Int64 = try row.value(3)
    let sum = RowChecksum.job(id, candidate: text, replicate: replicate, seed: seed)
    guard try !isChecked || row.value(9) == sum, id > 0, replicate >= 0 else { throw row.damaged(9) }
    // Counters have no checksums; what they cannot be, they are not.
    func count(_ index: Int) -> Int {
      let value = (try? row.value(index, as: Int.self)) ?? 0
      return (0...1_000_000).contains(value) ? value : 0
    }
    let state = (try? row.value(4, as: String.self)).flatMap(JobState.init) ?? .waiting
    return JobRecord(
      id: id, trial: Trial(candidate: try JobRows.candidate(row, 1), replicate: replicate),
      seed: UInt64(bitPattern: seed), state: state, attempts: count(5), failures: count(6), losses: count(7),
      failureReason: state == .failed ? (try? row.value(8, as: String.self)) ?? "" : nil)
  }

  /// Every row that can be reached by its number, around pages that cannot be read: what cannot be read as a whole is read in
  /// halves, the large ones first. A page holds some dozens of rows; where far more reads fail than rows were found, the way to
  /// the rows itself is gone, and nothing more is to be had.
  private static func forEachRow(
    _ db: Database, _ select: String, _ key: String, _ body: (Row) -> Void
  ) throws {
    // The most jobs that a study has; numbers beyond are damage.
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
          if range.contains(number), seen.insert(number).inserted { body(row) }
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
