#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A lock of the kernel's (`flock`) on a file or a folder that is open. It ends with its last reference, and with its
/// process however that ends. Within a process, locks of descriptors that were opened apart exclude each other too.
///
/// On network file systems it may not reach from host to host, or there may be none.
package final class FileLock: Sendable {
  package enum Kind: Sendable { case shared, exclusive }

  package enum Failure: Error, Hashable, Sendable {
    /// By another.
    case held
    case unopened(SystemError)
    /// Nothing can be locked there.
    case unlockable(SystemError)

    /// What the system said.
    package var reason: SystemError {
      switch self {
      case .held: SystemError(EWOULDBLOCK)
      case .unopened(let error), .unlockable(let error): error
      }
    }
  }

  /// For as long as the lock is there.
  package let descriptor: Int32

  /// - Parameters:
  ///   - descriptor: closed with the lock. It stays the caller's where this throws.
  ///   - waits: for others; false throws `held`.
  package init(_ descriptor: Int32, _ kind: Kind = .exclusive, waits: Bool) throws(Failure) {
    try Self.lock(descriptor, kind, waits: waits)
    self.descriptor = descriptor
  }

  /// Of a file, which is made where there is none. Links are not followed, and a pipe in its place is not waited for.
  package static func file(
    _ path: String, _ kind: Kind = .exclusive, waits: Bool, mode: mode_t = 0o666
  ) throws(Failure) -> FileLock {
    try opened(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, kind, waits: waits, mode)
  }

  /// Of a folder that is there.
  package static func folder(_ path: String, waits: Bool = true) throws(Failure) -> FileLock {
    try opened(path, O_RDONLY | O_DIRECTORY, .exclusive, waits: waits)
  }

  /// Whether another holds the exclusive lock of a file; nothing is made, links are not followed.
  package static func isHeld(_ path: String) -> Bool {
    do throws(Failure) {
      _ = try opened(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, .shared, waits: false)
      return false
    } catch {
      if case .unopened = error { return false }
      return true
    }
  }

  private static func opened(
    _ path: String, _ flags: Int32, _ kind: Kind, waits: Bool, _ mode: mode_t = 0
  ) throws(Failure) -> FileLock {
    let descriptor = open(path, flags | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .unopened(.last) }
    do throws(Failure) { return try FileLock(descriptor, kind, waits: waits) } catch {
      close(descriptor)
      throw error
    }
  }

  deinit {
    // Unlocked by name: a child process that is just being spawned holds the descriptor open a little longer.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Exchanges the kind of lock, not in one step: another may come in between.
  package func change(to kind: Kind, waits: Bool) throws(Failure) { try Self.lock(descriptor, kind, waits: waits) }

  /// For a descriptor whose owner closes it, and gives the lock back with that.
  static func lock(_ descriptor: Int32, _ kind: Kind, waits: Bool) throws(Failure) {
    let operation = (kind == .exclusive ? LOCK_EX : LOCK_SH) | (waits ? 0 : LOCK_NB)
    while flock(descriptor, operation) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK: throw .held
      case let number: throw .unlockable(SystemError(number))
      }
    }
  }
}
