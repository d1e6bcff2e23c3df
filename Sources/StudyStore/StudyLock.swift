import Files
import Processes
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Keeps a second coordinator off a study. The locks are the kernel's (`flock`), so that they end with their process however
/// that ends; the file's text only tells people who holds it.
///
/// The folder is locked as well as the file: a lock file that somebody deleted would let a second coordinator in. Some network
/// file systems lock no folders; there the file alone has to do, and `requireHeld` notices that it is gone.
final class StudyLock: Sendable {
  private struct Held {
    var file: CInt
    /// Nil where folders cannot be locked.
    var folder: CInt?
  }

  private let folder: StudyFolder
  /// Nil once it is released.
  private let held: Mutex<Held?>

  init(_ folder: StudyFolder) throws(StoreError) {
    self.folder = folder
    let place = try Self.lockFolder(folder)
    do throws(StoreError) {
      let file = try Self.lockFile(folder)
      held = Mutex(Held(file: file, folder: place))
    } catch {
      if let place { close(place) }
      throw error
    }
  }

  deinit { release() }

  func release() {
    held.withLock {
      // Unlocked by name: a child process that is just being spawned holds the descriptors open a little longer.
      for open in [$0?.file, $0?.folder].compactMap(\.self) {
        flock(open, LOCK_UN)
        close(open)
      }
      $0 = nil
    }
  }

  /// To be called every second or so. Makes a lock file that was deleted anew; throws where another coordinator has come in by
  /// that way, and where the folder itself is not there any more.
  func requireHeld() throws(StoreError) {
    try held.withLock { (held) throws(StoreError) in
      guard let now = held else { return }
      if let place = now.folder, !StudyFolder.isSame(place, folder.path) {
        throw StoreError(
          .missingFolder, folder.path,
          "the folder was removed or replaced while the coordinator was at work; what was recorded is lost with it")
      }
      guard !StudyFolder.isSame(now.file, folder.lock) else { return }
      held?.file = try Self.lockFile(folder)
      close(now.file)
    }
  }

  private static func lockFolder(_ folder: StudyFolder) throws(StoreError) -> CInt? {
    let descriptor = StudyFolder.open(folder.path, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw .system(folder.path, errno, "open the folder") }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      close(descriptor)
      guard number == EWOULDBLOCK else { return nil }
      let file = StudyFolder.open(folder.lock, O_RDONLY | O_NONBLOCK)
      defer { if file >= 0 { close(file) } }
      throw inUse(folder, file)
    }
    return descriptor
  }

  private static func lockFile(_ folder: StudyFolder) throws(StoreError) -> CInt {
    let descriptor = StudyFolder.open(folder.lock, O_RDWR | O_CREAT | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(folder.path, errno, "open the file \(StudyFolder.lockName)") }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      if number == EINTR { continue }
      defer { close(descriptor) }
      guard number == EWOULDBLOCK else { throw .system(folder.path, number, "lock the study") }
      throw inUse(folder, descriptor)
    }
    let text = "process \(getpid()) on \(HostName.current ?? "an unknown host")"
    ftruncate(descriptor, 0)
    // Only for people: a full disk must not keep a study from being opened to look at it.
    _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    return descriptor
  }

  private static func inUse(_ folder: StudyFolder, _ file: CInt) -> StoreError {
    StoreError(
      .inUse, folder.path,
      "another coordinator is at work here (\(text(of: file) ?? "it did not say who it is")); stop it, or choose another folder"
    )
  }

  private static func text(of descriptor: CInt) -> String? {
    guard let bytes = try? Descriptor.read(300, from: descriptor, at: 0), !bytes.isEmpty else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
