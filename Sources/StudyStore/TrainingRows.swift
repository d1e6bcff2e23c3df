import Foundation
import GRDB
import SearchCore

/// Jobs and results as schemas 1 to 3 store them: every job is a proxy training by the study's one recipe, and every
/// metric is a column.
enum TrainingRows {
  static let jobColumns = "id, candidate, replicate, seed, state, attempts, failures, losses, failure_reason"
  static let resultColumns = """
    accuracy, loss, epoch_losses, diverged, step_time_ratio, inference_time_ratio, train_seconds, images_per_second, \
    peak_memory_bytes, kernel_variant
    """

  /// - Parameter first: the position of `accuracy` in the row.
  static func result(_ row: RowReader, at first: Int) throws -> (Observation, epochLosses: String) {
    let text: String = try row.value(first + 2)
    guard let epochLosses = LossText.read(text) else { throw row.damaged(first + 2) }
    let peakMemoryBytes: Int = try row.value(first + 8)
    guard Metric.peakMemoryBytes.range.contains(Double(peakMemoryBytes)) else { throw row.damaged(first + 8) }
    let result = Observation(
      accuracy: try row.value(first), loss: try row.optional(first + 1), epochLosses: epochLosses,
      diverged: try row.value(first + 3), stepTimeRatio: try row.optional(first + 4),
      inferenceTimeRatio: try row.optional(first + 5), trainSeconds: try row.value(first + 6),
      imagesPerSecond: try row.value(first + 7), peakMemoryBytes: peakMemoryBytes,
      kernelVariant: try row.value(first + 9))
    return (result, text)
  }

  /// The kind of all jobs, which follows from the recorded configuration.
  static func kind(_ entries: [String: String], _ directory: String) throws(StoreError) -> StoredKinds.Kind {
    do { return try StoredKinds.Kind(WorkKind.proxyTraining(try TrainingRecipe(entries: entries)).text) } catch {
      throw StoreError.damaged(directory, "\(error)")
    }
  }
}

// Checksums.
extension TrainingRows {
  static func studySum(_ identity: StudyIdentity) -> Int64 {
    var sum = RowChecksum()
    for text in [identity.studyID, identity.name, identity.configurationText, identity.fingerprint] { sum.add(text) }
    return sum.value
  }

  static func jobSum(_ id: Int64, candidate: String, replicate: Int, seed: Int64) -> Int64 {
    var sum = RowChecksum()
    sum.add(id)
    sum.add(candidate)
    sum.add(replicate)
    sum.add(seed)
    return sum.value
  }

  /// - Parameter epochLosses: the text as it is stored.
  static func resultSum(_ result: Observation, epochLosses: String, of job: Int64) -> Int64 {
    var sum = RowChecksum()
    sum.add(job)
    sum.add(result[.accuracy] ?? 0 as Double)
    sum.add(result[.loss])
    sum.add(epochLosses)
    sum.add(result.diverged ? 1 : 0)
    sum.add(result[.stepTimeRatio])
    sum.add(result[.inferenceTimeRatio])
    sum.add(result[.trainSeconds] ?? 0 as Double)
    sum.add(result[.imagesPerSecond] ?? 0 as Double)
    sum.add(Int(result[.peakMemoryBytes] ?? 0))
    sum.add(result.kernelVariant)
    return sum.value
  }

  /// Fills in the checksums of all rows, for studies that were made before rows had checksums.
  static func fillInChecksums(_ db: Database, directory: String) throws {
    if try Row.fetchOne(db, sql: "SELECT 1 FROM study") != nil {
      let identity = try StudyStore.identity(db, directory, version: 1)
      try db.execute(sql: "UPDATE study SET checksum = ?", arguments: [studySum(identity)])
    }
    let jobs = try Row.fetchCursor(db, sql: "SELECT id, candidate, replicate, seed FROM job")
    let setJob = try db.cachedStatement(sql: "UPDATE job SET checksum = ? WHERE id = ?")
    while let row = try jobs.next() {
      let job = RowReader(row: row, directory: directory, what: "a job")
      let id: Int64 = try job.value(0)
      let sum = jobSum(id, candidate: try job.value(1), replicate: try job.value(2), seed: try job.value(3))
      try setJob.execute(arguments: [sum, id])
    }
    let results = try Row.fetchCursor(db, sql: "SELECT job, \(resultColumns) FROM result")
    let setResult = try db.cachedStatement(sql: "UPDATE result SET checksum = ? WHERE job = ?")
    while let row = try results.next() {
      let result = RowReader(row: row, directory: directory, what: "a result")
      let job: Int64 = try result.value(0)
      let (found, epochLosses) = try Self.result(result, at: 1)
      try setResult.execute(arguments: [resultSum(found, epochLosses: epochLosses, of: job), job])
    }
  }
}

// The change to schema 4.
extension TrainingRows {
  /// Turns jobs into works, and results into observations in the order in which they were recorded. Takes the budget
  /// out of what the fingerprint covers.
  static func moveToWorks(_ db: Database, directory: String) throws {
    // A new study has no row yet.
    guard try Row.fetchOne(db, sql: "SELECT 1 FROM study") != nil else { return }
    var identity = try StudyStore.identity(db, directory, version: StudySchema.worksVersion - 1)
    let kind = try kind(identity.entries, directory)
    try db.execute(sql: "INSERT INTO kind (id, text) VALUES (1, ?)", arguments: [kind.template.kind.text])
    try moveJobs(db, kind, directory)
    try moveResults(db, directory)

    identity = identity.withBudgetApart
    try db.execute(
      sql: "DELETE FROM configuration_entry WHERE key = ?", arguments: [StudyIdentity.budgetKey])
    try db.execute(
      sql: "UPDATE study SET budget = ?, fingerprint = ?, checksum = ?",
      arguments: [identity.budget, identity.fingerprint, RowChecksum.study(identity)])
  }

  private static func moveJobs(_ db: Database, _ kind: StoredKinds.Kind, _ directory: String) throws {
    let jobs = try Row.fetchCursor(db, sql: "SELECT id, candidate, replicate, seed, checksum FROM job ORDER BY id")
    let insert = try db.cachedStatement(
      sql: """
        INSERT INTO job_of_work (id, work, kind, candidate, repetition, seed, state, attempts, failures, losses,
          failure_reason, added, settled, checksum)
        SELECT id, ?2, 1, candidate, replicate, seed, state, attempts, failures, losses, failure_reason, added, settled,
          ?3
        FROM job WHERE id = ?1
        """)
    while let next = try jobs.next() {
      let row = RowReader(row: next, directory: directory, what: "a job")
      let id: Int64 = try row.value(0)
      let (repetition, seed): (Int, Int64) = (try row.value(2), try row.value(3))
      guard
        try row.value(4) == jobSum(id, candidate: try row.value(1), replicate: repetition, seed: seed)
      else { throw StoreError.damaged(directory, "job \(id) does not match its checksum") }
      let work = kind.work(try JobRow.candidate(row, 1), repetition: repetition, seed: seed)
      try insert.execute(arguments: [id, Data(work.digest), RowChecksum.job(id, work, kind: kind.sum)])
    }
  }

  private static func moveResults(_ db: Database, _ directory: String) throws {
    let results = try Row.fetchCursor(
      db, sql: "SELECT job, checksum, \(resultColumns), attempt, worker, recorded FROM result ORDER BY recorded, job")
    let insert = try db.cachedStatement(sql: ChangeRecorder.insertObservation)
    while let next = try results.next() {
      let row = RowReader(row: next, directory: directory, what: "a result")
      let job: Int64 = try row.value(0)
      let (found, epochLosses) = try result(row, at: 2)
      guard try row.value(1) == resultSum(found, epochLosses: epochLosses, of: job) else {
        throw StoreError.damaged(directory, "the result of job \(job) does not match its checksum")
      }
      let new = try ObservationRow(found, of: job, directory: directory)
      try insert.execute(
        arguments: ChangeRecorder.observationArguments(
          new, of: job, attempt: try row.value(12), worker: try row.value(13), at: try row.value(14)))
    }
  }
}
