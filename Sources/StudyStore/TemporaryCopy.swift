import Files

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A copy of a study's database in the temporary folder, for reading where the original's folder gives no leave to make
/// the files that SQLite needs beside it, or is of an older version. It goes with its last reference.
final class TemporaryCopy: Sendable {
  private let folder: String
  var database: String { "\(folder)/\(StudyFolder.databaseName)" }
  var log: String { database + "-wal" }

  init(of original: StudyFolder) throws(StoreError) {
    let parent = FilePath.temporaryFolder
    var template = Array("\(parent)/layersearch-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw .system(original.path, errno, "make a folder in \(parent)") }
    folder = String(cString: made)
  }

  /// The database file by file, for where SQLite cannot open it. Nobody may be writing.
  func copyFiles(of original: StudyFolder) throws(StoreError) {
    try copyDatabase(of: original)
    // The last commits, where the coordinator was killed before it could fold them into the database, or what takes
    // half a commit back.
    for suffix in ["-wal", "-journal"] where access(original.database + suffix, F_OK) == 0 {
      try copy(original.database + suffix, to: database + suffix, of: original)
    }
  }

  /// The database without a journal; empty where there is none.
  func copyDatabase(of original: StudyFolder) throws(StoreError) {
    if original.databaseSize == nil {
      close(StudyFolder.open(database, O_WRONLY | O_CREAT))
    } else {
      try copy(original.database, to: database, of: original)
    }
  }

  /// A rollback journal.
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
