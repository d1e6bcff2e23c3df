import Messaging

/// The coordinator's bound socket, with what arrived on it and what else its thread is to hear of.
final class CoordinatorSocket {
  enum Input: Sendable {
    case router(RouterEvent)
    case stop
  }

  /// Bounded in bytes too: what waits here are strangers' messages of up to 1 MiB each.
  let mailbox = Mailbox<Input>(maximumWeight: 64 << 20) { input in
    guard case .router(.received(_, let frames, _)) = input else { return 0 }
    return frames.reduce(0) { $0 + $1.count }
  }
  private let context: MessagingContext
  private let router: RouterThread
  /// Nil in plaintext.
  let doorkeeper: Doorkeeper?

  /// With `keys`, strangers are kept out, and that is proved before this returns.
  /// - Throws: where the endpoint is in use or is none, or strangers were let in.
  init(endpoint: String, keys: CoordinatorKeys? = nil) throws {
    OpenFileLimit.raise()
    context = try MessagingContext()
    let context = context
    doorkeeper = try keys.map { try Doorkeeper(keys: $0, context: context) }
    var options = SocketOptions()
    options.receiveHighWaterMark = 200
    if let doorkeeper { options.security = doorkeeper.security }
    let mailbox = mailbox
    router = try RouterThread(context: context, bind: endpoint, options: options) { events in
      mailbox.post(events.map(Input.router))
    }
    try doorkeeper?.proveThatStrangersAreRefused(at: router.endpoint)
  }

  /// With the port that the system chose.
  var endpoint: String { router.endpoint }

  func send(_ frames: [[UInt8]], to peer: [UInt8]) { router.send(frames, to: peer) }

  /// The same for other threads.
  var send: @Sendable (_ frames: [[UInt8]], _ peer: [UInt8]) -> Void {
    { [router] frames, peer in router.send(frames, to: peer) }
  }

  /// Sends what is on its way, within bounds.
  func close() {
    router.close()
    doorkeeper?.close()
    context.close()
  }
}
