import GRDB
import SearchCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A study's folder: `study.sqlite` (the only truth), `configuration.yaml` (the text as it was given) and `lock`.
///
/// What `record` has returned from survives kill -9 and a power cut: the database is in WAL mode with `synchronous = FULL`,
/// one fsync a batch. Workers throw their copy of a result away once it is acknowledged, so that nothing less will do.
///
/// Every call blocks its thread for as long as the disk takes; calls from several threads wait for one another.
public final class StudyStore: Sendable {
  public enum Mode: Sendable {
    /// For the one coordinator: takes the study's lock.
    case readWrite
    /// For anyone else, also while the coordinator writes, and also where the folder cannot be written.
    case readOnly
  }

  /// Seconds since 1970 (UTC).
  public typealias Clock = @Sendable () -> Double

  public let directory: String
  public let mode: Mode
  let clock: Clock
  /// Nil once it is closed: GRDB stops the process when a closed queue is read. The mutex is held for a whole call, so
  /// that none is under way when the queue closes; the queue would let one in at a time anyway.
  private let queue: Mutex<DatabaseQueue?>
  private let lock: StudyLock?
  /// A copy to read from, where the original cannot be opened in place; removed at the end.
  private let copy: TemporaryCopy?

  private init(
    directory: String, mode: Mode, queue: DatabaseQueue, clock: @escaping Clock, lock: StudyLock?,
    copy: TemporaryCopy? = nil
  ) {
    self.directory = directory
    self.mode = mode
    self.queue = Mutex(queue)
    self.clock = clock
    self.lock = lock
    self.copy = copy
  }

  /// Closes the database and gives the lock back. Later calls throw; calling it again does nothing. The last reference
  /// does the same as it goes.
  public func close() {
    queue.withLock { queue in
      // An error here loses nothing: what was recorded is on the disk, and the next opening tidies up.
      try? queue?.close()
      queue = nil
    }
    lock?.release()
  }

  public static let systemClock: Clock = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

// Making and opening.
extension StudyStore {
  /// True where the folder holds a study, even a damaged one: what `open` is to be asked about. A folder that was left
  /// by a creation cut short holds none, and `create` completes it.
  public static func exists(directory: String) -> Bool {
    let folder = StudyFolder(directory)
    guard let size = folder.databaseSize, size > 0 else { return false }
    do {
      _ = try open(directory: directory, mode: .readOnly)
      return true
    } catch {
      return error.code != .noStudy
    }
  }

  /// A new study, and its folder where that is missing. Throws `alreadyExists` where there is one, `inUse` where another
  /// process is making it.
  public static func create(
    directory: String, identity: StudyIdentity, clock: @escaping Clock = systemClock
  ) throws(StoreError) -> StudyStore {
    let folder = StudyFolder(directory)
    try folder.make()
    try folder.requireWholePages()
    let lock = try StudyLock(folder)
    let queue = try connect(folder)
    try perform(folder.path, "make the study") {
      try prepareForWriting(queue, folder)
      let isTaken = try queue.read { try Row.fetchOne($0, sql: "SELECT 1 FROM study") } != nil
      if isTaken { throw StoreError.alreadyExists(folder.path) }
      try folder.writeConfiguration(identity.configurationText)
      let now = clock()
      try queue.write { db in
        try db.execute(
          sql: "INSERT INTO study (id, study_id, name, configuration, fingerprint, created) VALUES (1, ?, ?, ?, ?, ?)",
          arguments: [identity.studyID, identity.name, identity.configurationText, identity.fingerprint, now])
        for (key, value) in identity.entries {
          try db.execute(
            sql: "INSERT INTO configuration_entry (key, value) VALUES (?, ?)", arguments: [key, value])
        }
      }
    }
    return StudyStore(directory: folder.path, mode: .readWrite, queue: queue, clock: clock, lock: lock)
  }

  /// An existing study. For writing, the whole database is checked first (about a second for 100,000 jobs), and workers
  /// that were there when its last coordinator ended are marked as gone.
  public static func open(
    directory: String, mode: Mode, clock: @escaping Clock = systemClock
  ) throws(StoreError) -> StudyStore {
    let folder = StudyFolder(directory)
    try folder.requireStudy()
    switch mode {
    case .readOnly:
      let (queue, copy) = try connectReadOnly(folder)
      return StudyStore(directory: folder.path, mode: mode, queue: queue, clock: clock, lock: nil, copy: copy)
    case .readWrite:
      let lock = try StudyLock(folder)
      let queue = try connect(folder)
      try perform(folder.path, "open the study") {
        try check(queue, folder)
        try prepareForWriting(queue, folder)
        try requireStudyRow(queue, folder)
        let now = clock()
        try queue.write { db in
          try db.execute(
            sql: "UPDATE worker SET left_at = ?, left_reason = 'the coordinator ended' WHERE left_at IS NULL",
            arguments: [now])
        }
      }
      return StudyStore(directory: folder.path, mode: mode, queue: queue, clock: clock, lock: lock)
    }
  }

  /// Throws `differentConfiguration`, naming every key that differs, where this study is another than `identity`
  /// describes. Name, text and study ID may differ.
  public func require(_ identity: StudyIdentity) throws(StoreError) {
    let mine = try self.identity()
    guard mine.fingerprint != identity.fingerprint else { return }
    let differences = identity.differences(from: mine)
      .map { "\($0.key): \($0.mine ?? "not set") now, \($0.other ?? "not set") in the study" }
    let list = differences.isEmpty ? "their fingerprints" : differences.joined(separator: "; ")
    throw StoreError(
      .differentConfiguration, directory,
      "it was made with another configuration (\(list)); go back to \(StudyFolder.configurationName) in its folder, "
        + "or start a new study in another folder")
  }
}

// Connections.
extension StudyStore {
  private static func connect(_ folder: StudyFolder) throws(StoreError) -> DatabaseQueue {
    try perform(folder.path, "open \(StudyFolder.databaseName)") {
      var configuration = Configuration()
      configuration.journalMode = .wal
      // A reader that opens or closes the database holds it for moments.
      configuration.busyMode = .timeout(10)
      return try DatabaseQueue(path: folder.database, configuration: configuration)
    }
  }

  /// Reading a WAL database needs its `-shm` file, or leave to make one. Where neither is to be had, no one is writing
  /// either (a writer has one), and a copy in the temporary folder tells the same.
  private static func connectReadOnly(
    _ folder: StudyFolder
  ) throws(StoreError) -> (DatabaseQueue, TemporaryCopy?) {
    func open(_ path: String) throws -> DatabaseQueue {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(10)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.read { try requireKnownSchema($0, folder) }
      try requireStudyRow(queue, folder)
      return queue
    }
    return try perform(folder.path, "open the study for reading") {
      do {
        return (try open(folder.database), nil)
      } catch let error as DatabaseError
        where [.SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM].contains(error.resultCode)
      {
        let copy = try TemporaryCopy(of: folder)
        return (try open(copy.database), copy)
      }
    }
  }

  private static func check(_ queue: DatabaseQueue, _ folder: StudyFolder) throws {
    let findings = try queue.read { try String.fetchAll($0, sql: "PRAGMA quick_check(1)") }
    if findings != ["ok"] { throw StoreError.damaged(folder.path, findings.first ?? "the check said nothing") }
  }

  private static func prepareForWriting(_ queue: DatabaseQueue, _ folder: StudyFolder) throws {
    try queue.read { try requireKnownSchema($0, folder, isOlderAllowed: true) }
    // GRDB sets NORMAL with WAL, which a power cut may cost the last commits.
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    try StudySchema.migrator.migrate(queue)
  }

  private static func requireKnownSchema(
    _ db: Database, _ folder: StudyFolder, isOlderAllowed: Bool = false
  ) throws {
    if try StudySchema.migrator.hasBeenSuperseded(db) {
      throw StoreError(.newerVersion, folder.path, "a newer layersearch made it; update this one to open it")
    }
    if isOlderAllowed { return }
    if try !db.tableExists("study") { throw StoreError.noStudy(folder.path) }
    if try !StudySchema.migrator.hasCompletedMigrations(db) {
      throw StoreError(
        .olderVersion, folder.path,
        "an older layersearch made it; resume the study once with this one to bring it up to date")
    }
  }

  private static func requireStudyRow(_ queue: DatabaseQueue, _ folder: StudyFolder) throws {
    let row = try queue.read { try Row.fetchOne($0, sql: "SELECT 1 FROM study") }
    if row == nil { throw StoreError.noStudy(folder.path) }
  }

  /// Runs what may throw anything, and throws a `StoreError` that says what was being done.
  static func perform<Value>(
    _ directory: String, _ action: String, _ body: () throws -> Value
  ) throws(StoreError) -> Value {
    do { return try body() } catch { throw StoreError(error, directory, action) }
  }

  func reading<Value>(_ what: String, _ body: (Database) throws -> Value) throws(StoreError) -> Value {
    try using("read \(what)") { try $0.read(body) }
  }

  func writing(_ what: String, _ body: (Database) throws -> Void) throws(StoreError) {
    try using(what) { try $0.write(body) }
  }

  private func using<Value>(
    _ action: String, _ body: (DatabaseQueue) throws -> Value
  ) throws(StoreError) -> Value {
    // The value leaves the mutex in a Result, because its closure's own result would have to be `sending`.
    var outcome: Result<Value, StoreError>?
    queue.withLock { queue in
      outcome = Result { () throws(StoreError) -> Value in
        guard let queue else { throw StoreError(.closed, directory, "cannot \(action): the study was closed") }
        return try Self.perform(directory, action) { try body(queue) }
      }
    }
    guard let outcome else { throw StoreError(.closed, directory, "cannot \(action): the study was closed") }
    return try outcome.get()
  }
}
