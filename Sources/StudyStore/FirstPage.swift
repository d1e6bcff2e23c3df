import GRDB

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The first page of a study's database, as a new study has it: it tells which tables there are and where they begin.
/// Every study that was made with the newest schema has its tables in the same places, so this page can replace one
/// that is lost.
struct FirstPage {
  private let bytes: [UInt8]

  init(of folder: StudyFolder) throws {
    let new = try TemporaryCopy(of: folder)
    var configuration = Configuration()
    configuration.journalMode = .wal
    let queue = try DatabaseQueue(path: new.database, configuration: configuration)
    try StudySchema.migrator(of: folder.path).migrate(queue)
    let pageBytes = try queue.read { try Int.fetchOne($0, sql: "PRAGMA page_size") } ?? 4096
    try queue.close()
    var bytes = [UInt8](repeating: 0, count: pageBytes)
    try Self.withFile(new.database, O_RDONLY, "read", of: folder) { pread($0, &bytes, bytes.count, 0) == bytes.count }
    // The new study has fewer pages than the database that needs this page. If the header's two change counters differ,
    // SQLite takes the number of pages from the length of the file (its file format, 1.3.7).
    bytes[95] &+= 1
    self.bytes = bytes
  }

  /// Replaces the first page of `database`, which no process may have open.
  func write(to database: String, of folder: StudyFolder) throws(StoreError) {
    try Self.withFile(database, O_WRONLY, "write", of: folder) { pwrite($0, bytes, bytes.count, 0) == bytes.count }
  }

  private static func withFile(
    _ path: String, _ flags: CInt, _ action: String, of folder: StudyFolder, _ body: (CInt) -> Bool
  ) throws(StoreError) {
    let descriptor = StudyFolder.open(path, flags)
    guard descriptor >= 0 else { throw .system(folder.path, errno, "\(action) \(path)") }
    defer { close(descriptor) }
    guard body(descriptor) else { throw .system(folder.path, errno, "\(action) \(path)") }
  }
}
