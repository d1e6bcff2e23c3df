import Files
import FlyingFox
import FlyingSocks
import Foundation
import Messaging
import Processes
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The server's socket pool, with its own thread. It ends the connections of readers that are silent, slow or endless,
/// according to the limits of `ConnectionTable`.
///
/// FlyingFox reads a request of any length and waits for it without limit. Therefore the pool checks the kernel's byte
/// counts of all connections ten times a second, even of those that the server is not waiting for.
final class ConnectionPool: AsyncSocketPool {
  private typealias Continuation = CheckedContinuation<Void, any Error>

  private struct Reader {
    var address: HTTPRequest.Address
    /// The deadline of the wait, on a monotonic clock.
    var deadline: Double
  }

  private struct Waiting {
    var descriptor: Int32
    var isWrite: Bool
    /// `nil` for the listening socket.
    var reader: Reader?
    var continuation: Continuation
  }

  private struct State {
    var table: ConnectionTable
    var waiting: [UInt64: Waiting] = [:]
    /// The numbers of waits that were cancelled before they were registered.
    var cancelled: Set<UInt64> = []
    var nextNumber: UInt64 = 0
    var listener: Int32?
    var hasThread = false
    var isClosed = false
    /// The number of connections that were ended because of a limit.
    var cutOff = 0
  }

  private let state: Mutex<State>
  private let wakeUp: WakeUp

  private static let secondsBetweenLooks = 0.1
  /// The maximum number of connections that wait to be accepted.
  private static let backlog: Int32 = 64

  init(limits: ConnectionTable.Limits = .init()) throws {
    state = Mutex(State(table: ConnectionTable(limits: limits)))
    wakeUp = try WakeUp(for: "the page's connections")
  }

  /// The number of connections that were ended because of a limit.
  var cutOff: Int { state.withLock { $0.cutOff } }
  var connections: Int { state.withLock { $0.table.count } }

  // MARK: Notifications from the server

  func recordRequest(from address: HTTPRequest.Address?) {
    guard let address else { return }
    state.withLock { state in
      let received = state.table.descriptor(of: address).flatMap { TCPTraffic($0)?.received }
      state.table.answer(address, received: received ?? 0, at: MonotonicClock.now)
    }
  }

  func recordStream(to address: HTTPRequest.Address?) {
    if let address { state.withLock { $0.table.stream(address) } }
  }

  /// Ends the connection after the current answer, without reading anything else that the reader has sent.
  func endAfterAnswer(_ address: HTTPRequest.Address?) {
    if let address { state.withLock { $0.table.endAfterAnswer(address) } }
  }

  // MARK: AsyncSocketPool

  func prepare() async throws {
    // A restarted server uses the pool of the previous one.
    let isFirst = state.withLock { state in
      defer { state.hasThread = true }
      return !state.hasThread
    }
    guard isFirst else { return }
    guard startThread({ [self] in work() }) else { throw SocketError.makeFailed("pthread_create") }
  }

  func run() async throws {
    while !state.withLock({ $0.isClosed }) { try await Task.sleep(for: .seconds(3600)) }
  }

  func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
    try Task.checkCancellation()
    let descriptor = socket.file.rawValue
    let isWrite = events.contains(.write)
    let reader = try register(socket, isWrite: isWrite)
    let number = state.withLock { state in
      state.nextNumber += 1
      return state.nextNumber
    }
    defer { _ = state.withLock { $0.cancelled.remove(number) } }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: Continuation) in
        let isGone = state.withLock { state in
          guard state.cancelled.remove(number) == nil, !state.isClosed else { return true }
          state.waiting[number] = Waiting(
            descriptor: descriptor, isWrite: isWrite, reader: reader, continuation: continuation)
          return false
        }
        if isGone { continuation.resume(throwing: CancellationError()) } else { wakeUp.ring() }
      }
    } onCancel: {
      let waiting = state.withLock { state in
        let waiting = state.waiting.removeValue(forKey: number)
        if waiting == nil { state.cancelled.insert(number) }
        return waiting
      }
      waiting?.continuation.resume(throwing: CancellationError())
    }
  }

  /// - Returns: `nil` for the listening socket.
  private func register(_ socket: Socket, isWrite: Bool) throws -> Reader? {
    let now = MonotonicClock.now
    let descriptor = socket.file.rawValue
    guard let peer = try? socket.remotePeer() else {
      guard Self.isListening(descriptor) else { throw SocketError.disconnected }
      survey(from: descriptor, at: now)
      return nil
    }
    let address = HTTPRequest.Address.make(from: peer)
    let deadline: Double? = state.withLock { state in
      state.table.begin(address, descriptor: descriptor, at: now)
      return isWrite ? now + state.table.limits.standstillSeconds : state.table.awaitRequest(address, at: now)
    }
    guard let deadline else { throw SocketError.disconnected }
    return Reader(address: address, deadline: deadline)
  }

  /// Registers all accepted connections. All connections that arrived before this wait have been accepted, so this also
  /// finds readers for which the server never has to wait.
  private func survey(from descriptor: Int32, at now: Double) {
    let isFirst = state.withLock { state in
      defer { state.listener = descriptor }
      return state.listener != descriptor
    }
    if isFirst {
      listen(descriptor, Self.backlog)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
    guard let port = Self.port(of: descriptor) else { return }
    for other in Self.openDescriptors where other != descriptor && Self.port(of: other) == port {
      guard let peer = try? Socket(file: .init(rawValue: other)).remotePeer() else { continue }
      // Child processes must not inherit a reader's connection.
      _ = fcntl(other, F_SETFD, FD_CLOEXEC)
      state.withLock { $0.table.begin(.make(from: peer), descriptor: other, at: now) }
    }
  }

  private static var openDescriptors: [Int32] { Folder.names(in: "/proc/self/fd").compactMap { Int32($0) } }

  private static func isListening(_ descriptor: Int32) -> Bool {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0
  }

  /// Returns `nil` if the descriptor is not a TCP socket.
  private static func port(of descriptor: Int32) -> UInt16? {
    switch try? Socket(file: .init(rawValue: descriptor)).sockname() {
    case .ip4(_, let port), .ip6(_, let port): port
    case .unix, nil: nil
    }
  }

  // MARK: The thread

  func close() {
    let waiting = state.withLock { state in
      state.isClosed = true
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    for entry in waiting { entry.continuation.resume(throwing: CancellationError()) }
    wakeUp.ring()
  }

  private func work() {
    var nextLook = 0.0
    while true {
      let (waiting, isBusy, isClosed) = state.withLock { ($0.waiting, $0.table.count > 0, $0.isClosed) }
      if isClosed { return }
      let numbers = Array(waiting.keys)
      var polled = [pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
      for number in numbers {
        guard let entry = waiting[number] else { continue }
        polled.append(
          pollfd(fd: entry.descriptor, events: Int16(entry.isWrite ? POLLOUT : POLLIN), revents: 0))
      }
      Self.waitForAny(of: &polled, milliseconds: isBusy ? Int32(Self.secondsBetweenLooks * 1000) : -1)
      if polled[0].revents != 0 { wakeUp.reset() }
      let now = MonotonicClock.now
      for (number, entry) in zip(numbers, polled.dropFirst()) {
        if entry.revents != 0 {
          state.withLock { $0.waiting.removeValue(forKey: number) }?.continuation.resume()
        } else if let reader = waiting[number]?.reader, now > reader.deadline {
          let late = state.withLock { state in
            let late = state.waiting.removeValue(forKey: number)
            if late != nil {
              // The server closes the socket, so that it needs no more checks.
              state.table.end(reader.address)
              state.cutOff += 1
            }
            return late
          }
          late?.continuation.resume(throwing: SocketError.disconnected)
        }
      }
      if isBusy, now >= nextLook {
        nextLook = now + Self.secondsBetweenLooks
        look(at: now)
      }
    }
  }

  private static func waitForAny(of polled: inout [pollfd], milliseconds: Int32) {
    // Qualified, because an unqualified `poll` is a member of the protocol.
    #if canImport(Glibc)
      _ = Glibc.poll(&polled, nfds_t(polled.count), milliseconds)
    #elseif canImport(Musl)
      _ = Musl.poll(&polled, nfds_t(polled.count), milliseconds)
    #endif
  }

  /// Forgets connections that have ended, and resets those that are overdue.
  private func look(at now: Double) {
    for (address, descriptor) in state.withLock({ $0.table.descriptors }) where !Self.isOpen(descriptor, address) {
      state.withLock { $0.table.end(address) }
    }
    let overdue = state.withLock { state in
      let overdue = Set(state.table.overdue(at: now) { TCPTraffic($0)?.received ?? 0 })
      let ended = overdue.compactMap { address in
        state.table.descriptor(of: address).map { (address: address, descriptor: $0) }
      }
      for address in overdue { state.table.end(address) }
      state.cutOff += ended.count
      return ended
    }
    for (address, descriptor) in overdue where Self.isOpen(descriptor, address) { TCPConnection.reset(descriptor) }
  }

  private static func isOpen(_ descriptor: Int32, _ address: HTTPRequest.Address) -> Bool {
    (try? Socket(file: .init(rawValue: descriptor)).remotePeer()).map { HTTPRequest.Address.make(from: $0) } == address
  }
}
