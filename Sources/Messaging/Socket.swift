import CZeroMQ

/// A ZeroMQ socket: owns it, closes it, and belongs to one thread at a time.
struct Socket: ~Copyable, @unchecked Sendable {
  // @unchecked: the handle is the only reference, and the value that owns it cannot be copied, so that it moves between
  // threads as a whole (from the one that made it to the one that serves it).
  private let handle: UnsafeHandle
  /// Endpoint, for errors.
  let subject: String

  enum Kind {
    case router
    case dealer
  }

  private init(handle: UnsafeHandle, subject: String) {
    self.handle = handle
    self.subject = subject
  }

  /// Binds a router, connects a dealer.
  static func open(
    _ kind: Kind, endpoint: String, options: SocketOptions, context: MessagingContext
  ) throws(MessagingError) -> Socket {
    let type =
      switch kind {
      case .router: ZMQ_ROUTER
      case .dealer: ZMQ_DEALER
      }
    guard hasLegalPort(endpoint) else {
      throw MessagingError(kind == .router ? "listen on" : "connect to", on: endpoint, code: EINVAL)
    }
    // Owned from here on, so that it is closed whatever fails below.
    let socket = Socket(handle: try context.makeSocket(type, for: endpoint), subject: endpoint)
    try socket.prepare(kind, options)
    return socket
  }

  /// ZeroMQ takes 99999 for 34463.
  private static func hasLegalPort(_ endpoint: String) -> Bool {
    guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return true }
    let port = endpoint[endpoint.index(after: colon)...]
    return port == "*" || UInt16(port) != nil
  }

  private func prepare(_ kind: Kind, _ options: SocketOptions) throws(MessagingError) {
    // First of all, so that whatever fails later cannot hold up the end of the process.
    try set(ZMQ_LINGER, options.lingerMilliseconds)
    try set(ZMQ_SNDHWM, options.highWaterMark)
    try set(ZMQ_RCVHWM, options.highWaterMark)
    try set(ZMQ_MAXMSGSIZE, options.maximumMessageBytes)
    try set(ZMQ_HEARTBEAT_IVL, options.heartbeatMilliseconds)
    try set(ZMQ_HEARTBEAT_TIMEOUT, options.heartbeatTimeoutMilliseconds)
    try set(ZMQ_HEARTBEAT_TTL, options.heartbeatTimeoutMilliseconds)
    switch kind {
    case .router:
      try set(ZMQ_ROUTER_MANDATORY, Int32(1))
      try set(ZMQ_BACKLOG, options.backlog)
      try apply(options.security)
      guard zmq_bind(handle.pointer, subject) == 0 else { throw MessagingError("listen on", on: subject) }
    case .dealer:
      // Nothing is queued for a coordinator that is not there: what matters is said again once it is.
      try set(ZMQ_IMMEDIATE, Int32(1))
      let first = max(1, options.reconnectMilliseconds)
      try set(ZMQ_RECONNECT_IVL, first + Int32.random(in: 0...first))
      try set(ZMQ_RECONNECT_IVL_MAX, max(2 * first, options.maximumReconnectMilliseconds))
      try apply(options.security)
      guard zmq_connect(handle.pointer, subject) == 0 else { throw MessagingError("connect to", on: subject) }
    }
  }

  deinit {
    // Fails only on what is no socket.
    zmq_close(handle.pointer)
  }

  private func set<Value: FixedWidthInteger>(_ option: Int32, _ value: Value) throws(MessagingError) {
    let result = withUnsafePointer(to: value) {
      zmq_setsockopt(handle.pointer, option, $0, MemoryLayout<Value>.size)
    }
    guard result == 0 else { throw MessagingError("set option \(option) of", on: subject) }
  }

  private func apply(_ security: SocketSecurity) throws(MessagingError) {
    switch security {
    case .plaintext: break
    }
  }

  /// The endpoint that it is bound to, with the port that was picked for port 0.
  func boundEndpoint() throws(MessagingError) -> String {
    var buffer = [UInt8](repeating: 0, count: 1024)
    var size = buffer.count
    guard zmq_getsockopt(handle.pointer, ZMQ_LAST_ENDPOINT, &buffer, &size) == 0 else {
      throw MessagingError("read the endpoint of", on: subject)
    }
    return String(decoding: buffer[..<max(0, size - 1)], as: UTF8.self)
  }

  /// Readable where there may be something to receive; what is true is known only after receiving until nothing is left.
  func descriptor() throws(MessagingError) -> Int32 {
    var descriptor: Int32 = -1
    var size = MemoryLayout<Int32>.size
    guard zmq_getsockopt(handle.pointer, ZMQ_FD, &descriptor, &size) == 0 else {
      throw MessagingError("read the descriptor of", on: subject)
    }
    return descriptor
  }

  // MARK: Messages

  enum SendOutcome {
    case sent
    /// The peer is gone, or takes no more.
    case undeliverable
    case terminated
  }

  /// Never waits.
  func send(_ frames: some Collection<[UInt8]>) -> SendOutcome {
    var left = frames.count
    for frame in frames {
      left -= 1
      let flags = ZMQ_DONTWAIT | (left > 0 ? ZMQ_SNDMORE : 0)
      var code: Int32
      repeat {
        code = frame.withUnsafeBytes { zmq_send(handle.pointer, $0.baseAddress, $0.count, flags) } < 0 ? zmq_errno() : 0
      } while code == EINTR
      // Only the first frame can be refused; ZeroMQ takes or drops a message as a whole.
      if code != 0 { return code == CZMQ_ETERM ? .terminated : .undeliverable }
    }
    return .sent
  }

  enum Receipt {
    case message([[UInt8]])
    /// Had more frames than allowed; it is gone.
    case oversized(firstFrame: [UInt8])
    case nothing
    case terminated
  }

  /// Never waits. At most `maximumFrames` are kept.
  func receive(maximumFrames: Int) -> Receipt {
    var frames: [[UInt8]] = []
    var count = 0
    while true {
      var message = zmq_msg_t()
      zmq_msg_init(&message)
      defer { zmq_msg_close(&message) }
      var code: Int32
      repeat {
        code = zmq_msg_recv(&message, handle.pointer, ZMQ_DONTWAIT) < 0 ? zmq_errno() : 0
      } while code == EINTR
      guard code == 0 else { return code == CZMQ_ETERM ? .terminated : .nothing }
      count += 1
      if count <= maximumFrames {
        frames.append([UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
      }
      guard zmq_msg_more(&message) == 1 else { break }
    }
    return count > maximumFrames ? .oversized(firstFrame: frames.first ?? []) : .message(frames)
  }

  /// Waits until there is something to receive, or the wake-up rings. False where the context is terminated.
  func wait(or wakeUp: WakeUp) -> Bool {
    var items = [
      zmq_pollitem_t(socket: handle.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0),
      zmq_pollitem_t(socket: nil, fd: wakeUp.descriptor, events: Int16(ZMQ_POLLIN), revents: 0),
    ]
    while zmq_poll(&items, 2, -1) < 0 {
      if zmq_errno() != EINTR { return false }
    }
    return true
  }
}
