import Files

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The files of a study and what the operating system says about them.
struct StudyFolder: Sendable {
  static let databaseName = "study.sqlite"
  static let configurationName = "configuration.yaml"
  static let lockName = "lock"
  /// The mark, which tells how far the record went.
  static let markName = "study.mark"
  /// The copy of a study as it was before its schema was brought up to date.
  static func copyName(ofSchema version: Int) -> String { "study.schema-\(version).sqlite" }

  let path: String

  init(_ path: String) {
    // "" would turn "/study.sqlite" into a file of the root folder.
    self.path = path.isEmpty ? "." : path
  }

  var database: String { "\(path)/\(Self.databaseName)" }
  var configuration: String { "\(path)/\(Self.configurationName)" }
  var lock: String { "\(path)/\(Self.lockName)" }
  var mark: String { "\(path)/\(Self.markName)" }
  /// SQLite's write-ahead log.
  var log: String { database + "-wal" }
  /// The journal of a database on a shared file system, which SQLite rolls back after a crash.
  var rollbackJournal: String { database + "-journal" }

  private static func status(_ file: String) -> stat? {
    var status = stat()
    return stat(file, &status) == 0 ? status : nil
  }

  var isFolder: Bool { Self.status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

  /// The size of the database in bytes; `nil` if there is none.
  var databaseSize: Int? { Self.status(database).map { Int($0.st_size) } }

  /// The file that shows that there was a study although its database is missing or empty; `nil` if none does. A
  /// creation that was cut short leaves none of these files: the database's first page exists before any of them.
  var remains: String? {
    guard (databaseSize ?? 0) == 0 else { return nil }
    if Self.status(mark) != nil { return Self.markName }
    if (Self.status(log)?.st_size ?? 0) > 0 { return Self.databaseName + "-wal" }
    // A user may have put a configuration there without a lock.
    return Self.status(configuration) != nil && Self.status(lock) != nil ? Self.configurationName : nil
  }

  var hasMark: Bool { Self.status(mark) != nil }

  /// Whether a database that contains no study once contained one. A creation that was cut short leaves no mark, and no
  /// damaged frames in the log.
  var isStudyLost: Bool { hasMark || LogFile(log)?.isBroken == true }

  /// Throws if the database is missing or empty but there was a study, which must not be begun anew.
  func requireNoRemains() throws(StoreError) {
    guard let remains else { return }
    let state = databaseSize == nil ? "is missing" : "is empty"
    let results = StudyMark.Reading(of: self).map { " with \($0.counts.results) acknowledged results" } ?? ""
    throw StoreError(
      .damaged, path,
      "\(Self.databaseName) \(state), but \(remains) shows that there was a study\(results); restore a copy of the "
        + "database, save what can be read with: \(StoreError.salvageCommand(path)), or start a new study in another "
        + "folder")
  }

  /// Throws if the folder of a new study already contains a file with a name that studies use: it belongs to something
  /// else, and the study would overwrite or remove it.
  func requireNoStrangers() throws(StoreError) {
    guard (databaseSize ?? 0) == 0, let name = StudyFileName.all.first(where: { Self.status("\(path)/\($0)") != nil })
    else { return }
    throw StoreError(
      .noStudy, path,
      "the folder already contains \(name), a name that studies use; choose another folder, or move it away")
  }

  /// Identifies the file at a path. Differs if the file was removed or replaced meanwhile.
  struct FileID: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
  }

  var databaseID: FileID? { Self.identity(of: database) }

  static func identity(of file: String) -> FileID? {
    status(file).map { FileID(device: UInt64($0.st_dev), inode: UInt64($0.st_ino)) }
  }

  /// Whether an open file is the one that is now at `path`.
  static func isSame(_ descriptor: CInt, _ path: String) -> Bool {
    var open = stat()
    var there = stat()
    // A file that cannot be examined does not count as gone.
    guard fstat(descriptor, &open) == 0 else { return true }
    guard stat(path, &there) == 0 else { return errno != ENOENT && errno != ENOTDIR }
    return open.st_ino == there.st_ino && open.st_dev == there.st_dev
  }

  /// The size in bytes; 0 if there is no such file.
  static func size(of file: String) -> Int { status(file).map { Int($0.st_size) } ?? 0 }

  /// Throws if the last page is cut short. SQLite takes a file that is shorter than its smallest page for an empty
  /// database and would start it anew; it fills a truncated last page with zeros. If a log is left, it contains the
  /// missing pages; a rollback journal restores the size before the interrupted commit.
  func requireWholePages() throws(StoreError) {
    guard let size = databaseSize, size % 512 != 0, Self.size(of: log) == 0, Self.size(of: rollbackJournal) == 0
    else { return }
    throw .damaged(path, "its last page is cut short, at \(size) bytes")
  }

  /// Creates the folder and those above it.
  func make() throws(StoreError) {
    do { try Folder.make(path) } catch {
      if Self.status(path) != nil {
        throw StoreError(.inputOutput, path, "there is a file of that name; choose another folder")
      }
      throw .system(path, error.reason.number, "create the folder \(error.path)")
    }
  }

  /// Refuses early, with a clear message, what SQLite would report as "unable to open database file".
  func requireStudy() throws(StoreError) {
    guard Self.status(path) != nil else {
      throw errno == EACCES ? .system(path, EACCES, "open the folder") : .missingFolder(path)
    }
    guard isFolder else { throw StoreError(.missingFolder, path, "this is a file, not the folder of a study") }
    let found = Self.status(database)
    let number = errno
    if found != nil || number == ENOENT { try requireNoRemains() }
    guard let file = found else {
      throw number == EACCES ? .system(path, EACCES, "open \(Self.databaseName)") : .noStudy(path)
    }
    guard file.st_mode & S_IFMT == S_IFREG else {
      throw StoreError(.noStudy, path, "\(Self.databaseName) is not a file")
    }
    guard file.st_size > 0 else { throw .emptyStudy(path) }
    try requireWholePages()
    let descriptor = Self.open(database, O_RDONLY)
    guard descriptor >= 0 else { throw .system(path, errno, "read \(Self.databaseName)") }
    close(descriptor)
  }

  /// Writes the configuration file. It appears whole or not at all, and survives a power cut.
  func writeConfiguration(_ text: String) throws(StoreError) {
    do { try OutputFile(configuration).write(text.utf8) } catch {
      throw error.number.map { .system(path, $0, "write \(Self.configurationName)") } ?? StoreError(error, of: self)
    }
  }

  /// Calls `open` with the flag that all files here share: no child process inherits them.
  static func open(_ file: String, _ flags: CInt) -> CInt {
    #if canImport(Glibc)
      Glibc.open(file, flags | O_CLOEXEC, 0o666)
    #else
      Darwin.open(file, flags | O_CLOEXEC, 0o666)
    #endif
  }
}
