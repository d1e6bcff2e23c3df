import Files
import GRDB
import ReadableText

// Creating and opening studies.
extension StudyStore {
  /// Whether the folder contains a study, even a damaged one; `open` tells more. A folder that was left by a creation
  /// cut short contains none, and `create` completes it.
  public static func exists(directory: String) -> Bool {
    let folder = StudyFolder(directory)
    if folder.remains != nil { return true }
    guard let size = folder.databaseSize, size > 0 else { return false }
    do {
      _ = try connectReadOnly(folder, isChecked: false)
      return true
    } catch {
      return error.code != .noStudy
    }
  }

  /// Creates a study, and its folder if that is missing. Throws `alreadyExists` if there is a study, `inUse` if another
  /// process is creating it.
  ///
  /// - Parameter dataContent: what its data set contains (`recordDataContent`); `nil` if that is not known.
  public static func create(
    directory: String, identity: StudyIdentity, dataContent: String? = nil, clock: @escaping Clock = systemClock
  ) throws(StoreError) -> StudyStore {
    let folder = StudyFolder(directory)
    try folder.make()
    try folder.requireWholePages()
    // Checked before the lock file is created: beside a configuration, the lock also shows that there was a study.
    let mayHoldRemains = folder.remains != nil
    if !mayHoldRemains { try folder.requireNoStrangers() }
    let lock = try StudyLock(folder)
    // SQLite would take the empty file for a new database, and remove a journal beside it.
    if mayHoldRemains { try folder.requireNoRemains() }
    if folder.hasMark {
      _ = try connectReadOnly(folder)
      throw .alreadyExists(folder.path)
    }
    let journal = Journal(of: folder)
    let queue = try connect(folder, journal)
    let (log, mark) = try perform(folder.path, "create the study") {
      try requireRoomForStudy(queue, folder)
      try journal.writeThrough(queue)
      try StudySchema.migrator(of: folder.path).migrate(queue)
      let isTaken = try queue.read { try Row.fetchOne($0, sql: "SELECT 1 FROM study") } != nil
      if isTaken { throw StoreError.alreadyExists(folder.path) }
      try folder.writeConfiguration(identity.configurationText)
      let now = clock()
      try queue.write { db in
        try db.execute(
          sql: """
            INSERT INTO study (id, study_id, name, configuration, fingerprint, budget, created, checksum)
            VALUES (1, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            identity.studyID, identity.name, identity.configurationText, identity.fingerprint, identity.budget, now,
            RowChecksum.study(identity),
          ])
        for (key, value) in identity.entries {
          try db.execute(
            sql: "INSERT INTO configuration_entry (key, value) VALUES (?, ?)", arguments: [key, value])
        }
        if let dataContent { try note(dataContent: dataContent, in: db, at: now) }
      }
      let mark = try StudyMark(of: folder, study: identity.studyID, counts: RecordCounts())
      return (try journal.log(of: queue, folder, mark), mark)
    }
    return StudyStore(
      directory: folder.path, mode: .readWrite, queue: queue, clock: clock, lock: lock, log: log, mark: mark,
      databaseID: folder.databaseID, journalNotice: journal.notice)
  }

  /// Opens an existing study, and checks the whole database first. A study of an older layersearch is read from a copy
  /// that is brought up to date. For writing, the study itself is brought up to date, after a copy was put beside it,
  /// and workers that were connected when the last coordinator ended are marked as gone.
  ///
  /// Throws `missingRecords` if the study is opened for writing and lacks what was recorded. When such a study is
  /// opened for reading, `missing` says so.
  public static func open(
    directory: String, mode: Mode, clock: @escaping Clock = systemClock
  ) throws(StoreError) -> StudyStore {
    let folder = StudyFolder(directory)
    try folder.requireStudy()
    switch mode {
    case .readOnly:
      let opened = try connectReadOnly(folder)
      return StudyStore(
        directory: folder.path, mode: mode, queue: opened.queue, clock: clock, lock: nil, copy: opened.copy,
        missing: opened.missing)
    case .readWrite:
      let lock = try StudyLock(folder)
      // Changes nothing before everything is checked: a connection that may write removes, when it closes, the journal
      // that `salvage` could still read.
      let isExamined = try examine(folder)
      let journal = Journal(of: folder)
      let queue = try connect(folder, journal)
      let (upgrade, mark, log) = try perform(folder.path, "open the study") {
        let reading = isExamined ? nil : StudyMark.Reading(of: folder)
        let version = try requireStudy(queue, folder)
        if !isExamined {
          try check(queue, folder)
          try requireComplete(queue, reading, version, folder)
        }
        try journal.writeThrough(queue)
        let now = clock()
        let upgrade = try bringUpToDate(queue, from: version, folder, now: now)
        try queue.write { db in
          try db.execute(
            sql: "UPDATE worker SET left_at = ?, left_reason = 'the coordinator ended' WHERE left_at IS NULL",
            arguments: [now])
          // Only a coordinator knows which workers are benched, and a new one begins with none.
          try db.execute(
            sql: "UPDATE worker SET benched_until = NULL, benched_reason = NULL WHERE benched_until IS NOT NULL")
        }
        let (study, counts) = try queue.read {
          (try identity($0, folder.path).studyID, try RecordCounts(of: $0, directory: folder.path))
        }
        let mark = try StudyMark(of: folder, study: study, counts: counts)
        return (upgrade, mark, try journal.log(of: queue, folder, mark))
      }
      return StudyStore(
        directory: folder.path, mode: mode, queue: queue, clock: clock, lock: lock, log: log, mark: mark,
        databaseID: folder.databaseID, upgrade: upgrade, journalNotice: journal.notice)
    }
  }

  /// Writes the study's database, as it is now, to a separate file, even while the coordinator writes. The file appears
  /// whole or not at all; a folder that contains it under the name `study.sqlite` is a study.
  public func copyDatabase(to output: OutputFile) throws(StoreError) {
    let folder = StudyFolder(directory)
    if let file = output.file { try DatabaseCopy.requireRoom(file, beside: folder) }
    try copying { try DatabaseCopy.write($0, to: output, of: folder) }
    // The mark of a study that was there before would report the copy's results as missing.
    if let file = output.file { DatabaseCopy.removeMark(beside: file) }
  }

  public func copyDatabase(to path: String) throws(StoreError) {
    let output: OutputFile
    do { output = try OutputFile(path) } catch { throw StoreError(error, of: StudyFolder(directory)) }
    try copyDatabase(to: output)
  }

  /// Throws `differentConfiguration`, naming every key that differs, if this study is another one than `identity`
  /// describes. Name, text and study ID may differ.
  public func require(_ identity: StudyIdentity) throws(StoreError) {
    let mine = try self.identity()
    guard mine.fingerprint != identity.fingerprint else { return }
    let differences = identity.differences(from: mine)
      .map { "\($0.key): \(Self.short($0.mine)) now, \(Self.short($0.other)) in the study" }
    let list = differences.isEmpty ? "their fingerprints" : differences.joined(separator: "; ")
    throw StoreError(
      .differentConfiguration, directory,
      "it was made with another configuration (\(list)); use \(StudyFolder.configurationName) in its folder, "
        + "or start a new study in another folder")
  }
}

// Connections.
extension StudyStore {
  /// A value for an error message, shortened: tables have many lines.
  private static func short(_ value: String?) -> String {
    guard let value else { return "not set" }
    return value.count > 120 ? "\(String(value.prefix(100)).inOneLine)…" : value
  }

  private static func connect(_ folder: StudyFolder, _ journal: Journal) throws(StoreError) -> DatabaseQueue {
    try perform(folder.path, "open \(StudyFolder.databaseName)") {
      // A reader that opens or closes the database locks it for moments.
      try journal.connect(folder, seconds: 10)
    }
  }

  /// Throws unless the database is empty, or left by a creation that was cut short.
  private static func requireRoomForStudy(_ queue: DatabaseQueue, _ folder: StudyFolder) throws {
    try queue.read { db in
      if try StudySchema.isNewer(db) { throw StoreError.alreadyExists(folder.path) }
      guard try StudySchema.version(of: db) == 0 else { return }
      // Names that begin with sqlite_ are SQLite's own: the first step of a creation leaves an index of its table.
      let others = "SELECT name FROM sqlite_schema WHERE name <> 'grdb_migrations' AND substr(name, 1, 7) <> 'sqlite_'"
      if let table = try String.fetchOne(db, sql: others) {
        throw StoreError(
          .noStudy, folder.path,
          "\(StudyFolder.databaseName) is another program's database (it has a table \(table)); choose another folder")
      }
    }
  }

  /// Brings the schema up to date. Each change of the schema is a transaction; an interrupted upgrade continues with
  /// the next opening. Returns what was done; `nil` if there was nothing to do.
  private static func bringUpToDate(
    _ queue: DatabaseQueue, from version: Int, _ folder: StudyFolder, now: Double
  ) throws -> String? {
    guard version < StudySchema.newestVersion else { return nil }
    let copy = StudyFolder.copyName(ofSchema: version)
    try DatabaseCopy.write(queue, to: "\(folder.path)/\(copy)", of: folder)
    try StudySchema.migrator(of: folder.path).migrate(queue)
    // Fold the whole log. If it were lost, the database would have the older schema beside a mark of the newer one, and
    // would pass for the copy that a user went back to.
    _ = try queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    let text =
      "the study was upgraded from schema \(version) to schema \(StudySchema.newestVersion); a copy of the old one is "
      + copy
    try queue.write {
      try $0.execute(
        sql: "INSERT INTO event (time, kind, text) VALUES (?, ?, ?)",
        arguments: [now, StudyEvent.Kind.note.rawValue, text])
    }
    return text
  }
}
