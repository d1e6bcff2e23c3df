import GRDB
import SearchCore

/// Saves what is readable of a damaged study into a new one. The damaged files are only read.
///
/// A job or a result is taken over only if its checksum says that it is what was written, so that at worst the new
/// study has fewer results, never different ones: what is missing is trained again. Results keep their order, and the
/// first jobs their rounds, up to the last round of which no job is missing. Attempts, workers and events are not taken
/// over.
public enum StudySalvage {
  public struct Findings: Hashable, Sendable {
    /// The number of jobs that were taken over.
    public var jobs = 0
    public var results = 0
    /// The number of jobs that could be read but whose results could not: they wait to be trained again.
    public var lostResults = 0
    /// The number of job rows that are not what was written. (How many rows could not be read at all is unknown.)
    public var damagedJobs = 0
    /// Whether the description came from `fallback`: then the study has a new identity, which reports in workers'
    /// spools do not match.
    public var hasNewIdentity = false
    /// Whether the study is of a schema without checksums, so that a wrong value looks like a right one.
    public var isUnchecked = false
    /// Whether the table definitions could not be read, and those of a new study led to the rows.
    public var hadNoDefinitions = false
    /// The number of damaged frames of SQLite's journal. SQLite does not see what follows them.
    public var damagedFrames = 0
    /// The number of struck results, which stay struck.
    public var struckResults = 0
    /// The number of results that were found only behind a damaged frame.
    public var resultsBehindDamage = 0
    /// The number of results that were acknowledged; `nil` if it is not known.
    public var acknowledgedResults: Int?
  }

  /// - Parameters:
  ///   - directory: the damaged study; no coordinator may be running there.
  ///   - target: a folder without a study, for the new one.
  ///   - fallback: the study's identity, used if it cannot be read.
  public static func run(
    directory: String, into target: String, clock: @escaping StudyStore.Clock = StudyStore.systemClock,
    fallback: () throws -> StudyIdentity
  ) throws(StoreError) -> Findings {
    let folder = StudyFolder(directory)
    guard folder.isFolder else { throw .missingFolder(folder.path) }
    guard (folder.databaseSize ?? 0) > 0 || folder.remains != nil else { throw .noStudy(folder.path) }
    if StudyStore.exists(directory: target) { throw .alreadyExists(StudyFolder(target).path) }
    let lock: StudyLock?
    do { lock = try StudyLock(folder) } catch {
      // If the folder cannot be written, no coordinator is writing there either.
      if error.code == .inUse { throw error }
      lock = nil
    }
    defer { lock?.release() }
    return try StudyStore.perform(folder.path, "salvage the study") {
      let log = LogFile(folder.log)
      let images = try images(of: folder, log)
      var saved = Result { try read(images, of: folder, fallback) }
      if (try? saved.get().jobs.isEmpty) ?? true {
        let first = try FirstPage(of: folder)
        for image in images { try first.write(to: image.database, of: folder) }
        if var other = try? read(images, of: folder, fallback), !other.jobs.isEmpty {
          other.findings.hadNoDefinitions = true
          saved = .success(other)
        }
      }
      var found = try saved.get()
      found.findings.damagedFrames = log?.isBroken == true ? max(1, log?.frames.count { !$0.isWhole } ?? 0) : 0
      let acknowledged = StudyMark.Reading(of: folder)?.counts
      found.findings.acknowledgedResults = acknowledged?.results
      return try save(found, total: acknowledged?.jobs, of: folder, into: target, clock, fallback)
    }
  }

  /// The database in every state that can be assembled from the files, the best one first. If its journal is whole,
  /// only as SQLite sees it. If not: with all pages of the journal, including the damaged ones (most of their rows are
  /// what was written); with the journal's undamaged pages only; up to the first damage; without the journal.
  private static func images(of folder: StudyFolder, _ log: LogFile?) throws(StoreError) -> [TemporaryCopy] {
    let plain = try TemporaryCopy(of: folder)
    try plain.copyFiles(of: folder)
    guard let log, log.isBroken || folder.remains != nil else { return [plain] }
    var images: [TemporaryCopy] = []
    for isStrict in [false, true] {
      let image = try TemporaryCopy(of: folder)
      try image.copyDatabase(of: folder)
      try log.lay(onto: image.database, isStrict: isStrict, of: folder)
      images.append(image)
    }
    let withoutLog = try TemporaryCopy(of: folder)
    try withoutLog.copyDatabase(of: folder)
    return images + [plain, withoutLog]
  }

  /// What could be read.
  private struct Saved {
    var identity: StudyIdentity?
    var jobs: SalvagedJobs
    var findings: Findings

    mutating func add(_ other: Saved) {
      identity = identity ?? other.identity
      jobs.add(other.jobs)
      findings.damagedJobs = min(findings.damagedJobs, other.findings.damagedJobs)
    }
  }

  private static func read(
    _ images: [TemporaryCopy], of folder: StudyFolder, _ fallback: () throws -> StudyIdentity
  ) throws -> Saved {
    var saved: Saved?
    var problem: (any Error)?
    var seen: Set<Int64> = []
    for (index, image) in images.enumerated() {
      do {
        let found = try read(image, of: folder, fallback)
        // The last two images are what SQLite itself would show.
        if index >= images.count - 2 { seen.formUnion(found.jobs.finished) }
        if saved == nil { saved = found } else { saved?.add(found) }
      } catch { problem = problem ?? error }
    }
    guard var saved else { throw problem ?? StoreError.damaged(folder.path, "nothing of it can be read") }
    saved.findings.resultsBehindDamage =
      images.count == 1 ? 0 : saved.jobs.finished.subtracting(seen).count
    return saved
  }

  private static func read(
    _ copy: TemporaryCopy, of folder: StudyFolder, _ fallback: () throws -> StudyIdentity
  ) throws -> Saved {
    var findings = Findings()
    let queue = try DatabaseQueue(path: copy.database)
    defer { try? queue.close() }
    // Not in a transaction, which a failing read would end. No other process knows the copy.
    return try queue.unsafeRead { db in
      // The list of migrations may be damaged too, so the tables' columns tell the version.
      let jobColumns = try Set(db.columns(in: "job").map(\.name))
      let version = jobColumns.contains("work") ? StudySchema.worksVersion : jobColumns.contains("checksum") ? 2 : 1
      findings.isUnchecked = version < StudySchema.checkedVersion
      let identity = try? StudyStore.identity(db, folder.path, version: version)
      let rows = SalvagedRows(db: db, folder: folder, isChecked: !findings.isUnchecked)
      // With works, this is only for jobs whose kind cannot be read: the work's digest tells whether it is the right
      // one.
      let described = Result {
        try TrainingRows.kind((identity ?? fallback()).entries, folder.path)
      }
      let jobs =
        version < StudySchema.worksVersion
        ? try rows.trainings(by: described.get(), &findings) : try rows.works(orOf: try? described.get(), &findings)
      let isOld = version < StudySchema.worksVersion
      return Saved(identity: isOld ? identity?.withBudgetApart : identity, jobs: jobs, findings: findings)
    }
  }

  private static func save(
    _ saved: Saved, total: Int?, of folder: StudyFolder, into target: String, _ clock: @escaping StudyStore.Clock,
    _ fallback: () throws -> StudyIdentity
  ) throws -> Findings {
    var findings = saved.findings
    let jobs = saved.jobs.settled(of: total, lost: &findings.lostResults)
    findings.hasNewIdentity = saved.identity == nil
    let identity = try saved.identity ?? fallback()
    let store = try StudyStore.create(directory: target, identity: identity, clock: clock)
    defer { store.close() }
    findings.jobs = jobs.count
    findings.results = jobs.count { $0.result != nil }
    for start in stride(from: 0, to: jobs.count, by: 1000) {
      try store.record(jobs[start..<min(jobs.count, start + 1000)].map { .jobAdded($0) })
    }
    findings.struckResults = try store.keep(saved.jobs.strikes.sorted { $0.key < $1.key }.map(\.value))
    try store.record([
      .noted("salvaged from \(folder.path): \(findings.jobs) jobs with \(findings.results) results")
    ])
    return findings
  }
}
