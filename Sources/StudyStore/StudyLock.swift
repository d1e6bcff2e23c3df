import Files
import Processes
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Keeps a second coordinator out of a study. The locks are the kernel's (`flock`), which end with their process
/// however that ends; the file's text only tells people which process holds the study.
///
/// The folder is locked as well as the file: otherwise a second coordinator could get in after the lock file was
/// deleted. Some network file systems cannot lock folders; there only the file is locked, and `requireHeld` notices if
/// it is gone.
final class StudyLock: Sendable {
  private struct Held {
    var file: FileLock
    /// `nil` if folders cannot be locked.
    var folder: FileLock?
  }

  private let folder: StudyFolder
  /// `nil` once released.
  private let held: Mutex<Held?>

  init(_ folder: StudyFolder) throws(StoreError) {
    self.folder = folder
    let place = try Self.lockFolder(folder)
    held = Mutex(Held(file: try Self.lockFile(folder), folder: place))
  }

  func release() { held.withLock { $0 = nil } }

  /// Call this about every second. Recreates a lock file that was deleted. Throws if another coordinator has got in
  /// that way, or if the folder itself is gone.
  func requireHeld() throws(StoreError) {
    try held.withLock { (held) throws(StoreError) in
      guard let now = held else { return }
      if let place = now.folder, !StudyFolder.isSame(place.descriptor, folder.path) {
        throw StoreError(
          .missingFolder, folder.path,
          "the folder was removed or replaced while the coordinator was running; what was recorded is lost with it")
      }
      guard !StudyFolder.isSame(now.file.descriptor, folder.lock) else { return }
      held?.file = try Self.lockFile(folder)
    }
  }

  private static func lockFolder(_ folder: StudyFolder) throws(StoreError) -> FileLock? {
    let descriptor = StudyFolder.open(folder.path, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw .system(folder.path, errno, "open the folder") }
    do { return try FileLock(descriptor, waits: false) } catch {
      close(descriptor)
      guard error == .held else { return nil }
      let file = StudyFolder.open(folder.lock, O_RDONLY | O_NONBLOCK)
      defer { if file >= 0 { close(file) } }
      throw inUse(folder, file)
    }
  }

  private static func lockFile(_ folder: StudyFolder) throws(StoreError) -> FileLock {
    let descriptor = StudyFolder.open(folder.lock, O_RDWR | O_CREAT | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(folder.path, errno, "open the file \(StudyFolder.lockName)") }
    let lock: FileLock
    do { lock = try FileLock(descriptor, waits: false) } catch {
      defer { close(descriptor) }
      guard error == .held else { throw .system(folder.path, error.reason.number, "lock the study") }
      throw inUse(folder, descriptor)
    }
    let text = "process \(getpid()) on \(HostName.current ?? "an unknown host")"
    ftruncate(descriptor, 0)
    // The text is only for people, so that a full disk does not keep a study from being opened.
    _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    return lock
  }

  private static func inUse(_ folder: StudyFolder, _ file: CInt) -> StoreError {
    let holder = text(of: file)
    return StoreError(
      .inUse, folder.path,
      "another coordinator is running here (\(holder ?? "unknown process")); wait until it ends, "
        + "stop it, or choose another folder", holder: holder)
  }

  private static func text(of descriptor: CInt) -> String? {
    guard let bytes = try? Descriptor.read(300, from: descriptor, at: 0), !bytes.isEmpty else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
