import CZeroMQ

/// Tries whether a listening socket lets somebody in, by a real connection.
public enum HandshakeProbe {
  /// The first handshake with `endpoint` that ends with a clear answer; nil where none does in time. Blocks the thread.
  ///
  /// A connection that breaks off is no answer and is tried again.
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
    let end = clock.now + .seconds(seconds)
    while clock.now < end {
      if let outcome = outcomes.takeAll(waitingAtMost: 0.2).first(where: { $0 != .brokenOff }) { return outcome }
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
