import CZeroMQ

/// Tests whether a listening socket admits a peer, by a real connection.
public enum HandshakeProbe {
  /// Returns the outcome of the first handshake with `endpoint` that ends clearly, or `nil` if none does within
  /// `seconds`. Blocks the thread.
  ///
  /// A connection that breaks off is tried again. A peer that the other side does not talk to at all may see nothing
  /// else: after three that broke off, and no clear outcome within two seconds, the result is `brokenOff`.
  public static func outcome(
    at endpoint: String, security: SocketSecurity, within seconds: Double
  ) throws(MessagingError) -> HandshakeOutcome? {
    let context = try MessagingContext()
    defer { context.close() }
    let outcomes = Mailbox<HandshakeOutcome>()
    var options = SocketOptions()
    options.security = security
    options.lingerMilliseconds = 0
    let dealer = try DealerThread(
      context: context, connect: reachable(endpoint), options: options,
      onHandshake: { outcomes.postUrgently($0) }, deliver: { _ in })
    defer { dealer.close() }
    let clock = ContinuousClock()
    let start = clock.now
    var broken = 0
    while clock.now < start + .seconds(seconds) {
      let new = outcomes.receiveAll(waitingAtMost: 0.2)
      if let outcome = new.first(where: { $0 != .brokenOff }) { return outcome }
      broken += new.count
      if broken >= 3, clock.now >= start + .seconds(2) { return .brokenOff }
    }
    return nil
  }

  /// Returns the address at which this machine reaches a socket that listens on all addresses.
  static func reachable(_ endpoint: String) -> String {
    for (everywhere, here) in [
      ("tcp://0.0.0.0:", "tcp://127.0.0.1:"), ("tcp://*:", "tcp://127.0.0.1:"), ("tcp://[::]:", "tcp://[::1]:"),
    ]
    where endpoint.hasPrefix(everywhere) {
      return here + endpoint.dropFirst(everywhere.count)
    }
    return endpoint
  }
}
