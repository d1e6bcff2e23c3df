/// What a dealer hands on.
public enum DealerEvent: Sendable {
  case received(frames: [[UInt8]])
  /// There is no connection, or the other side takes no more: these frames are dropped.
  case undeliverable(frames: [[UInt8]])
}

/// The connecting side: one DEALER socket on a thread of its own. It connects, and reconnects, by itself.
///
/// `deliver` is called on that thread with what came in together. It may wait, but must not call `close`.
public final class DealerThread: Sendable {
  private let thread: SocketThread

  /// - Parameter onHandshake: called on the same thread whenever a handshake ended, before what came on the connection.
  ///   After one that was refused the next comes by itself.
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

  /// Never waits. What is sent while there is no connection comes back as `undeliverable`.
  @discardableResult
  public func send(_ frames: [[UInt8]]) -> Bool { thread.post(frames) }

  /// Hands what was sent to ZeroMQ and ends the thread. Sending afterwards does nothing.
  public func close() { thread.close() }
}
