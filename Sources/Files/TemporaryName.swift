#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The names of temporary files that will replace a file: `NAME.0123456789abcdef.partial`. The number is random,
/// because process numbers repeat among machines and containers that share a folder.
///
/// The writing process holds a lock on its temporary file; an unlocked one was left behind by a killed process.
/// Databases have no such lock: SQLite has its own, and on NFS this one would look to SQLite like another process's.
/// They count as abandoned if nothing was written for an hour.
package struct TemporaryName {
  enum Writer { case process, database }

  private let name: String
  private let folder: String

  private static let digits = 16
  private static let suffixes: [Writer: String] = [.process: ".partial", .database: ".copy.partial"]
  private static let longestPause = 3600
  /// The suffixes of a database and of the files that SQLite puts beside it.
  private static let companions = ["", "-journal", "-wal", "-shm"]
  private static let attempts = 100

  init(of name: String, in folder: String) {
    self.name = name
    self.folder = folder
  }

  /// Creates an empty file under a new name, open for reading and writing.
  func make(
    by writer: Writer, mode: mode_t, for path: String
  ) throws(FileError) -> (path: String, descriptor: Int32) {
    for _ in 0..<Self.attempts {
      let number = String(UInt64.random(in: .min ... .max), radix: 16)
      let padding = String(repeating: "0", count: Self.digits - number.count)
      let file = FilePath.join(folder, "\(name).\(padding)\(number)\(Self.suffixes[writer]!)")
      let descriptor = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
      guard descriptor >= 0 else {
        if errno == EEXIST { continue }
        throw .system(path, errno)
      }
      if writer == .database { return (file, descriptor) }
      try? FileLock.lock(descriptor, .exclusive, waits: true)
      var status = stat()
      // Another process may have taken the file for abandoned and removed it before it was locked.
      if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (file, descriptor) }
      close(descriptor)
    }
    throw .system(path, EEXIST)
  }

  /// Removes temporary files of processes that were killed before their file took its place.
  func removeAbandoned() {
    for found in Folder.names(in: folder) {
      for (writer, suffix) in Self.suffixes where isTemporary(found, suffix) {
        removeIfAbandoned(FilePath.join(folder, found), by: writer)
      }
    }
  }

  /// Does the same for all files whose names end in `ending`, in folders where each new file has another name.
  package static func removeAbandoned(in folder: String, ending: String) {
    guard let suffix = suffixes[.process] else { return }
    for found in Folder.names(in: folder) where found.hasSuffix(suffix) {
      let name = TemporaryName(of: String(found.dropLast(suffix.count + digits + 1)), in: folder)
      guard name.name.hasSuffix(ending), name.isTemporary(found, suffix) else { continue }
      name.removeIfAbandoned(FilePath.join(folder, found), by: .process)
    }
  }

  private func isTemporary(_ entry: String, _ suffix: String) -> Bool {
    guard entry.utf8.count == name.utf8.count + 1 + Self.digits + suffix.utf8.count, entry.hasPrefix(name + "."),
      entry.hasSuffix(suffix)
    else { return false }
    return entry.utf8.dropFirst(name.utf8.count + 1).prefix(Self.digits).allSatisfy {
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
    }
  }

  private func removeIfAbandoned(_ file: String, by writer: Writer) {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    switch writer {
    case .process:
      // The lock is held until the name is gone, so that the file's creator notices.
      guard (try? FileLock.lock(descriptor, .exclusive, waits: false)) != nil else { return }
    case .database:
      var status = stat()
      guard fstat(descriptor, &status) == 0, time(nil) - status.st_mtim.tv_sec > Self.longestPause else { return }
    }
    for companion in Self.companions { unlink(file + companion) }
  }
}
