import CFileSystem
import GRDB

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How a study's database survives kills and power cuts: with a write-ahead log, or with a rollback journal if the
/// folder is on a file system that other machines may use as well. SQLite's log keeps its index in memory that
/// processes share. Two machines cannot share memory, and some of these file systems cannot map files at all.
enum Journal: Hashable {
  case writeAheadLog
  /// With the name of the file system.
  case rollback(String)

  init(of folder: StudyFolder) {
    // For tests, which cannot mount anything.
    let given = getenv("LAYERSEARCH_FILE_SYSTEM_TYPE").flatMap { UInt32(String(cString: $0)) }
    // If the folder cannot be examined, there are other problems, which opening it reports.
    self.init(fileSystemType: given ?? file_system_type(folder.path))
  }

  /// - Parameter fileSystemType: `f_type` of `statfs`.
  init(fileSystemType: UInt32) {
    self = Self.shared[fileSystemType].map(Journal.rollback) ?? .writeAheadLog
  }

  /// File systems that more than one machine may have mounted, or whose mapping of files cannot be relied on, by the
  /// magic numbers of Linux (statfs(2) and the file systems' own headers).
  private static let shared: [UInt32: String] = [
    0x6969: "NFS", 0x517B: "SMB", 0xFE53_4D42: "SMB", 0xFF53_4D42: "CIFS", 0x6573_5546: "FUSE", 0x0102_1997: "9p",
    0x5346_414F: "AFS", 0x6B41_4653: "AFS", 0x7375_7245: "Coda", 0x564C: "NCP", 0x0BD0_0BD0: "Lustre",
    0x4750_4653: "GPFS", 0x00C3_6400: "Ceph", 0x7461_636F: "OCFS2", 0x0116_1970: "GFS2", 0x1983_0326: "BeeGFS",
    0x2003_0528: "OrangeFS", 0xAAD7_AAEA: "PanFS", 0x786F_4256: "a VirtualBox shared folder",
    0xBACB_ACBC: "a VMware shared folder",
  ]

  /// A message for the user; `nil` with a write-ahead log.
  var notice: String? {
    guard case .rollback(let system) = self else { return nil }
    return "the study's folder is on a shared file system (\(system)), so its database uses a rollback journal "
      + "instead of a write-ahead log, which makes commits slower; a folder on a local disk is faster"
  }

  /// Opens a connection that may write.
  /// - Parameter seconds: how long to wait while other connections lock the database.
  func connect(_ folder: StudyFolder, seconds: Double) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = .timeout(seconds)
    switch self {
    case .writeAheadLog: configuration.journalMode = .wal
    case .rollback:
      // A database that still has a log is converted in exclusive mode, which needs no memory shared among processes.
      configuration.prepareDatabase { db in
        for pragma in ["locking_mode = EXCLUSIVE", "journal_mode = DELETE", "locking_mode = NORMAL"] {
          try db.execute(sql: "PRAGMA \(pragma)")
        }
      }
    }
    return try DatabaseQueue(path: folder.database, configuration: configuration)
  }

  /// Makes commits survive power cuts. With a write-ahead log, GRDB sets NORMAL, which may lose the last commits in a
  /// power cut. A rollback journal is ended by deleting its file; the deletion is on disk once the folder is.
  func writeThrough(_ queue: DatabaseQueue) throws {
    let level = self == .writeAheadLog ? "FULL" : "EXTRA"
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = \(level)") }
  }

  /// Creates the object that folds the log of `writer` into the database; `nil` with a rollback journal.
  func log(of writer: DatabaseQueue, _ folder: StudyFolder, _ mark: StudyMark) throws -> WriteAheadLog? {
    guard self == .writeAheadLog else { return nil }
    return WriteAheadLog(of: writer, connection: try connect(folder, seconds: 0.05), mark: mark)
  }
}
