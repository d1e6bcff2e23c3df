import GRDB

// Reads an existing study without changing anything.
extension StudyStore {
  /// A study that was opened for reading.
  struct Opened {
    var queue: DatabaseQueue
    var copy: TemporaryCopy?
    var version: Int
    var missing: MissingRecords?
  }

  private static func openReadOnly(
    _ path: String, _ folder: StudyFolder, isChecked: Bool
  ) throws -> Opened {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    // Read the mark before the database: what is recorded in between only adds to the database.
    let reading = StudyMark.Reading(of: folder)
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    let version = try requireStudy(queue, folder)
    guard isChecked else { return Opened(queue: queue, version: version) }
    try check(queue, folder)
    return Opened(queue: queue, version: version, missing: try missing(from: queue, reading, version, folder))
  }

  /// Whether SQLite cannot read the database in place: it needs the `-shm` file, or permission to create one, and
  /// cannot read while a rollback is pending.
  private static func needsCopy(_ error: DatabaseError) -> Bool {
    [.SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM].contains(error.resultCode)
      // On a file system that cannot map files.
      || [.SQLITE_IOERR_SHMMAP, .SQLITE_IOERR_SHMOPEN, .SQLITE_IOERR_SHMLOCK, .SQLITE_IOERR_SHMSIZE]
        .contains(error.extendedResultCode)
  }

  /// Opens a study for reading. Reading a WAL database needs its `-shm` file, or permission to create one. If neither
  /// is available, no process is writing either (a writer has the file), and a copy in the temporary folder is as good.
  static func connectReadOnly(_ folder: StudyFolder, isChecked: Bool = true) throws(StoreError) -> Opened {
    try perform(folder.path, "open the study for reading") {
      var opened: Opened
      do {
        opened = try openReadOnly(folder.database, folder, isChecked: isChecked)
      } catch let error as DatabaseError where needsCopy(error) {
        let made = try TemporaryCopy(of: folder)
        try made.copyFiles(of: folder)
        opened = try openCopy(made, folder, isChecked: isChecked)
      }
      guard opened.version < StudySchema.newestVersion else { return opened }
      let upToDate = try TemporaryCopy(of: folder)
      try DatabaseCopy.write(opened.queue, to: upToDate.database, of: folder)
      try StudySchema.migrator(of: folder.path).migrate(DatabaseQueue(path: upToDate.database))
      var new = try openReadOnly(upToDate.database, folder, isChecked: isChecked)
      new.copy = upToDate
      // Judged by the original's schema, not by that of the copy.
      new.missing = opened.missing
      return new
    }
  }

  private static func openCopy(_ copy: TemporaryCopy, _ folder: StudyFolder, isChecked: Bool) throws -> Opened {
    // A connection that may write, closed at once: it rolls back what a killed writer left half done.
    if copy.hasJournal { try DatabaseQueue(path: copy.database).close() }
    var opened = try openReadOnly(copy.database, folder, isChecked: isChecked)
    opened.copy = copy
    return opened
  }

  /// Makes all checks that come before opening a study for writing, on a connection that cannot write. Returns `false`
  /// if SQLite needs one that can, for example to roll back what a killed coordinator left half done.
  static func examine(_ folder: StudyFolder) throws(StoreError) -> Bool {
    try perform(folder.path, "open the study") {
      do {
        let opened = try openReadOnly(folder.database, folder, isChecked: true)
        try opened.queue.close()
        if let missing = opened.missing { throw StoreError.missingRecords(folder.path, missing) }
        return true
      } catch let error as DatabaseError where needsCopy(error) {
        return false
      }
    }
  }

  static func requireComplete(
    _ queue: DatabaseQueue, _ reading: StudyMark.Reading?, _ version: Int, _ folder: StudyFolder
  ) throws {
    if let missing = try missing(from: queue, reading, version, folder) {
      throw StoreError.missingRecords(folder.path, missing)
    }
  }

  private static func missing(
    from queue: DatabaseQueue, _ reading: StudyMark.Reading?, _ version: Int, _ folder: StudyFolder
  ) throws -> MissingRecords? {
    guard let reading else { return nil }
    return try queue.read { db in
      let study = try identity(db, folder.path, version: version).studyID
      return reading.missing(from: try RecordCounts(of: db, directory: folder.path), of: study, schema: version)
    }
  }

  /// Up to this size, a check that compares every index with its table takes only moments.
  private static let thoroughlyCheckedBytes = 16 << 20

  /// Checks the structure of the file, its constraints and, if it is not big, whether indices and tables agree. That
  /// last part takes several times as long as the rest and guards little here: `jobs()` reads the tables in their own
  /// order and checks every row's checksum, so that a wrong index cannot make a frontier wrong.
  static func check(_ queue: DatabaseQueue, _ folder: StudyFolder) throws {
    let isBig = (folder.databaseSize ?? 0) > thoroughlyCheckedBytes
    let findings = try queue.read {
      try String.fetchAll($0, sql: isBig ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)")
    }
    if findings != ["ok"] { throw StoreError.damaged(folder.path, findings.first ?? "the check reported nothing") }
  }

  /// Returns the version of the study's schema. Throws if the database contains no study, or a newer layersearch has
  /// changed it.
  static func requireStudy(_ queue: DatabaseQueue, _ folder: StudyFolder) throws -> Int {
    try queue.read { db in
      if try StudySchema.isNewer(db) {
        throw StoreError(
          .newerVersion, folder.path,
          "a newer layersearch made or opened it; update this one to open it (this one knows schemas up to "
            + "\(StudySchema.newestVersion))")
      }
      guard try db.tableExists("study"), try Row.fetchOne(db, sql: "SELECT 1 FROM study") != nil else {
        throw folder.isStudyLost
          ? StoreError.damaged(folder.path, "it contains nothing of the study") : .emptyStudy(folder.path)
      }
      return try StudySchema.version(of: db)
    }
  }
}
