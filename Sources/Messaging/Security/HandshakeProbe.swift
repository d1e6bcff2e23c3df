import CZeroMQ

/// Tries whether a listening socket lets a peer in, by a real connection.
public enum HandshakeProbe {
  /// The first handshake with `endpoint` that ends with a clear answer; nil where none ends in time. Blocks the thread.
  ///
  /// A connection that breaks off is tried again. Who is not spoken to at all may see nothing else: after three that
  /// broke off, and nothing clear in two seconds, that is the answer.
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

  /// Where a process of this machine reaches what listens on all addresses.
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
