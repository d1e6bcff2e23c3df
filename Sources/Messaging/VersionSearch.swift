import Processes

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// For a connection to a name that has addresses of both versions of IP: finds out in which of them something listens,
/// as long as there is no connection. ZeroMQ itself stays with one version.
///
/// Lookups and attempts to connect take time, and run on threads of their own.
final class VersionSearch: Sendable {
  private struct State {
    var isBusy = false
    var answer: HostAddress.Version?
  }

  static let intervalMilliseconds = 1000
  private let address: HostAddress
  private let state = Guarded(State())

  /// `nil` if the endpoint's host is not a name.
  init?(endpoint: String) {
    guard let address = HostAddress(endpoint: endpoint), address.number == nil, !address.isInBrackets else {
      return nil
    }
    self.address = address
  }

  /// Returns what was found since the last call, and starts the next search unless one is running.
  func next() -> HostAddress.Version? {
    let (answer, begins) = state.withLock { state in
      let answer = state.answer
      state.answer = nil
      let begins = !state.isBusy
      state.isBusy = true
      return (answer, begins)
    }
    if begins {
      let started = startThread { [self] in
        let found = Self.version(of: address)
        state.withLock { $0 = State(isBusy: false, answer: found) }
      }
      if !started { state.withLock { $0.isBusy = false } }
    }
    return answer
  }

  private static func version(of address: HostAddress) -> HostAddress.Version? {
    let numbers = HostAddress.numbers(of: address.host)
    let four = numbers.first { $0.version == .four }
    let six = numbers.first { $0.version == .six }
    guard let four, let six else { return four?.version ?? six?.version }
    return listens(four.number, address.port) ? .four : listens(six.number, address.port) ? .six : nil
  }

  /// Whether a connection is accepted within a second.
  private static func listens(_ number: String, _ port: String) -> Bool {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(number, port, &hints, &list) == 0, let entry = list?.pointee else { return false }
    defer { freeaddrinfo(list) }
    let descriptor = socket(
      entry.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    if connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return true }
    guard errno == EINPROGRESS else { return false }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&waiting, 1, 1000) == 1 else { return false }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 && code == 0
  }
}
