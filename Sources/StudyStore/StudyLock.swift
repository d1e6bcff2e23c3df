import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Keeps a second coordinator off a study. The lock is the kernel's (`flock`), so that it ends with its process however
/// that ends; the file's text only tells people who holds it.
final class StudyLock: Sendable {
  /// Nil once it is released.
  private let descriptor: Mutex<CInt?>

  init(_ folder: StudyFolder) throws(StoreError) {
    let descriptor = StudyFolder.open(folder.lock, O_RDWR | O_CREAT)
    guard descriptor >= 0 else { throw .system(folder.path, errno, "open the file \(StudyFolder.lockName)") }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      let holder = Self.text(of: descriptor)
      close(descriptor)
      guard number == EWOULDBLOCK else { throw .system(folder.path, number, "lock the study") }
      throw StoreError(
        .inUse, folder.path,
        "another coordinator is at work here (\(holder ?? "it did not say who it is")); stop it, or choose another folder"
      )
    }
    let text = "process \(getpid()) on \(Self.hostName)"
    ftruncate(descriptor, 0)
    // Only for people: a full disk must not keep a study from being opened to look at it.
    _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    self.descriptor = Mutex(descriptor)
  }

  deinit { release() }

  func release() {
    descriptor.withLock {
      if let open = $0 {
        // Unlocked by name: a child process that is just being spawned holds the descriptor open a little longer.
        flock(open, LOCK_UN)
        close(open)
      }
      $0 = nil
    }
  }

  private static func text(of descriptor: CInt) -> String? {
    var bytes = [UInt8](repeating: 0, count: 300)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "an unknown host" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
