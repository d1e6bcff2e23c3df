#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A kernel lock (`flock`) on an open file or folder. It ends with its last reference, and with its process however
/// that ends. Within a process, locks on descriptors that were opened separately exclude each other too.
///
/// On network file systems the lock may not exclude other hosts, or may not be available at all.
package final class FileLock: Sendable {
  package enum Kind: Sendable { case shared, exclusive }

  package enum Failure: Error, Hashable, Sendable {
    /// By another process, or through another descriptor.
    case held
    case unopened(SystemError)
    /// Nothing can be locked there.
    case unlockable(SystemError)

    /// The system's error.
    package var reason: SystemError {
      switch self {
      case .held: SystemError(EWOULDBLOCK)
      case .unopened(let error), .unlockable(let error): error
      }
    }
  }

  /// The locked file or folder, open as long as the lock exists.
  package let descriptor: Int32

  /// - Parameters:
  ///   - descriptor: an open file or folder, closed with the lock. If this throws, closing it remains the caller's
  ///     task.
  ///   - waits: whether to wait for other holders; if `false`, throws `held` instead.
  package init(_ descriptor: Int32, _ kind: Kind = .exclusive, waits: Bool) throws(Failure) {
    try Self.lock(descriptor, kind, waits: waits)
    self.descriptor = descriptor
  }

  /// Locks a file, and creates it if it does not exist. Does not follow links, and does not wait for a pipe in its
  /// place.
  package static func file(
    _ path: String, _ kind: Kind = .exclusive, waits: Bool, mode: mode_t = 0o666
  ) throws(Failure) -> FileLock {
    try opened(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, kind, waits: waits, mode)
  }

  /// Locks an existing folder.
  package static func folder(_ path: String, waits: Bool = true) throws(Failure) -> FileLock {
    try opened(path, O_RDONLY | O_DIRECTORY, .exclusive, waits: waits)
  }

  /// Whether another holder has the exclusive lock of a file. Creates nothing and does not follow links. Also `true` if
  /// the file exists but cannot be locked.
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
    // An explicit unlock: a child process that is just being spawned holds the descriptor open a little longer.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Changes the kind of lock. This is not atomic: another process may take the lock in between.
  package func change(to kind: Kind, waits: Bool) throws(Failure) { try Self.lock(descriptor, kind, waits: waits) }

  /// Locks a descriptor that its owner closes; closing it releases the lock.
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
