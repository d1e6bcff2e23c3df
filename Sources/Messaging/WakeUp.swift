import CZeroMQ

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Rings at a thread that waits in `zmq_poll`: an eventfd, which counts rings, so that none is lost between two waits.
final class WakeUp: Sendable {
  let descriptor: Int32

  init(for subject: String) throws(MessagingError) {
    descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard descriptor >= 0 else { throw MessagingError("make a wake-up for", on: subject) }
  }

  deinit { close(descriptor) }

  func ring() {
    // Fails only where 2⁶⁴ − 2 rings wait, and then the thread wakes anyway.
    while eventfd_write(descriptor, 1) < 0 && zmq_errno() == EINTR {}
  }

  func reset() {
    var count: eventfd_t = 0
    while eventfd_read(descriptor, &count) < 0 && zmq_errno() == EINTR {}
  }
}
