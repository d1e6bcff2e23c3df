/// What a router hands on. `peer` is the connection's routing id, `key` the one that it proved to have; nil in
/// plaintext.
public enum RouterEvent: Sendable {
  case received(peer: [UInt8], frames: [[UInt8]], key: PublicKey?)
  /// The peer is gone, or takes no more (its queue is full): these frames are dropped.
  case undeliverable(peer: [UInt8], frames: [[UInt8]])
}

/// The listening side: one ROUTER socket on a thread of its own.
///
/// `deliver` is called on that thread with what came in together. It may wait (which holds peers up, as it should, but
/// what is sent too), but must not call `close`. While `mayRead` says no, peers are held up, and what is sent goes on.
public final class RouterThread: Sendable {
  /// Where it listens, with the port that was picked where `bind` said port 0.
  public let endpoint: String
  private let thread: SocketThread
  /// Keeps the authenticator at work for as long as the socket: without one, ZeroMQ lets any peer in.
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

  /// Never waits. Messages to one peer arrive in order or, with its connection, not at all; those that cannot be sent
  /// come back as `undeliverable`. False where the thread is closed or hopelessly behind.
  @discardableResult
  public func send(_ frames: [[UInt8]], to peer: [UInt8]) -> Bool { thread.post([peer] + frames) }

  /// The peer has introduced itself: its connection may stay (`SocketOptions.introductionSeconds`).
  public func acquaint(_ peer: [UInt8]) { thread.acquaint(peer) }

  /// Ends the peer's connection; it may come back with another. On TCP only.
  public func disconnect(_ peer: [UInt8]) { thread.disconnect(peer) }

  /// Hands what was sent to ZeroMQ and ends the thread. Sending afterwards does nothing.
  public func close() { thread.close() }
}
