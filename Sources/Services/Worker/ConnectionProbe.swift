import Files
import Foundation
import Processes
import Synchronization

/// Finds out why a worker has no connection, independently of ZeroMQ, which retries silently: whether the name
/// resolves, and whether something accepts TCP connections there. Probes only while there is no connection, on its own
/// thread.
final class ConnectionProbe: Sendable {
  package enum Finding: Hashable, Sendable {
    case unresolved(host: String, reason: String)
    case refused
    case unreachable(String)
    case noAnswer(seconds: Int)
    /// Something listens there, but does not answer as a coordinator.
    case accepts
    /// An endpoint of kind `ipc` whose socket does not exist.
    case missingSocket(path: String)
  }

  private struct State {
    var isLooking = false
    var neededSince: Double?
    var nextLook = 0.0
    var pause = ConnectionProbe.firstPause
  }

  private let endpoint: String
  private let deliver: @Sendable (Finding) -> Void
  private let state = Mutex(State())

  /// A running coordinator answers sooner than this.
  private static let patience = 0.75
  private static let firstPause = 2.0
  private static let longestPause = 15.0
  private static let answerSeconds = 5

  init(endpoint: String, deliver: @escaping @Sendable (Finding) -> Void) {
    self.endpoint = endpoint
    self.deliver = deliver
  }

  /// Probes if that is due. Must be called at every tick; `now` in seconds of a monotonic clock.
  package func probeIfDue(isConnected: Bool, now: Double) {
    let isDue = state.withLock { state -> Bool in
      if isConnected {
        state.neededSince = nil
        state.pause = Self.firstPause
        state.nextLook = 0
        return false
      }
      let since = state.neededSince ?? now
      state.neededSince = since
      guard !state.isLooking, now - since >= Self.patience, now >= state.nextLook else { return false }
      state.isLooking = true
      state.nextLook = now + state.pause
      state.pause = min(Self.longestPause, 2 * state.pause)
      return true
    }
    guard isDue else { return }
    Thread.detachNewThread { [self] in
      let finding = Self.finding(at: endpoint)
      let isStillNeeded = state.withLock { state in
        state.isLooking = false
        return state.neededSince != nil
      }
      if isStillNeeded, let finding { deliver(finding) }
    }
  }

  // MARK: Probing

  /// Returns `nil` for an endpoint about which nothing can be found out. Waits at most `answerSeconds` for each
  /// address, besides the time that the system's resolver takes.
  package static func finding(at endpoint: String) -> Finding? {
    if endpoint.hasPrefix("ipc://") { return finding(atSocket: String(endpoint.dropFirst("ipc://".count))) }
    guard let (host, port) = address(of: endpoint) else { return nil }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_family = AF_UNSPEC
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, port, &hints, &found)
    guard code == 0, let first = found else {
      let reason = code == EAI_SYSTEM ? "\(SystemError.last)" : String(cString: gai_strerror(code))
      return .unresolved(host: host, reason: reason)
    }
    defer { freeaddrinfo(first) }
    // Of several addresses of one name, the first that accepts; otherwise the finding that says most.
    var best: Finding?
    var next: UnsafeMutablePointer<addrinfo>? = first
    while let info = next {
      let finding = connect(to: info.pointee)
      if finding == .accepts { return .accepts }
      if best == nil || finding == .refused { best = finding }
      next = info.pointee.ai_next
    }
    return best
  }

  private static func finding(atSocket path: String) -> Finding? {
    // An abstract name, which has no file.
    if path.hasPrefix("@") { return nil }
    do {
      _ = try LocalSocket.connect(to: FilePath.name(of: path), in: FilePath.folder(of: path))
      return .accepts
    } catch {
      return error.number == ENOENT ? .missingSocket(path: path) : finding(error.number)
    }
  }

  /// Returns host and port of `tcp://[source;]host:port`, without the brackets of an IPv6 address.
  package static func address(of endpoint: String) -> (host: String, port: String)? {
    guard endpoint.hasPrefix("tcp://") else { return nil }
    let address = endpoint.dropFirst("tcp://".count).split(separator: ";").last ?? ""
    guard let colon = address.lastIndex(of: ":") else { return nil }
    var host = address[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return host.isEmpty ? nil : (String(host), String(address[address.index(after: colon)...]))
  }

  private static func connect(to info: addrinfo) -> Finding {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(info.ai_family, type, 0)
    guard descriptor >= 0 else { return finding(errno) }
    defer { close(descriptor) }
    if Foundation.connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 { return .accepts }
    guard errno == EINPROGRESS else { return finding(errno) }
    let deadline = MonotonicClock.now + Double(answerSeconds)
    while true {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let left = deadline - MonotonicClock.now
      guard left > 0 else { return .noAnswer(seconds: answerSeconds) }
      let count = poll(&waiting, 1, Int32(left * 1000) + 1)
      if count < 0, errno == EINTR { continue }
      guard count != 0 else { return .noAnswer(seconds: answerSeconds) }
      break
    }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
    return code == 0 ? .accepts : finding(code)
  }

  private static func finding(_ code: Int32) -> Finding {
    code == ECONNREFUSED
      ? .refused
      : code == ETIMEDOUT
        ? .noAnswer(seconds: answerSeconds)
        : .unreachable(
          "\(SystemError(code))")
  }
}
