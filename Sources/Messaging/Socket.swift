import CZeroMQ

/// A ZeroMQ socket: owns it, closes it, and belongs to one thread at a time.
struct Socket: ~Copyable, @unchecked Sendable {
  // @unchecked: the handle is the only reference, and the value that owns it cannot be copied, so that it moves between
  // threads as a whole (from the one that made it to the one that serves it).
  let handle: UnsafeHandle
  /// Reports the socket's connections; `nil` if they are not watched.
  var monitor: UnsafeHandle?
  private let kind: Kind
  /// Whether messages that arrive carry the key of their sender.
  private let hasKeys: Bool
  private let isEncrypted: Bool
  /// The endpoint, for errors.
  let subject: String
  /// Whether names are looked up in IP version 6.
  let usesVersion6: Bool

  enum Kind {
    case router
    case dealer
  }

  private init(handle: UnsafeHandle, kind: Kind, subject: String, security: SocketSecurity, usesVersion6: Bool) {
    self.handle = handle
    self.kind = kind
    self.subject = subject
    hasKeys = if case .server = security { true } else { false }
    isEncrypted = if case .plaintext = security { false } else { true }
    self.usesVersion6 = usesVersion6
  }

  /// Opens a socket: binds a router, connects a dealer.
  static func open(
    _ kind: Kind, endpoint: String, options: SocketOptions, context: MessagingContext, watchesConnections: Bool = false
  ) throws(MessagingError) -> Socket {
    let type =
      switch kind {
      case .router: ZMQ_ROUTER
      case .dealer: ZMQ_DEALER
      }
    guard hasLegalPort(endpoint) else {
      throw MessagingError(kind == .router ? "listen on" : "connect to", on: endpoint, code: EINVAL)
    }
    // `socket` owns the handle from its creation on, so that it is closed whatever fails below.
    let subject = kind == .router ? HostAddress.bindable(endpoint) : endpoint
    // A dealer that watches its connections looks up the name later, while it waits (`VersionSearch`).
    let needsVersion6 = HostAddress.needsVersion6(subject, looksUp: kind == .dealer && !watchesConnections)
    var socket = Socket(
      handle: try context.makeSocket(type, for: endpoint), kind: kind, subject: subject, security: options.security,
      usesVersion6: needsVersion6)
    if watchesConnections { try socket.watchConnections(context) }
    try socket.prepare(options)
    return socket
  }

  /// Checks the port, since ZeroMQ takes 99999 for 34463.
  private static func hasLegalPort(_ endpoint: String) -> Bool {
    guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return true }
    let port = endpoint[endpoint.index(after: colon)...]
    return port == "*" || UInt16(port) != nil
  }

  private func prepare(_ options: SocketOptions) throws(MessagingError) {
    // This comes first, so that no later failure can delay the end of the process.
    try set(ZMQ_LINGER, kind == .router ? 0 : options.lingerMilliseconds)
    try set(ZMQ_SNDHWM, options.highWaterMark)
    try set(ZMQ_RCVHWM, options.receiveHighWaterMark)
    // The kernel's buffer for a connection that is not read counts too.
    try set(ZMQ_RCVBUF, options.receiveBufferBytes)
    try set(ZMQ_MAXMSGSIZE, options.maximumMessageBytes)
    try set(ZMQ_HEARTBEAT_IVL, options.heartbeatMilliseconds)
    try set(ZMQ_HEARTBEAT_TIMEOUT, options.heartbeatTimeoutMilliseconds)
    try set(ZMQ_HEARTBEAT_TTL, options.heartbeatTimeoutMilliseconds)
    try set(ZMQ_HANDSHAKE_IVL, options.handshakeMilliseconds)
    if usesVersion6 { try set(ZMQ_IPV6, Int32(1)) }
    switch kind {
    case .router:
      try set(ZMQ_ROUTER_MANDATORY, Int32(1))
      try set(ZMQ_BACKLOG, options.backlog)
      try apply(options.security)
      guard zmq_bind(handle.pointer, subject) == 0 else { throw MessagingError("listen on", on: subject) }
      // For the end of the socket itself. What was queued on a connection that broke is dropped at once: its peer
      // cannot get it any more.
      try set(ZMQ_LINGER, options.lingerMilliseconds)
    case .dealer:
      // Nothing is queued for a coordinator that is not connected: what matters is sent again once it is.
      try set(ZMQ_IMMEDIATE, Int32(1))
      if !options.routingID.isEmpty { try set(ZMQ_ROUTING_ID, bytes: options.routingID) }
      let first = max(1, options.reconnectMilliseconds)
      try set(ZMQ_RECONNECT_IVL, first + Int32.random(in: 0...first))
      try set(ZMQ_RECONNECT_IVL_MAX, max(2 * first, options.maximumReconnectMilliseconds))
      try apply(options.security)
      guard zmq_connect(handle.pointer, subject) == 0 else { throw MessagingError("connect to", on: subject) }
    }
  }

  var watchesConnections: Bool { monitor != nil }

  /// Connects a dealer again: ZeroMQ gives up after a refused handshake, and stays with one version of IP.
  func connectAgain(usesVersion6: Bool) {
    try? set(ZMQ_IPV6, Int32(usesVersion6 ? 1 : 0))
    zmq_disconnect(handle.pointer, subject)
    zmq_connect(handle.pointer, subject)
  }

  deinit {
    // These calls fail only for an invalid socket. Monitoring ends first: ZeroMQ would wait for a reader that is gone.
    if let monitor {
      zmq_socket_monitor(handle.pointer, nil, 0)
      zmq_close(monitor.pointer)
    }
    zmq_close(handle.pointer)
  }

  private func set<Value: FixedWidthInteger>(_ option: Int32, _ value: Value) throws(MessagingError) {
    let result = withUnsafePointer(to: value) {
      zmq_setsockopt(handle.pointer, option, $0, MemoryLayout<Value>.size)
    }
    guard result == 0 else { throw MessagingError("set option \(option) of", on: subject) }
  }

  private func set(_ option: Int32, bytes: [UInt8]) throws(MessagingError) {
    guard zmq_setsockopt(handle.pointer, option, bytes, bytes.count) == 0 else {
      throw MessagingError("set option \(option) of", on: subject)
    }
  }

  private func apply(_ security: SocketSecurity) throws(MessagingError) {
    switch security {
    case .plaintext: break
    case .server(let keys, _):
      try set(ZMQ_CURVE_SERVER, Int32(1))
      try set(ZMQ_CURVE_SECRETKEY, bytes: keys.secretKey.bytes)
      try set(ZMQ_ZAP_DOMAIN, bytes: Array(Authenticator.domain.utf8))
    case .client(let keys, let server):
      try set(ZMQ_CURVE_SERVERKEY, bytes: server.bytes)
      try set(ZMQ_CURVE_PUBLICKEY, bytes: keys.publicKey.bytes)
      try set(ZMQ_CURVE_SECRETKEY, bytes: keys.secretKey.bytes)
    }
  }

  /// Returns the endpoint that the socket is bound to, with the port that was picked for port 0.
  func boundEndpoint() throws(MessagingError) -> String {
    var buffer = [UInt8](repeating: 0, count: 1024)
    var size = buffer.count
    guard zmq_getsockopt(handle.pointer, ZMQ_LAST_ENDPOINT, &buffer, &size) == 0 else {
      throw MessagingError("read the endpoint of", on: subject)
    }
    return String(decoding: buffer[..<max(0, size - 1)], as: UTF8.self)
  }

  /// Returns a descriptor that becomes readable when there may be something to receive. Whether there is something can
  /// only be found out by receiving until nothing is left.
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
    /// The peer is gone, or its queue is full.
    case undeliverable
    case terminated
  }

  /// Sends without waiting.
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
    /// A message, with its sender's key if the socket has keys, the descriptor of its connection (-1 if it has none, or
    /// connections are not watched), and its number of bytes on the wire.
    case message([[UInt8]], key: PublicKey?, connection: Int32, bytes: Int)
    /// The message had more frames than allowed and was discarded.
    case oversized(firstFrame: [UInt8], connection: Int32, bytes: Int)
    case nothing
    case terminated
  }

  /// Receives without waiting. Keeps at most `maximumFrames` frames.
  func receive(maximumFrames: Int) -> Receipt {
    if kind == .dealer { processCommands() }
    var frames: [[UInt8]] = []
    var count = 0
    var bytes = 0
    var key: PublicKey?
    var connection: Int32 = -1
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
      // A router puts the routing id before the frames that arrived.
      if count > 1 || kind == .dealer {
        bytes += ConnectionTable.wireBytes(zmq_msg_size(&message), encrypted: isEncrypted)
      }
      if count <= maximumFrames {
        frames.append([UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
      }
      guard zmq_msg_more(&message) == 1 else {
        if hasKeys { key = Self.key(of: &message) }
        if monitor != nil { connection = zmq_msg_get(&message, ZMQ_SRCFD) }
        break
      }
    }
    guard count <= maximumFrames else {
      return .oversized(firstFrame: frames.first ?? [], connection: connection, bytes: bytes)
    }
    return .message(frames, key: key, connection: connection, bytes: bytes)
  }

  /// Lets libzmq process the commands that wait. It does so itself at every hundredth frame, also in the middle of a
  /// message; if the connection of a socket with `ZMQ_IMMEDIATE` ends there, the rest of the message is gone, and
  /// libzmq aborts the process (`!_more` in its fq.cpp). Between messages the end of a connection does no harm. What
  /// remains is a connection that ends while the message with the hundredth frame is read: some microseconds.
  private func processCommands() {
    var events: Int32 = 0
    var size = MemoryLayout<Int32>.size
    _ = zmq_getsockopt(handle.pointer, ZMQ_EVENTS, &events, &size)
  }

  /// Returns the key that the authenticator reported when the connection was made.
  private static func key(of message: inout zmq_msg_t) -> PublicKey? {
    zmq_msg_gets(&message, "User-Id").flatMap { PublicKey(hexadecimal: String(cString: $0)) }
  }

  /// Waits until there is something to receive (if `reading`), the wake-up rings, a connection begins or ends, or
  /// `milliseconds` have passed (-1: no limit). Returns false if the context is terminated.
  func wait(or wakeUp: WakeUp, reading: Bool = true, milliseconds: Int) -> Bool {
    var items = [zmq_pollitem_t(socket: nil, fd: wakeUp.descriptor, events: Int16(ZMQ_POLLIN), revents: 0)]
    if reading { items.append(zmq_pollitem_t(socket: handle.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)) }
    if let monitor {
      items.append(zmq_pollitem_t(socket: monitor.pointer, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
    }
    while zmq_poll(&items, Int32(items.count), milliseconds) < 0 {
      if zmq_errno() != EINTR { return false }
    }
    return true
  }
}
