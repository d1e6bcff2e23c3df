import CZeroMQ

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Wakes a thread that waits in `zmq_poll` or `poll`: an eventfd, which counts rings, so that none is lost between two
/// waits.
package final class WakeUp: Sendable {
  package let descriptor: Int32

  package init(for subject: String) throws(MessagingError) {
    descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard descriptor >= 0 else { throw MessagingError("make a wake-up for", on: subject) }
  }

  deinit { close(descriptor) }

  package func ring() {
    // Fails only if 2⁶⁴ − 2 rings are pending, and then the thread wakes anyway.
    while eventfd_write(descriptor, 1) < 0 && zmq_errno() == EINTR {}
  }

  package func reset() {
    var count: eventfd_t = 0
    while eventfd_read(descriptor, &count) < 0 && zmq_errno() == EINTR {}
  }
}
