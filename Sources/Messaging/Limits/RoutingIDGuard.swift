import CZeroMQ

/// Watches the routing ids of a listening socket (`RoutingIDs`), on the thread that serves it.
///
/// Finds out the router's next number by a connection of the process to itself, whose message carries the id that the
/// router assigned.
struct RoutingIDGuard: ~Copyable {
  private var ids: RoutingIDs
  private let context: MessagingContext
  private let endpoint: String
  /// Identifies the process's own message. No peer can guess it.
  private let token = (0..<16).map { _ in UInt8.random(in: 0...255) }
  /// The process's own connection, until its message is read.
  private var asking: UnsafeHandle?
  private var isCurious = true
  private var nextCheck = ContinuousClock.now

  /// The time between two checks while connections come in.
  private static let milliseconds = 2

  init(_ socket: borrowing Socket, context: MessagingContext, areGiven: Bool) {
    ids = RoutingIDs(areGiven: areGiven)
    self.context = context
    endpoint = "inproc://own-\(UInt(bitPattern: socket.handle.pointer))"
    zmq_bind(socket.handle.pointer, endpoint)
  }

  deinit { if let asking { zmq_close(asking.pointer) } }

  /// The time until the next check; `nil` if none is needed.
  var millisecondsLeft: Int? { isCurious ? Self.milliseconds : nil }

  /// Records that a connection was made, so that a check is needed.
  mutating func recordConnection() { isCurious = true }

  enum Verdict: Equatable {
    case fine
    /// The message is the process's own and not meant for other threads.
    case own
    /// The peer chose an id that only the router or the authenticator may assign.
    case chosen
  }

  /// Judges the first message of a connection, or a message that arrived on none.
  mutating func judge(_ frames: [[UInt8]], on descriptor: Int32) -> (Verdict, RoutingIDs.Chosen) {
    guard let id = frames.first else { return (.fine, .init()) }
    if frames.count == 2, frames[1] == token, let handle = asking {
      asking = nil
      zmq_close(handle.pointer)
      let chosen = ids.recordOwn(id)
      if ids.hasSuspects { isCurious = true }
      return (.own, chosen)
    }
    switch ids.judge(id, on: descriptor) {
    case .fine: return (.fine, .init())
    case .chosen: return (.chosen, .init(descriptors: [descriptor]))
    case .open:
      isCurious = true
      return (.fine, .init())
    }
  }

  /// Checks whether an id that the router is about to assign is taken, and asks which id it assigns now.
  mutating func checkUpcoming(_ socket: borrowing Socket) {
    guard isCurious, asking == nil else { return }
    let now = ContinuousClock.now
    guard now >= nextCheck else { return }
    nextCheck = now + .milliseconds(Self.milliseconds)
    isCurious = false
    for id in ids.upcoming where socket.isTaken(id) { ids.recordTaken(id) }
    ask()
  }

  private mutating func ask() {
    ids.beginAsking()
    guard let dealer = try? context.makeSocket(ZMQ_DEALER, for: endpoint) else { return }
    var linger: Int32 = 0
    zmq_setsockopt(dealer.pointer, ZMQ_LINGER, &linger, MemoryLayout<Int32>.size)
    guard zmq_connect(dealer.pointer, endpoint) == 0,
      zmq_send(dealer.pointer, token, token.count, ZMQ_DONTWAIT) == token.count
    else {
      zmq_close(dealer.pointer)
      return
    }
    asking = dealer
  }
}

extension Socket {
  /// Whether a connection of this router has the id. If so, its peer gets an empty message, which dealers ignore.
  fileprivate func isTaken(_ id: [UInt8]) -> Bool {
    guard zmq_send(handle.pointer, id, id.count, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0 else {
      zmq_send(handle.pointer, nil, 0, ZMQ_DONTWAIT)
      return true
    }
    return zmq_errno() == EAGAIN
  }
}
