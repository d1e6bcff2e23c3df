/// An event of a router. `peer` is the connection's routing id, `key` the key that the peer proved to have; `nil` in
/// plaintext.
public enum RouterEvent: Sendable {
  case received(peer: [UInt8], frames: [[UInt8]], key: PublicKey?)
  /// The peer is gone, or its queue is full: these frames are dropped.
  case undeliverable(peer: [UInt8], frames: [[UInt8]])
}

/// The listening side: one ROUTER socket on its own thread.
///
/// `deliver` is called on that thread with the events that arrived together. It may wait, which holds up peers, as
/// intended, but also outgoing messages; it must not call `close`. While `mayRead` returns false, peers are held up,
/// and outgoing messages are still sent.
public final class RouterThread: Sendable {
  /// The endpoint that the socket listens on, with the port that was picked if `bind` has port 0.
  public let endpoint: String
  private let thread: SocketThread
  /// Keeps the authenticator running as long as the socket: without one, ZeroMQ admits any peer.
  private let security: SocketSecurity

  /// Listens on `endpoint`, such as `tcp://127.0.0.1:5555` or `tcp://*:0`.
  public init(
    context: MessagingContext, bind endpoint: String, options: SocketOptions = SocketOptions(),
    mayRead: @escaping @Sendable () -> Bool = { true }, deliver: @escaping @Sendable ([RouterEvent]) -> Void
  ) throws(MessagingError) {
    let socket = try Socket.open(
      .router, endpoint: endpoint, options: options, context: context,
      watchesConnections: endpoint.hasPrefix("tcp://"))
    self.endpoint = try socket.boundEndpoint()
    security = options.security
    thread = try SocketThread(
      socket: socket, isListening: true, context: context, options: options, mayRead: mayRead
    ) { events in
      deliver(
        events.compactMap { event in
          switch event {
          case .received(let frames, let key):
            frames.first.map { .received(peer: $0, frames: Array(frames.dropFirst()), key: key) }
          case .undeliverable(let frames):
            frames.first.map { .undeliverable(peer: $0, frames: Array(frames.dropFirst())) }
          case .handshake: nil
          }
        })
    }
  }

  deinit { thread.beginClosing() }

  /// Queues a message without waiting. Messages to one peer arrive in order or, if its connection ends, not at all;
  /// those that cannot be sent come back as `undeliverable`. Returns false if the thread is closed or its queue is
  /// full.
  @discardableResult
  public func send(_ frames: [[UInt8]], to peer: [UInt8]) -> Bool { thread.post([peer] + frames) }

  /// Records that the peer has introduced itself: its connection may stay (`SocketOptions.introductionSeconds`).
  public func acquaint(_ peer: [UInt8]) { thread.acquaint(peer) }

  /// Ends the peer's connection; the peer may come back with another. Works on TCP only.
  public func disconnect(_ peer: [UInt8]) { thread.disconnect(peer) }

  /// Hands all queued messages to ZeroMQ and ends the thread. Messages sent afterwards are dropped.
  public func close() { thread.close() }
}
