import Foundation

/// Lets one thread wait for keys and for bytes that other threads and signal handlers send.
final class WakePipe: Sendable {
  enum Event: Hashable {
    case message(UInt8)
    case key(UInt8)
    /// Standard input has ended.
    case endOfKeys
  }

  private let reader: Int32
  private let writer: Int32

  /// Returns `nil` if no more file descriptors are available.
  init?() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    (reader, writer) = (ends[0], ends[1])
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      // A write to a full pipe may fail: the waiting thread wakes up anyway.
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
  }

  deinit {
    close(reader)
    close(writer)
  }

  func send(_ message: UInt8) {
    var message = message
    _ = write(writer, &message, 1)
  }

  /// - Parameters:
  ///   - seconds: The maximum time to wait; `nil` for no limit.
  ///   - keys: Whether to wait for keys on standard input as well.
  func wait(seconds: Double?, keys: Bool) -> [Event] {
    var sources = [pollfd(fd: reader, events: Int16(POLLIN), revents: 0)]
    if keys { sources.append(pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)) }
    let limit = seconds.map { Int32(min($0 * 1000, 60_000).rounded(.up)) } ?? -1
    guard poll(&sources, nfds_t(sources.count), limit) > 0 else { return [] }
    var events: [Event] = []
    if sources[0].revents != 0 { events += Self.bytes(reader).map { .message($0) } }
    if keys, sources[1].revents != 0 {
      let typed = Self.bytes(STDIN_FILENO)
      events += typed.isEmpty ? [.endOfKeys] : typed.map { .key($0) }
    }
    return events
  }

  private static func bytes(_ descriptor: Int32) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &buffer, buffer.count)
    return Array(buffer.prefix(max(0, count)))
  }
}
