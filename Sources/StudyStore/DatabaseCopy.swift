import GRDB

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Copies a database with SQLite's online backup: one consistent state of it, whoever writes meanwhile.
enum DatabaseCopy {
  /// The copy is one file without a journal beside it. It appears whole or not at all, in the place of any file of that
  /// name, and is on the disk when this returns.
  static func write(_ source: DatabaseQueue, to path: String, of folder: StudyFolder) throws {
    let temporary = path + ".new"
    unlink(temporary)
    do {
      do {
        let copy = try DatabaseQueue(path: temporary)
        try source.backup(to: copy)
        // The source's WAL mode comes along in the header; a single file is easier to carry.
        try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try copy.close()
      } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
        throw StoreError(
          .permission, folder.path, "cannot write \(temporary); check that its folder exists and may be written")
      }
      try synchronize(temporary, folder)
      guard rename(temporary, path) == 0 else { throw StoreError.system(folder.path, errno, "write \(path)") }
      try synchronize(parent(of: path), folder)
    } catch {
      for suffix in ["", "-journal", "-wal", "-shm"] { unlink(temporary + suffix) }
      throw error
    }
  }

  /// Refuses the place of the study's own database, and that of another one's that has a journal: SQLite would put the journal's
  /// pages into the copy.
  static func requireRoom(_ path: String, beside folder: StudyFolder) throws(StoreError) {
    if let place = StudyFolder.identity(of: path), place == folder.databaseID {
      throw StoreError(.alreadyExists, folder.path, "\(path) is the study's own database; name another file")
    }
    for suffix in ["-wal", "-journal"] where StudyFolder.size(of: path + suffix) > 0 {
      throw StoreError(
        .alreadyExists, folder.path,
        "\(path) is a database in use, or was when its program was killed; name another file"
      )
    }
  }

  /// Of the study that the folder held before.
  static func removeMark(beside path: String) {
    guard path.split(separator: "/").last.map(String.init) == StudyFolder.databaseName else { return }
    unlink("\(parent(of: path))/\(StudyFolder.markName)")
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func synchronize(_ path: String, _ folder: StudyFolder) throws(StoreError) {
    let descriptor = StudyFolder.open(path, O_RDONLY)
    guard descriptor >= 0 else { throw .system(folder.path, errno, "open \(path)") }
    let isSafe = fsync(descriptor) == 0
    let number = errno
    close(descriptor)
    guard isSafe else { throw .system(folder.path, number, "write \(path)") }
  }
}
