import Messaging

/// The coordinator's bound socket, with what arrived on it and what else its thread is to hear of.
final class CoordinatorSocket {
  enum Input: Sendable {
    case router(RouterEvent)
    case stop
  }

  let mailbox = Mailbox<Input>()
  private let context: MessagingContext
  private let router: RouterThread

  /// - Throws: where the endpoint is in use or is none.
  init(endpoint: String) throws(MessagingError) {
    OpenFileLimit.raise()
    context = try MessagingContext()
    let mailbox = mailbox
    router = try RouterThread(context: context, bind: endpoint) { events in
      mailbox.post(events.map(Input.router))
    }
  }

  /// With the port that the system chose.
  var endpoint: String { router.endpoint }

  func send(_ frames: [[UInt8]], to peer: [UInt8]) { router.send(frames, to: peer) }

  /// Sends what is on its way, within bounds.
  func close() {
    router.close()
    context.close()
  }
}
