import ContentExchange
import Keys
import Messaging
import Processes
import SearchCore

/// The coordinator's bound socket, with what arrived on it and the other inputs of the coordinator's thread.
package final class CoordinatorSocket {
  package enum Input: Sendable {
    case router(RouterEvent)
    /// The result of a step on contents that ran on another thread.
    case contents(CoordinatorContentDesk.Input)
    /// A strategy has decided.
    case decided(round: Int, SearchRound)
    /// A user requests something.
    case control(ControlRequest)
    case stop

    package var peer: [UInt8]? {
      switch self {
      case .router(.received(let peer, _, _)), .router(.undeliverable(let peer, _)): peer
      case .contents, .decided, .control, .stop: nil
      }
    }

    /// The memory that the input takes up: each frame is an array of its own.
    package var bytes: Int {
      switch self {
      case .router(.received(_, let frames, _)), .router(.undeliverable(_, let frames)):
        frames.reduce(100) { $0 + $1.count + 40 }
      case .contents, .decided, .control, .stop: 0
      }
    }
  }

  /// Bounded in bytes, too: what waits here are messages of strangers, of up to 1 MiB each.
  package let mailbox = Mailbox<Input>(maximumWeight: mostWaitingBytes, weight: \.bytes)
  /// When half of this waits, nothing more is read, and peers wait.
  private static let mostWaitingBytes = 32 << 20
  /// The time from the connection to the hello. A worker that has lost its coordinator says hello at least every 22 s.
  private static let introductionSeconds = 60.0
  private let context: MessagingContext
  private let router: RouterThread
  /// `nil` in plaintext.
  package let doorkeeper: Doorkeeper?

  /// Binds the socket. With `keys`, strangers are refused, which is proved before this returns.
  /// - Throws: if the endpoint is invalid or in use, or strangers were admitted.
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

  /// The endpoint, with the port that the system chose.
  package var endpoint: String { router.endpoint }

  /// Sends a message. If the queue of messages to be sent is full, the message comes back as undeliverable.
  package func send(_ frames: [[UInt8]], to peer: [UInt8]) {
    if !router.send(frames, to: peer) { mailbox.postUrgently(.router(.undeliverable(peer: peer, frames: frames))) }
  }

  /// Sends a message from another thread; it is dropped if the queue of messages to be sent is full.
  package var send: @Sendable (_ frames: [[UInt8]], _ peer: [UInt8]) -> Void {
    { [router] frames, peer in _ = router.send(frames, to: peer) }
  }

  /// Records that the peer has introduced itself, so that its connection may stay.
  package func acquaint(_ peer: [UInt8]) { router.acquaint(peer) }

  /// Ends a peer's connection. Its worker, if it has one, comes back with another connection.
  package func disconnect(_ peer: [UInt8]) { router.disconnect(peer) }

  /// Closes the socket; messages in flight are still sent, within bounds.
  package func close() {
    router.close()
    doorkeeper?.close()
    context.close()
  }
}
