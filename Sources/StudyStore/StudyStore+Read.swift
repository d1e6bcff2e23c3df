import GRDB
import SearchCore

// Reads a study back. Every query is one consistent snapshot.
extension StudyStore {
  public func identity() throws(StoreError) -> StudyIdentity {
    try reading("the study's description") { try Self.identity($0, directory) }
  }

  /// Reads the study's description. Throws `damaged` if it is not what was written.
  /// - Parameter version: the version of the schema; the first one had no checksums.
  static func identity(
    _ db: Database, _ directory: String, version: Int = StudySchema.newestVersion
  ) throws -> StudyIdentity {
    let isChecked = version >= StudySchema.checkedVersion
    let hasBudget = version >= StudySchema.worksVersion
    let columns =
      "study_id, name, configuration, fingerprint, \(isChecked ? "checksum" : "NULL"), \(hasBudget ? "budget" : "NULL")"
    guard let row = try Row.fetchOne(db, sql: "SELECT \(columns) FROM study") else {
      throw StoreError.emptyStudy(directory)
    }
    let study = RowReader(row: row, directory: directory, what: "the study")
    var entries: [String: String] = [:]
    let cursor = try Row.fetchCursor(db, sql: "SELECT key, value FROM configuration_entry")
    while let row = try cursor.next() {
      let entry = RowReader(row: row, directory: directory, what: "a configuration entry")
      entries[try entry.value(0)] = try entry.value(1, as: String.self)
    }
    let identity = StudyIdentity(
      studyID: try study.value(0), name: try study.value(1), configurationText: try study.value(2),
      fingerprint: try study.value(3), entries: entries, budget: try study.optional(5))
    let sum = hasBudget ? RowChecksum.study(identity) : TrainingRows.studySum(identity)
    guard try !isChecked || study.value(4) == sum else {
      throw StoreError.damaged(directory, "the study's description does not match its checksum")
    }
    return identity
  }

  public var isFinished: Bool {
    get throws(StoreError) { try finished() != nil }
  }

  /// When the study was made.
  public func created() throws(StoreError) -> Double {
    try reading("when the study was made") { db in
      guard let row = try Row.fetchOne(db, sql: "SELECT created FROM study") else {
        throw StoreError.emptyStudy(directory)
      }
      return try RowReader(row: row, directory: directory, what: "the study").value(0)
    }
  }

  /// When the study was finished; `nil` if it is not finished.
  public func finished() throws(StoreError) -> Double? {
    try reading("whether the study is finished") { db in
      guard let row = try Row.fetchOne(db, sql: "SELECT finished FROM study") else {
        throw StoreError.emptyStudy(directory)
      }
      return try RowReader(row: row, directory: directory, what: "the study").optional(0)
    }
  }

  /// All jobs with their results, in the order in which they were asked for. Throws `damaged` if a row is missing or is
  /// not what was written.
  public func jobs() throws(StoreError) -> [JobRecord] {
    try reading("the jobs") { db in
      let cursor = try Row.fetchCursor(
        db,
        sql: "SELECT \(JobRows.list) FROM job LEFT JOIN observation ON observation.job = job.id ORDER BY id")
      let kinds = try StoredKinds(db, directory)
      let artifacts = try StoredArtifacts(db, directory)
      var jobs: [JobRecord] = []
      while let row = try cursor.next() {
        let job = RowReader(row: row, directory: directory, what: "a job")
        jobs.append(try JobRows.job(job, kinds, artifacts))
      }
      return jobs
    }
  }

  public func counts() throws(StoreError) -> JobCounts {
    try reading("the counts") { db in
      var counts = JobCounts()
      for row in try Row.fetchAll(db, sql: "SELECT state, count(*) FROM job GROUP BY state") {
        let group = RowReader(row: row, directory: directory, what: "a job")
        switch JobState(rawValue: try group.value(0)) {
        case .waiting: counts.waiting = try group.value(1)
        case .running: counts.running = try group.value(1)
        case .finished: counts.finished = try group.value(1)
        case .setAside: counts.setAside = try group.value(1)
        case nil: throw group.damaged(0)
        }
      }
      return counts
    }
  }

  /// The jobs that were set aside, the latest last.
  public func setAsideJobs() throws(StoreError) -> [SetAsideJob] {
    let kinds = try reading("the kinds of work") { try StoredKinds($0, directory) }
    return try rows(
      "the jobs that were set aside", of: "a job that was set aside",
      """
      SELECT \(JobRow.columns), attempts, failure_reason, settled FROM job WHERE state = 'failed' ORDER BY settled, id
      """
    ) { row in
      let (id, work) = try JobRow.work(row, at: 0, kinds)
      return SetAsideJob(
        job: id, work: work, attempts: try row.value(JobRow.count), reason: try row.optional(JobRow.count + 1) ?? "",
        time: try row.value(JobRow.count + 2))
    }
  }

  /// All attempts at a job or, if `job` is `nil`, all attempts that are under way.
  public func attempts(of job: Int64? = nil) throws(StoreError) -> [AttemptRecord] {
    try attempts(where: job == nil ? "ended IS NULL" : "attempt.job = ?", job.map { [$0] } ?? [])
  }

  /// All attempts by a worker.
  public func attempts(by worker: String) throws(StoreError) -> [AttemptRecord] {
    try attempts(where: "worker = ?", [worker])
  }

  private func attempts(where condition: String, _ arguments: StatementArguments) throws(StoreError) -> [AttemptRecord]
  {
    try rows(
      "the attempts", of: "an attempt",
      """
      SELECT attempt.job, attempt.number, worker, started, ended, ending, reason, cause, signal, exit_code,
        peak_memory_bytes, out_of_memory_suspected, seconds, last_lines
      FROM attempt LEFT JOIN attempt_failure
        ON attempt_failure.job = attempt.job AND attempt_failure.number = attempt.number
      WHERE \(condition) ORDER BY attempt.job, attempt.number
      """, arguments
    ) { row in
      let ending: String? = try row.optional(5)
      let parsed = ending.flatMap(AttemptEnding.init)
      if ending != nil, parsed == nil { throw row.damaged(5) }
      return AttemptRecord(
        job: try row.value(0), number: try JobRows.count(row, 1), worker: try row.value(2), started: try row.value(3),
        ended: try row.optional(4), ending: parsed, reason: try row.optional(6), failure: try failure(row))
    }
  }

  /// Reads the columns after an attempt's own; `nil` if there are no details.
  private func failure(_ row: RowReader) throws -> AttemptFailure? {
    guard let text = try row.optional(7, as: String.self) else { return nil }
    guard let cause = AttemptFailure.Cause(rawValue: text) else { throw row.damaged(7) }
    let lines: String = try row.value(13)
    return AttemptFailure(
      cause: cause, signal: try row.optional(8), exitCode: try row.optional(9), peakMemoryBytes: try row.optional(10),
      isOutOfMemorySuspected: try row.value(11), seconds: try row.optional(12),
      lastLines: lines.isEmpty ? [] : lines.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
  }

  /// All workers that ever joined, in the order of their first joining.
  public func workers() throws(StoreError) -> [WorkerPresence] {
    try rows(
      "the workers", of: "a worker",
      """
      SELECT id, host, process_id, slots, kernel_variant, build, joined, last_seen, left_at, left_reason,
        benched_until, benched_reason, drained, distrusted
      FROM worker ORDER BY joined, id
      """
    ) { row in
      WorkerPresence(
        worker: WorkerRecord(
          id: try row.value(0), host: try row.value(1), processID: try row.value(2),
          // No checksum covers this value.
          slots: min(max(0, try row.value(3)), Int(Int32.max)),
          kernelVariant: try row.value(4), build: try row.value(5)),
        joined: try row.value(6), lastSeen: try row.value(7), left: try row.optional(8),
        leftReason: try row.optional(9), benchedUntil: try row.optional(10), benchedReason: try row.optional(11),
        drained: try row.optional(12), distrusted: try row.optional(13))
    }
  }

  /// What a coordinator that continues the study must know besides its jobs.
  /// - Parameter withTimes: whether to include the time that trainings took, which takes time proportional to the
  ///   number of results.
  public func past(withTimes: Bool = false) throws(StoreError) -> StudyPast {
    let workers = try workers()
    var past = StudyPast(
      attempts: try rows(
        "the attempts", of: "an attempt",
        """
        SELECT attempt.job, number, worker, ending FROM attempt JOIN job ON job.id = attempt.job
        WHERE job.state IN ('waiting', 'running') ORDER BY attempt.job, number
        """
      ) { row in
        StudyPast.Attempt(
          job: try row.value(0), number: try JobRows.count(row, 1), worker: try row.value(2),
          ending: try row.optional(3).flatMap(AttemptEnding.init))
      },
      workers: workers.map(\.worker),
      finishers: Set(
        try rows("the results", of: "a result", "SELECT DISTINCT worker FROM observation WHERE attempt > 0") {
          try $0.value(0)
        }),
      timeSpent: withTimes ? TimeSpent(try trainings(latest: .max, begunSince: -.infinity)) : TimeSpent())
    past.isFinished = try isFinished
    past.isPaused = try paused() != nil
    for presence in workers {
      if presence.drained != nil { past.drained.insert(presence.worker.id) }
      if presence.distrusted != nil { past.distrusted.insert(presence.worker.id) }
    }
    past.resultsByWorker = try resultsByWorker()
    return past
  }

  /// The jobs whose results a worker found or handed over, by worker: both the worker to which the attempt was given
  /// and the worker that handed over the result.
  private func resultsByWorker() throws(StoreError) -> [String: [Int64]] {
    var results: [String: [Int64]] = [:]
    let found: [(job: Int64, workers: Set<String>)] = try rows(
      "the results", of: "a result",
      """
      SELECT observation.job, observation.worker, coalesce(attempt.worker, observation.worker) FROM observation
      LEFT JOIN attempt ON attempt.job = observation.job AND attempt.number = observation.attempt
      WHERE observation.attempt > 0
      """
    ) { (try $0.value(0), [try $0.value(1), try $0.value(2)]) }
    for (job, workers) in found {
      for worker in workers { results[worker, default: []].append(job) }
    }
    return results
  }

  /// The latest `count` events, the latest last.
  public func events(latest count: Int = .max) throws(StoreError) -> [StudyEvent] {
    try rows(
      "the events", of: "an event",
      "SELECT * FROM (SELECT id, time, kind, text, author FROM event ORDER BY id DESC LIMIT ?) ORDER BY id",
      [max(0, count)],
      StudyEvent.init(row:))
  }

  /// The round that was decided last; `nil` if the search has none.
  public func lastRound() throws(StoreError) -> RoundNote? {
    let texts: [String] = try rows(
      "the events", of: "an event", "SELECT text FROM event WHERE kind = ? ORDER BY id DESC LIMIT 1",
      [StudyEvent.Kind.roundDecided.rawValue]
    ) { try $0.value(0) }
    return texts.first.flatMap { RoundNote($0) }
  }

  /// The latest `count` trainings that were begun at `time` or later and brought a result, the latest result last. They
  /// give the rate and the time left. A result may come long after its training, from a spool or to a coordinator that
  /// was started later; its end is then the latest one that is plausible.
  public func trainings(
    latest count: Int, begunSince time: Double
  ) throws(StoreError) -> [(begun: Double, ended: Double)] {
    try rows(
      "the results", of: "a result",
      // Attempts that were recorded together with their results are left out: they were trained some time before.
      """
      SELECT started, min(recorded, started + 60 + 2 * iif(
          json_valid(metrics), ifnull(json_extract(metrics, '$.train_seconds'), recorded), recorded))
      FROM observation
      JOIN attempt ON attempt.job = observation.job AND attempt.number = observation.attempt
      WHERE started >= ? AND started < recorded ORDER BY sequence DESC LIMIT ?
      """, [time, max(0, count)]
    ) { (begun: try $0.value(0), ended: try $0.value(1)) }.reversed()
  }

  /// When the latest `count` results were recorded, the latest last. They give the rate and the time left.
  public func finishTimes(latest count: Int = .max) throws(StoreError) -> [Double] {
    try rows(
      "the results", of: "a result",
      """
      SELECT recorded FROM (SELECT sequence, recorded FROM observation ORDER BY sequence DESC LIMIT ?)
      ORDER BY sequence
      """,
      [max(0, count)]
    ) { try $0.value(0) }
  }
}

extension StudyStore {
  func rows<Value>(
    _ what: String, of row: String, _ sql: String, _ arguments: StatementArguments = [],
    _ make: (RowReader) throws -> Value
  ) throws(StoreError) -> [Value] {
    try reading(what) { db in
      let cursor = try Row.fetchCursor(db, sql: sql, arguments: arguments)
      var values: [Value] = []
      while let next = try cursor.next() {
        values.append(try make(RowReader(row: next, directory: directory, what: row)))
      }
      return values
    }
  }
}
