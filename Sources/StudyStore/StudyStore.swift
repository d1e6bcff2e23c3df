import GRDB
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A study's folder: `study.sqlite` (the only truth), `configuration.yaml` (the text as it was given) and `lock`.
///
/// Once `record` has returned, its changes survive kill -9 and a power cut: the database is in WAL mode with
/// `synchronous = FULL`, one fsync per batch (on shared file systems it has a rollback journal, see `Journal`). Workers
/// delete their copy of a result once it is acknowledged, so that nothing less will do.
///
/// Every call blocks its thread for as long as the disk takes; calls from several threads wait for one another.
public final class StudyStore: Sendable {
  public enum Mode: Sendable {
    /// For the one coordinator. Takes the study's lock.
    case readWrite
    /// For everyone else, even while the coordinator writes, and even if the folder cannot be written.
    case readOnly
  }

  /// Seconds since 1970 (UTC).
  public typealias Clock = @Sendable () -> Double

  public let directory: String
  public let mode: Mode
  let clock: Clock
  /// `nil` once closed: GRDB stops the process if a closed queue is read. The mutex is held for a whole call, so that
  /// none is under way when the queue closes; the queue admits one call at a time anyway.
  private let queue: Mutex<DatabaseQueue?>
  private let lock: StudyLock?
  /// `nil` for reading only, and if the study has a rollback journal.
  private let log: WriteAheadLog?
  /// `nil` for reading only.
  let mark: StudyMark?
  /// Identifies the database that was opened for writing; `nil` for reading only.
  private let databaseID: StudyFolder.FileID?
  let sightings = Sightings()
  /// The copy to read from if the original cannot be opened in place or has an older schema; removed at the end.
  private let copy: TemporaryCopy?
  /// What was done to bring an older study up to date when it was opened; `nil` if nothing was necessary.
  public let upgrade: String?
  /// What was recorded once and is no longer here, as far as that can be told; `nil` if nothing. A study that lacks
  /// records can be read, but not opened for writing.
  public let missing: MissingRecords?
  /// Why the database has a rollback journal instead of a write-ahead log; `nil` if it has a log.
  public let journalNotice: String?

  init(
    directory: String, mode: Mode, queue: DatabaseQueue, clock: @escaping Clock, lock: StudyLock?,
    log: WriteAheadLog? = nil, mark: StudyMark? = nil, databaseID: StudyFolder.FileID? = nil,
    copy: TemporaryCopy? = nil, upgrade: String? = nil, missing: MissingRecords? = nil, journalNotice: String? = nil
  ) {
    self.directory = directory
    self.mode = mode
    self.queue = Mutex(queue)
    self.clock = clock
    self.lock = lock
    self.log = log
    self.mark = mark
    self.databaseID = databaseID
    self.missing = missing
    self.journalNotice = journalNotice
    self.copy = copy
    self.upgrade = upgrade
  }

  /// Closes the database and releases the lock. Later calls throw; closing again does nothing. The same happens when
  /// the last reference goes.
  public func close() {
    queue.withLock { queue in
      log?.close()
      // An error here loses nothing: what was recorded is on the disk, and the next opening tidies up.
      try? queue?.close()
      queue = nil
    }
    mark?.close()
    lock?.release()
  }

  /// Throws if the files open for writing are no longer those at their paths: the folder or the database was removed or
  /// replaced, or another coordinator got in after the lock file was deleted. Recreates the lock file and the mark if
  /// they are gone. Call this about every second: otherwise commits would go on into files that are no longer found.
  public func requireInPlace() throws(StoreError) {
    guard mode == .readWrite else { return }
    let folder = StudyFolder(directory)
    guard databaseID == nil || folder.databaseID == databaseID else {
      throw StoreError(
        .missingFolder, directory,
        "\(StudyFolder.databaseName) was removed or replaced while the coordinator was running; what it records would "
          + "be lost"
      )
    }
    try lock?.requireHeld()
    try mark?.restore()
    // With a log, the mark is synced whenever the log is folded.
    if log == nil { mark?.synchronize() }
  }

  public static let systemClock: Clock = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

extension StudyStore {
  /// Runs `body`, and converts any error into a `StoreError` that says what was being done.
  static func perform<Value>(
    _ directory: String, _ action: String, _ body: () throws -> Value
  ) throws(StoreError) -> Value {
    do { return try body() } catch { throw StoreError(error, directory, action) }
  }

  func reading<Value>(_ what: String, _ body: (Database) throws -> Value) throws(StoreError) -> Value {
    try using("read \(what)") { try $0.read(body) }
  }

  func writing(_ what: String, _ body: (Database) throws -> Void) throws(StoreError) {
    try using(what) { queue in
      try queue.write(body)
      if let log { queue.writeWithoutTransaction { log.checkpointIfDue($0) } }
    }
  }

  func copying(_ body: (DatabaseQueue) throws -> Void) throws(StoreError) { try using("copy the study", body) }

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
