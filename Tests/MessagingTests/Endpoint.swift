import Messaging
import Testing

/// Sockets whose events can be awaited.
enum Endpoint {
  static func router(
    _ context: MessagingContext, _ endpoint: String = "tcp://127.0.0.1:0", options: SocketOptions = SocketOptions()
  ) throws -> (RouterThread, Inbox<RouterEvent>) {
    let inbox = Inbox<RouterEvent>()
    return (try RouterThread(context: context, bind: endpoint, options: options) { inbox.mailbox.post($0) }, inbox)
  }

  static func dealer(
    _ context: MessagingContext, _ endpoint: String, options: SocketOptions = SocketOptions()
  ) throws -> (DealerThread, Inbox<DealerEvent>) {
    let inbox = Inbox<DealerEvent>()
    return (try DealerThread(context: context, connect: endpoint, options: options) { inbox.mailbox.post($0) }, inbox)
  }

  /// Opens a router on a port whose last socket was just closed. The system may keep the port for a moment, so this
  /// tries until it succeeds.
  static func routerAgain(
    _ context: MessagingContext, _ endpoint: String
  ) async throws -> (RouterThread, Inbox<RouterEvent>) {
    while true {
      do { return try router(context, endpoint) } catch let error as MessagingError where error.isAddressInUse {
        try await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  /// Returns once a message of the dealer has reached the router.
  static func connect(_ dealer: DealerThread, _ atDealer: Inbox<DealerEvent>, _ atRouter: Inbox<RouterEvent>) async {
    while true {
      dealer.send([greeting])
      // A message on a connection that is breaking is lost without notice.
      for _ in 0..<100 {
        if await atRouter.next(within: 0.01, { $0.isGreeting ? true : nil }) != nil { return }
        if await atDealer.next(within: 0, { $0.undeliverable }) != nil { break }
      }
    }
  }

  static let greeting: [UInt8] = [0xfe]
}

/// Delivers events one by one. Used by one test, which awaits one event at a time.
final class Inbox<Event: Sendable>: @unchecked Sendable {
  let mailbox = Mailbox<Event>()
  private var taken: [Event] = []
  private var position = 0

  /// Returns the first value that `select` finds in an event; other events are skipped. `nil` if none arrives in time.
  func next<Value>(within seconds: Double = 300, _ select: (Event) -> Value?) async -> Value? {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while true {
      while position < taken.count {
        position += 1
        if let value = select(taken[position - 1]) { return value }
      }
      taken = mailbox.receiveAll(waitingAtMost: 0)
      position = 0
      if taken.isEmpty {
        if clock.now > end { return nil }
        try? await Task.sleep(for: .milliseconds(1))
      }
    }
  }
}

extension RouterEvent {
  /// The peer and frames of a received message that is not a greeting.
  var received: (peer: [UInt8], frames: [[UInt8]])? {
    if case .received(let peer, let frames, _) = self, !isGreeting { (peer, frames) } else { nil }
  }
  var isGreeting: Bool { if case .received(_, let frames, _) = self { frames == [Endpoint.greeting] } else { false } }
  var undeliverable: (peer: [UInt8], frames: [[UInt8]])? {
    if case .undeliverable(let peer, let frames) = self { (peer, frames) } else { nil }
  }
}

extension DealerEvent {
  var received: [[UInt8]]? { if case .received(let frames) = self { frames } else { nil } }
  var undeliverable: [[UInt8]]? { if case .undeliverable(let frames) = self { frames } else { nil } }
}
