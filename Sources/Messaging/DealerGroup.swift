import CZeroMQ

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Many DEALER sockets on the one thread that uses them: thousands of peers in a process, for measurements. Waiting
/// examines only sockets on which something happened (epoll), not all of them.
///
/// Belongs to one thread, like the sockets in it.
public final class DealerGroup {
  private final class Member {
    let socket: Socket
    init(_ socket: consuming Socket) { self.socket = socket }
  }

  private var members: [Member] = []
  private let poll: Int32
  private let maximumFrames: Int
  /// Sockets that sent since the last wait. Sending may process incoming events, of which the descriptor then gives no
  /// notice: these sockets are examined before the next wait.
  private var touched: [Int] = []
  private var isTouched: [Bool]
  /// Kept alive until the sockets are closed.
  private let context: MessagingContext

  /// Opens `count` sockets, each with its own connection to `endpoint`. They connect and reconnect automatically.
  public init(
    context: MessagingContext, connect endpoint: String, count: Int, options: SocketOptions = SocketOptions()
  ) throws(MessagingError) {
    self.context = context
    maximumFrames = options.maximumFrames
    isTouched = Array(repeating: false, count: count)
    poll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard poll >= 0 else { throw MessagingError("wait for", on: endpoint) }
    for index in 0..<count {
      let socket = try Socket.open(.dealer, endpoint: endpoint, options: options, context: context)
      var event = epoll_event()
      event.events = EPOLLIN.rawValue
      event.data.u64 = UInt64(index)
      guard epoll_ctl(poll, EPOLL_CTL_ADD, try socket.descriptor(), &event) == 0 else {
        throw MessagingError("wait for", on: endpoint)
      }
      members.append(Member(socket))
    }
  }

  deinit { close(poll) }

  /// Sends without waiting. Returns false if there is no connection or the peer's queue is full: the message is
  /// dropped.
  public func send(_ frames: [[UInt8]], from index: Int) -> Bool {
    if !isTouched[index] {
      isTouched[index] = true
      touched.append(index)
    }
    return members[index].socket.send(frames) == .sent
  }

  /// Waits at most `seconds` for messages and hands those that arrived to `deliver`, which may send. Returns false once
  /// the context is closed.
  public func receive(waitingAtMost seconds: Double, _ deliver: (_ index: Int, _ frames: [[UInt8]]) -> Void) -> Bool {
    let before = touched
    touched = []
    for index in before { isTouched[index] = false }
    var hasReceived = false
    for index in before {
      switch drain(index, deliver) {
      case nil: return false
      case let received?: hasReceived = hasReceived || received
      }
    }
    let milliseconds = hasReceived || !touched.isEmpty ? 0 : Int32(min(max(0, seconds), 3600) * 1000 + 0.999)
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    let count = epoll_wait(poll, &events, Int32(events.count), milliseconds)
    for event in events.prefix(Int(max(0, count))) where drain(Int(event.data.u64), deliver) == nil { return false }
    return true
  }

  /// Returns whether anything arrived; `nil` once the context is closed.
  private func drain(_ index: Int, _ deliver: (Int, [[UInt8]]) -> Void) -> Bool? {
    var hasReceived = false
    while true {
      switch members[index].socket.receive(maximumFrames: maximumFrames) {
      case .message(let frames, _, _, _):
        hasReceived = true
        deliver(index, frames)
      case .oversized: hasReceived = true
      case .nothing: return hasReceived
      case .terminated: return nil
      }
    }
  }
}
