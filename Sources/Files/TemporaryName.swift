#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How files are called that are to take the place of one: `NAME.0123456789abcdef.partial`, by a random number, because machines
/// and containers that share a folder give the same numbers to processes.
///
/// Who writes one holds a lock on it. One without was left behind by a process that was killed.
struct TemporaryName {
  private let name: String
  private let folder: String

  private static let digits = 16
  private static let suffix = ".partial"
  /// What SQLite puts beside a database that it writes.
  private static let companions = ["", "-journal", "-wal", "-shm"]
  private static let attempts = 100

  init(of name: String, in folder: String) {
    self.name = name
    self.folder = folder
  }

  /// A new file, empty, open for reading and writing, and locked where the file system has locks.
  func make(mode: mode_t, for path: String) throws(FileError) -> (path: String, descriptor: Int32) {
    for _ in 0..<Self.attempts {
      let number = String(UInt64.random(in: .min ... .max), radix: 16)
      let padding = String(repeating: "0", count: Self.digits - number.count)
      let file = FilePath.join(folder, "\(name).\(padding)\(number)\(Self.suffix)")
      let descriptor = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
      guard descriptor >= 0 else {
        if errno == EEXIST { continue }
        throw .system(path, errno)
      }
      _ = flock(descriptor, LOCK_EX)
      var status = stat()
      // Another process may have taken it for an abandoned one before it was locked.
      if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (file, descriptor) }
      close(descriptor)
    }
    throw .system(path, EEXIST)
  }

  /// Removes what processes left behind that were killed before their file took its place.
  func removeAbandoned() {
    guard let entries = opendir(folder) else { return }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let found = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if isTemporary(found) { removeIfAbandoned(FilePath.join(folder, found)) }
    }
  }

  private func isTemporary(_ entry: String) -> Bool {
    guard entry.utf8.count == name.utf8.count + 1 + Self.digits + Self.suffix.utf8.count, entry.hasPrefix(name + "."),
      entry.hasSuffix(Self.suffix)
    else { return false }
    return entry.utf8.dropFirst(name.utf8.count + 1).prefix(Self.digits).allSatisfy {
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
    }
  }

  private func removeIfAbandoned(_ file: String) {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // The lock is held until the name is gone, so that its maker finds out.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return }
    for companion in Self.companions { unlink(file + companion) }
  }
}
