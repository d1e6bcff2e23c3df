import CZeroMQ

/// An event of a socket's connections. Descriptors are libzmq's own, and are reused for later connections.
enum ConnectionEvent: Equatable {
  case began(Int32)
  case ended(Int32)
  case handshake(HandshakeOutcome)
}

extension Socket {
  mutating func watchConnections(_ context: MessagingContext) throws(MessagingError) {
    let address = "inproc://connections-\(UInt(bitPattern: handle.pointer))"
    let wanted =
      ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
      | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
    guard zmq_socket_monitor(handle.pointer, address, wanted) == 0 else {
      throw MessagingError("watch the connections of", on: subject)
    }
    let watcher = try context.makeSocket(ZMQ_PAIR, for: subject)
    monitor = watcher
    // Unbounded: otherwise libzmq's own thread, and with it the whole network, would wait for a slow reader.
    var unbounded: Int32 = 0
    guard zmq_setsockopt(watcher.pointer, ZMQ_RCVHWM, &unbounded, MemoryLayout<Int32>.size) == 0,
      zmq_connect(watcher.pointer, address) == 0
    else { throw MessagingError("watch the connections of", on: subject) }
  }

  /// Returns the next event without waiting; `nil` if there is none.
  func nextConnectionEvent() -> ConnectionEvent? {
    guard let monitor else { return nil }
    while true {
      var message = zmq_msg_t()
      zmq_msg_init(&message)
      defer { zmq_msg_close(&message) }
      guard zmq_msg_recv(&message, monitor.pointer, ZMQ_DONTWAIT) >= 0 else {
        if zmq_errno() == EINTR { continue }
        return nil
      }
      // Two frames: 16 bits of event and 32 of value in this machine's byte order, then the address.
      guard zmq_msg_more(&message) == 1, zmq_msg_size(&message) == 6, let data = zmq_msg_data(&message) else {
        continue
      }
      let value = data.loadUnaligned(fromByteOffset: 2, as: Int32.self)
      switch Int32(data.loadUnaligned(as: UInt16.self)) {
      case ZMQ_EVENT_ACCEPTED, ZMQ_EVENT_CONNECTED: return .began(value)
      case ZMQ_EVENT_DISCONNECTED: return .ended(value)
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .handshake(.succeeded)
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .handshake(.keyRefused)
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return .handshake(.otherSecurity)
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return .handshake(.brokenOff)
      default: continue
      }
    }
  }
}

/// How the handshake of a connection ended.
public enum HandshakeOutcome: Hashable, Sendable {
  case succeeded
  /// The other side does not know this side's key.
  case keyRefused
  /// One side has keys and the other has none, or the other side speaks another protocol.
  case otherSecurity
  /// The connection ended during the handshake: because of the network, or because the other side has another key than
  /// the expected one. Or it is `otherSecurity`, seen by the other side alone: the side that finds the mismatch first
  /// closes the connection, and if it read this side's greeting in one piece, it had not sent its own yet.
  case brokenOff
}
