/// An event of a dealer.
public enum DealerEvent: Sendable {
  case received(frames: [[UInt8]])
  /// There is no connection, or the peer's queue is full: these frames are dropped.
  case undeliverable(frames: [[UInt8]])
}

/// The connecting side: one DEALER socket on its own thread. It connects and reconnects automatically.
///
/// `deliver` is called on that thread with the events that arrived together. It may wait, but must not call `close`.
public final class DealerThread: Sendable {
  private let thread: SocketThread

  /// - Parameter onHandshake: called on the same thread whenever a handshake ended, before what arrived on the
  ///   connection is delivered. After a refused handshake the next one follows automatically.
  public init(
    context: MessagingContext, connect endpoint: String, options: SocketOptions = SocketOptions(),
    onHandshake: (@Sendable (HandshakeOutcome) -> Void)? = nil, deliver: @escaping @Sendable ([DealerEvent]) -> Void
  ) throws(MessagingError) {
    let socket = try Socket.open(
      .dealer, endpoint: endpoint, options: options, context: context, watchesConnections: true)
    thread = try SocketThread(socket: socket, context: context, options: options) { events in
      for case .handshake(let outcome) in events { onHandshake?(outcome) }
      let messages = events.compactMap { event -> DealerEvent? in
        switch event {
        case .received(let frames, _): .received(frames: frames)
        case .undeliverable(let frames): .undeliverable(frames: frames)
        case .handshake: nil
        }
      }
      if !messages.isEmpty { deliver(messages) }
    }
  }

  deinit { thread.beginClosing() }

  /// Queues a message without waiting. If there is no connection, the message comes back as `undeliverable`.
  @discardableResult
  public func send(_ frames: [[UInt8]]) -> Bool { thread.post(frames) }

  /// Hands all queued messages to ZeroMQ and ends the thread. Messages sent afterwards are dropped.
  public func close() { thread.close() }
}
