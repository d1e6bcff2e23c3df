import Failpoints
import Foundation
import GRDB
import SearchCore

// Writes what the coordinator decided.
extension StudyStore {
  /// Records the changes of one turn, in their order: all of them or, if this throws, none. They are on disk when this
  /// returns. The same fact recorded twice (the end of an attempt, the result of a job) leaves the first as it is, so
  /// that a batch whose answer came too late can be recorded again.
  public func record(_ changes: [StudyChange]) throws(StoreError) {
    guard !changes.isEmpty else { return }
    guard mode == .readWrite else {
      throw StoreError(.permission, directory, "it was opened for reading only; resume it to change it")
    }
    let now = clock()
    Failpoint.storeBeforeWrite.pass()
    var added = RecordCounts()
    try writing("record") { db in
      var recorder = ChangeRecorder(db: db, directory: directory, now: now, sightings: sightings)
      for change in changes { try recorder.record(change) }
      added = recorder.added
      Failpoint.storeBeforeCommit.pass()
    }
    Failpoint.storeAfterCommit.pass()
    mark?.add(added)
  }
}

/// Records the changes of one transaction. Statements are prepared once per connection.
struct ChangeRecorder {
  let db: Database
  let directory: String
  let now: Double
  let sightings: Sightings
  private(set) var added = RecordCounts()
  /// The kinds of work that were looked up in this transaction.
  private var kinds: [String: (number: Int64, sum: Int64)] = [:]

  init(db: Database, directory: String, now: Double, sightings: Sightings) {
    self.db = db
    self.directory = directory
    self.now = now
    self.sightings = sightings
  }

  mutating func record(_ change: StudyChange) throws {
    switch change {
    case .jobAdded(let job):
      try add(job)
    case .attemptStarted(let job, let attempt, let worker):
      try start(attempt, of: job, worker: worker)
    case .attemptEnded(let job, let attempt, let end):
      let isNew = try self.end(attempt, of: job, ending: end.ending, reason: end.reason)
      if isNew, let failure = end.failure { try explain(failure, attempt, of: job) }
    case .jobFinished(let job, let attempt, let worker, let result):
      try finish(job, attempt: attempt, worker: worker, result: result)
    case .resultAdopted(let job, let source, let result):
      try adopt(result, of: job, from: source)
    case .jobSetAside(let job, let reason):
      try setAside(job, reason: reason)
    case .workerJoined(let worker):
      try join(worker)
    case .workerLeft(let id, let reason):
      try run(
        "UPDATE worker SET left_at = ?, left_reason = ? WHERE id = ? AND left_at IS NULL", [now, reason, id])
      try recordEvent(.workerLeft, "\(StudyEvent.subject(id)): \(reason)")
    case .workerBenched(let id, let seconds, let reason):
      try rest(id, seconds: seconds, reason: reason, .workerBenched)
    case .workerPaused(let id, let seconds, let reason):
      try rest(id, seconds: seconds, reason: reason, .workerPaused)
    case .workerUnbenched(let id):
      try run("UPDATE worker SET benched_until = NULL, benched_reason = NULL WHERE id = ?", [id])
      try recordEvent(.workerUnbenched, StudyEvent.subject(id))
    case .roundDecided(let decided):
      try recordEvent(.roundDecided, "\(decided)")
    case .noted(let text):
      try recordEvent(.note, text)
    case .notedOnce(let text):
      try run(
        """
        INSERT INTO event (time, kind, text) SELECT ?1, ?2, ?3
        WHERE NOT EXISTS (SELECT 1 FROM event WHERE kind = ?2 AND text = ?3)
        """, [now, StudyEvent.Kind.note.rawValue, text])
    case .studyFinished:
      let isNew = try run("UPDATE study SET finished = ? WHERE finished IS NULL", [now]) > 0
      if isNew { try recordEvent(.studyFinished, "") }
    case .studyReopened:
      try run("UPDATE study SET finished = NULL WHERE finished IS NOT NULL", [])
    case .intervened(let intervention):
      try run(
        "INSERT INTO event (time, kind, text, author) VALUES (?, ?, ?, ?)",
        [now, StudyEvent.Kind.intervention.rawValue, StudyEvent.text(of: intervention), intervention.author])
    case .paused(let isPaused):
      try run("UPDATE study SET paused = ?", [isPaused ? now : nil])
    case .budgetChanged(let jobs):
      try changeBudget(to: jobs)
    case .roundsForgotten(let first):
      try run("UPDATE job SET round = NULL, place = NULL WHERE round >= ?", [first])
    case .jobAsked(let job, let round, let place):
      try run("UPDATE job SET round = ?, place = ? WHERE id = ?", [round, place, job])
    case .jobReopened(let job):
      try reopen(job)
    case .resultStruckOut(let job):
      try strikeOut(job)
    case .workerDrained(let id):
      try run("UPDATE worker SET drained = ? WHERE id = ? AND drained IS NULL", [now, id])
    case .workerDistrusted(let id):
      try run(
        "UPDATE worker SET drained = coalesce(drained, ?1), distrusted = coalesce(distrusted, ?1) WHERE id = ?2",
        [now, id])
    }
  }

  /// Executes a statement. Returns the number of rows that changed.
  @discardableResult
  func run(_ sql: String, _ arguments: StatementArguments) throws -> Int {
    try db.cachedStatement(sql: sql).execute(arguments: arguments)
    return db.changesCount
  }

  private func recordEvent(_ kind: StudyEvent.Kind, _ text: String) throws {
    try run("INSERT INTO event (time, kind, text) VALUES (?, ?, ?)", [now, kind.rawValue, text])
  }

  private mutating func add(_ job: JobRecord) throws {
    let isSettled = job.state == .finished || job.state == .setAside
    let kind = try kind(job.work.kindText)
    try run(
      """
      INSERT INTO job (id, work, kind, candidate, repetition, seed, round, place, state, attempts, failures, losses,
        failure_reason, added, settled, checksum)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        job.id, Data(job.work.digest), kind.number, job.work.candidate.description, job.work.repetition,
        Int64(bitPattern: job.work.seed), job.round, job.place, job.state.rawValue, job.attempts, job.failures,
        job.losses,
        job.failureReason,
        now, isSettled ? now : nil, RowChecksum.job(job.id, job.work, kind: kind.sum),
      ])
    added.jobs += 1
    if let result = job.result { _ = try insert(result, of: job.id, attempt: job.attempts, worker: "") }
  }

  /// The number of a kind, and the checksum of its text. Inserts the kind if it is new.
  private mutating func kind(_ text: String) throws -> (number: Int64, sum: Int64) {
    if let known = kinds[text] { return known }
    try run("INSERT INTO kind (text) VALUES (?) ON CONFLICT DO NOTHING", [text])
    let select = try db.cachedStatement(sql: "SELECT id FROM kind WHERE text = ?")
    guard let number = try Int64.fetchOne(select, arguments: [text]) else {
      throw StoreError.damaged(directory, "a kind of work is missing although it was entered")
    }
    let kind = (number, RowChecksum.kind(text))
    kinds[text] = kind
    return kind
  }

  private mutating func start(_ attempt: Int, of job: Int64, worker: String) throws {
    try run(
      "INSERT INTO attempt (job, number, worker, started) VALUES (?, ?, ?, ?)", [job, attempt, worker, now])
    added.attempts += 1
    let changed = try run(
      """
      UPDATE job SET state = 'running', attempts = max(attempts, ?)
      WHERE id = ? AND state IN ('waiting', 'running')
      """, [attempt, job])
    if changed == 0 { throw StoreError.invalidChange(directory, "job \(job) is settled, it cannot start again") }
    try recordSighting(worker)
  }

  /// Records the end of an attempt. Returns `false` if its end is on record already.
  private mutating func end(_ attempt: Int, of job: Int64, ending: AttemptEnding, reason: String) throws -> Bool {
    let changed = try run(
      "UPDATE attempt SET ended = ?, ending = ?, reason = ? WHERE job = ? AND number = ? AND ended IS NULL",
      [now, ending.rawValue, reason, job, attempt])
    if changed == 0 {
      let known = try db.cachedStatement(sql: "SELECT 1 FROM attempt WHERE job = ? AND number = ?")
      if try Row.fetchOne(known, arguments: [job, attempt]) != nil { return false }
      throw StoreError.invalidChange(directory, "attempt \(attempt) of job \(job) ended but never started")
    }
    added.endings += 1
    try run(
      """
      UPDATE job SET failures = failures + ?, losses = losses + ?,
        state = CASE WHEN state = 'running'
          AND NOT EXISTS (SELECT 1 FROM attempt WHERE job = job.id AND ended IS NULL) THEN 'waiting' ELSE state END
      WHERE id = ?
      """, [ending == .failed ? 1 : 0, ending == .lost ? 1 : 0, job])
    return true
  }

  private func explain(_ failure: AttemptFailure, _ attempt: Int, of job: Int64) throws {
    try run(
      """
      INSERT INTO attempt_failure (job, number, cause, signal, exit_code, peak_memory_bytes, out_of_memory_suspected,
        seconds, last_lines)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        job, attempt, failure.cause.rawValue, failure.signal, failure.exitCode, failure.peakMemoryBytes,
        failure.isOutOfMemorySuspected, failure.seconds, failure.lastLines.joined(separator: "\n"),
      ])
  }

  private mutating func finish(_ job: Int64, attempt: Int, worker: String, result: Observation) throws {
    guard try insert(result, of: job, attempt: attempt, worker: worker) else {
      return try recordEvent(.note, "a second result of job \(job), from \(worker), was not kept")
    }
    added.endings += try run(
      "UPDATE attempt SET ended = ?, ending = 'finished' WHERE job = ? AND number = ? AND ended IS NULL",
      [now, job, attempt])
    try run(
      "UPDATE job SET state = 'finished', failure_reason = NULL, settled = ? WHERE id = ?", [now, job])
    try recordSighting(worker)
  }

  /// Records a result of another study. No attempt brought it, so that the attempt's number is 0.
  private mutating func adopt(_ result: Observation, of job: Int64, from source: String) throws {
    guard try insert(result, of: job, attempt: 0, worker: StudyEvent.sourcePrefix + source) else {
      return try recordEvent(.note, "a second result of job \(job), from study \(source), was not kept")
    }
    try run("UPDATE job SET state = 'finished', failure_reason = NULL, settled = ? WHERE id = ?", [now, job])
  }

  /// Inserts a result. Returns `false` if the job has a result already.
  private mutating func insert(_ result: Observation, of job: Int64, attempt: Int, worker: String) throws -> Bool {
    let row = try ObservationRow(result, of: job, directory: directory)
    let count = try run(
      Self.insertObservation, Self.observationArguments(row, of: job, attempt: attempt, worker: worker, at: now))
    if count > 0 { try moveBehindStrikes(job) }
    if count > 0 {
      for artifact in result.artifacts {
        try run(
          "INSERT INTO artifact (job, name, hash, bytes) VALUES (?, ?, ?, ?)",
          [job, artifact.name, artifact.value.hash, artifact.value.bytes])
      }
    }
    added.results += count
    return count > 0
  }

  /// The sequence number becomes one more than the highest.
  static let insertObservation = """
    INSERT INTO observation (job, attempt, worker, recorded, \(ObservationRow.columns), checksum)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (job) DO NOTHING
    """

  static func observationArguments(
    _ row: ObservationRow, of job: Int64, attempt: Int, worker: String, at time: Double
  ) -> StatementArguments {
    [
      job, attempt, worker, time, row.metrics, row.curves, row.observation.diverged, row.observation.kernelVariant,
      row.checksum(of: job),
    ]
  }

  private func setAside(_ job: Int64, reason: String) throws {
    let changed = try run(
      "UPDATE job SET state = 'failed', failure_reason = ?, settled = ? WHERE id = ? AND state <> 'finished'",
      [reason, now, job])
    if changed == 0 { throw StoreError.invalidChange(directory, "job \(job) is unknown or finished, it cannot fail") }
    try recordEvent(.jobSetAside, StudyEvent.jobPrefix(job) + reason)
  }

  private func join(_ worker: WorkerRecord) throws {
    try run(
      """
      INSERT INTO worker (id, host, process_id, slots, kernel_variant, build, joined, last_seen)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET host = excluded.host, process_id = excluded.process_id, slots = excluded.slots,
        kernel_variant = excluded.kernel_variant, build = excluded.build, last_seen = excluded.last_seen,
        left_at = NULL, left_reason = NULL
      """,
      [
        worker.id, worker.host, worker.processID, worker.slots, worker.kernelVariant, worker.build, now, now,
      ])
    try recordEvent(.workerJoined, "\(StudyEvent.joiningPrefix(worker))\(worker.slots) slots")
  }

  private func rest(_ id: String, seconds: Double, reason: String, _ kind: StudyEvent.Kind) throws {
    try run("UPDATE worker SET benched_until = ?, benched_reason = ? WHERE id = ?", [now + seconds, reason, id])
    try recordEvent(kind, "\(StudyEvent.subject(id)): \(reason)")
  }

  private func recordSighting(_ worker: String) throws {
    guard sightings.isDue(worker, at: now) else { return }
    try run("UPDATE worker SET last_seen = ? WHERE id = ?", [now, worker])
  }
}
