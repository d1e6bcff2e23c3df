import CZeroMQ

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// ZeroMQ's I/O threads. One context per process is enough; sockets keep theirs alive.
///
/// `close()` ends all its sockets and returns once what they sent is delivered or their linger time has passed.
public final class MessagingContext: Sendable {
  /// Thread-safe according to ZeroMQ's documentation; `nil` once the context is terminated.
  private let handle: Guarded<UnsafeHandle?>

  /// Seeds the C library's `rand`, from which libzmq draws the routing ids that a ROUTER assigns and which it never
  /// seeds: without this they would be the same in every process, and no secret. See `RoutingIDs`.
  private static let seed: Void = srand(.random(in: 0...UInt32.max))

  public init(ioThreads: Int = 1, maximumSockets: Int = 1024) throws(MessagingError) {
    Self.seed
    guard let context = zmq_ctx_new() else { throw MessagingError("create", on: "a ZeroMQ context") }
    // Cannot fail with these arguments on a context that no socket uses yet.
    zmq_ctx_set(context, ZMQ_IO_THREADS, Int32(clamping: max(1, ioThreads)))
    zmq_ctx_set(context, ZMQ_MAX_SOCKETS, Int32(clamping: max(1, maximumSockets)))
    handle = Guarded(UnsafeHandle(pointer: context))
  }

  deinit { close() }

  public func close() {
    let taken = handle.withLock { handle in
      defer { handle = nil }
      return handle
    }
    guard let context = taken?.pointer else { return }
    // Sockets in use return ETERM from now on, and their threads close them.
    zmq_ctx_shutdown(context)
    while zmq_ctx_term(context) == -1 && zmq_errno() == EINTR {}
  }

  func makeSocket(_ type: Int32, for subject: String) throws(MessagingError) -> UnsafeHandle {
    let socket = handle.withLock { handle -> Result<UnsafeHandle, MessagingError> in
      guard let context = handle?.pointer else {
        return .failure(MessagingError("open a socket for", on: subject, code: CZMQ_ETERM))
      }
      guard let socket = zmq_socket(context, type) else {
        return .failure(MessagingError("open a socket for", on: subject))
      }
      return .success(UnsafeHandle(pointer: socket))
    }
    return try socket.get()
  }
}

/// A pointer that may be passed between threads. Safe because each one has a single owner at any time: the context's is
/// guarded by its mutex, a socket's goes to its thread before that starts and never leaves it.
struct UnsafeHandle: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
}
