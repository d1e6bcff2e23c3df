import Files

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A copy of a study's database in the temporary folder. It is for reading if SQLite may not create the files that it
/// needs in the original's folder, or if the study is of an older version. Removed with its last reference.
final class TemporaryCopy: Sendable {
  private let folder: String
  var database: String { "\(folder)/\(StudyFolder.databaseName)" }
  var log: String { database + "-wal" }

  init(of original: StudyFolder) throws(StoreError) {
    let parent = FilePath.temporaryFolder
    var template = Array("\(parent)/layersearch-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw .system(original.path, errno, "create a folder in \(parent)") }
    folder = String(cString: made)
  }

  /// Copies the database file by file, for cases in which SQLite cannot open it. No process may be writing.
  func copyFiles(of original: StudyFolder) throws(StoreError) {
    try copyDatabase(of: original)
    // The log has the last commits if the coordinator was killed before it could fold them into the database; a
    // rollback journal undoes half a commit.
    for suffix in ["-wal", "-journal"] where access(original.database + suffix, F_OK) == 0 {
      try copy(original.database + suffix, to: database + suffix, of: original)
    }
  }

  /// Copies the database without a journal. The copy is empty if there is no database.
  func copyDatabase(of original: StudyFolder) throws(StoreError) {
    if original.databaseSize == nil {
      close(StudyFolder.open(database, O_WRONLY | O_CREAT))
    } else {
      try copy(original.database, to: database, of: original)
    }
  }

  /// Whether the copy has a rollback journal.
  var hasJournal: Bool { access(database + "-journal", F_OK) == 0 }

  deinit {
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(database + suffix) }
    rmdir(folder)
  }

  private func copy(_ source: String, to target: String, of original: StudyFolder) throws(StoreError) {
    let input = StudyFolder.open(source, O_RDONLY)
    guard input >= 0 else { throw .system(original.path, errno, "read \(source)") }
    defer { close(input) }
    let output = StudyFolder.open(target, O_WRONLY | O_CREAT | O_EXCL)
    guard output >= 0 else { throw .system(original.path, errno, "write \(target)") }
    defer { close(output) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = read(input, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(original.path, errno, "read \(source)") }
      if count == 0 { return }
      do {
        try buffer.withUnsafeBytes { bytes in
          Result { () throws(SystemError) in
            try Descriptor.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: output)
          }
        }.get()
      } catch { throw .system(original.path, error.number, "write \(target)") }
    }
  }
}
