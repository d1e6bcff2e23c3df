import Files
import GRDB

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Copies a database with SQLite's online backup: one consistent state of it, whoever writes meanwhile.
enum DatabaseCopy {
  /// The copy is one file without a journal beside it. A regular file appears whole or not at all, in the place of any
  /// file of that name, and is on the disk when this returns; into a device or a pipe the copy's bytes are written.
  static func write(_ source: DatabaseQueue, to output: OutputFile, of folder: StudyFolder) throws {
    do {
      try output.write { temporary in
        defer { for suffix in ["-journal", "-wal", "-shm"] { unlink(temporary + suffix) } }
        let copy = try DatabaseQueue(path: temporary)
        try source.backup(to: copy)
        // The source's WAL mode comes along in the header; a single file is easier to carry.
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

  /// Refuses the place of the study's own database, and that of another one's that has a journal: SQLite would put the
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

  /// Of the study that the folder held before.
  static func removeMark(beside path: String) {
    guard FilePath.name(of: path) == StudyFolder.databaseName else { return }
    unlink(FilePath.join(FilePath.folder(of: path), StudyFolder.markName))
  }
}

extension StoreError {
  /// Of a file that this study was to be written to.
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
