import ContentExchange
import Keys
import Messaging
import Processes
import SearchCore

/// The coordinator's bound socket, with what arrived on it and what else its thread is to hear of.
package final class CoordinatorSocket {
  package enum Input: Sendable {
    case router(RouterEvent)
    /// What became of something that is done on threads of their own.
    case contents(CoordinatorContentDesk.Input)
    /// A strategy's decision is made.
    case decided(round: Int, SearchRound)
    /// A person asks for something.
    case control(ControlRequest)
    case stop

    package var peer: [UInt8]? {
      switch self {
      case .router(.received(let peer, _, _)), .router(.undeliverable(let peer, _)): peer
      case .contents, .decided, .control, .stop: nil
      }
    }

    /// What it takes up in memory: each frame is an array of its own.
    package var bytes: Int {
      switch self {
      case .router(.received(_, let frames, _)), .router(.undeliverable(_, let frames)):
        frames.reduce(100) { $0 + $1.count + 40 }
      case .contents, .decided, .control, .stop: 0
      }
    }
  }

  /// Bounded in bytes too: what waits here are strangers' messages of up to 1 MiB each.
  package let mailbox = Mailbox<Input>(maximumWeight: mostWaitingBytes, weight: \.bytes)
  /// With half of it nothing more is read, and peers wait.
  private static let mostWaitingBytes = 32 << 20
  /// From the connection to the hello. A worker that has lost its coordinator says hello every 22 s at least.
  private static let introductionSeconds = 60.0
  private let context: MessagingContext
  private let router: RouterThread
  /// Nil in plaintext.
  package let doorkeeper: Doorkeeper?

  /// With `keys`, strangers are kept out, and that is proved before this returns.
  /// - Throws: where the endpoint is in use or is none, or strangers were let in.
  package init(endpoint: String, keys: CoordinatorKeys? = nil) throws {
    OpenFileLimit.raise()
    context = try MessagingContext()
    let context = context
    doorkeeper = try keys.map { try Doorkeeper(keys: $0, context: context) }
    var options = SocketOptions()
    options.receiveHighWaterMark = 200
    options.introductionSeconds = Self.introductionSeconds
    if let doorkeeper { options.security = doorkeeper.security }
    let mailbox = mailbox
    router = try RouterThread(
      context: context, bind: endpoint, options: options,
      mayRead: { mailbox.waitingWeight < Self.mostWaitingBytes / 2 },
      deliver: { mailbox.post($0.map(Input.router)) })
    try doorkeeper?.proveThatStrangersAreRefused(at: router.endpoint)
  }

  /// With the port that the system chose.
  package var endpoint: String { router.endpoint }

  /// Where more waits to be sent than may, the peer is as good as unreachable.
  package func send(_ frames: [[UInt8]], to peer: [UInt8]) {
    if !router.send(frames, to: peer) { mailbox.postUrgently(.router(.undeliverable(peer: peer, frames: frames))) }
  }

  /// The same for other threads.
  package var send: @Sendable (_ frames: [[UInt8]], _ peer: [UInt8]) -> Void {
    { [router] frames, peer in _ = router.send(frames, to: peer) }
  }

  /// The peer has introduced itself, and its connection may stay.
  package func acquaint(_ peer: [UInt8]) { router.acquaint(peer) }

  /// Ends a peer's connection. Its worker, if it is one, comes back with another.
  package func disconnect(_ peer: [UInt8]) { router.disconnect(peer) }

  /// Sends what is on its way, within bounds.
  package func close() {
    router.close()
    doorkeeper?.close()
    context.close()
  }
}
