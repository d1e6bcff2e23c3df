import Files
import GRDB

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Copies a database with SQLite's online backup: one consistent state, even if other processes write meanwhile.
enum DatabaseCopy {
  /// Writes a copy that is one file without a journal beside it. A regular file appears whole or not at all, replaces
  /// any file of that name, and is on disk when this returns. If the output is a device or a pipe, the copy's bytes are
  /// written into it.
  static func write(_ source: DatabaseQueue, to output: OutputFile, of folder: StudyFolder) throws {
    do {
      try output.write { temporary in
        defer { for suffix in ["-journal", "-wal", "-shm"] { unlink(temporary + suffix) } }
        let copy = try DatabaseQueue(path: temporary)
        try source.backup(to: copy)
        // The backup copies the source's WAL mode with the header. Without it the copy is a single file, easier to
        // carry.
        try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try copy.close()
      }
    } catch let error as FileError {
      throw StoreError(error, of: folder)
    }
  }

  static func write(_ source: DatabaseQueue, to path: String, of folder: StudyFolder) throws {
    let output: OutputFile
    do { output = try OutputFile(path) } catch { throw StoreError(error, of: folder) }
    try write(source, to: output, of: folder)
  }

  /// Throws if `path` is the study's own database, or another database that has a journal: SQLite would put the
  /// journal's pages into the copy.
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

  /// Removes the mark of the study that the folder held before.
  static func removeMark(beside path: String) {
    guard FilePath.name(of: path) == StudyFolder.databaseName else { return }
    unlink(FilePath.join(FilePath.folder(of: path), StudyFolder.markName))
  }
}

extension StoreError {
  /// An error of a file that this study was to be written to.
  init(_ error: FileError, of folder: StudyFolder) {
    let code: Code =
      switch error.number {
      case ENOSPC, EDQUOT: .diskFull
      case EACCES, EPERM, EROFS, ENOENT, ENOTDIR: .permission
      default: .inputOutput
      }
    self.init(code, folder.path, "\(error)")
  }
}
