/// How a socket behaves. The defaults fit a study: small messages, peers that come and go, memory bounded.
public struct SocketOptions: Sendable {
  /// Most messages that wait for one peer; more are reported as undeliverable.
  public var highWaterMark: Int32 = 2000
  /// Most messages of one peer that wait to be read; more wait at the peer.
  public var receiveHighWaterMark: Int32 = 2000
  /// A peer that sends more than this in one frame is disconnected: a payload of 1 MiB and what encryption adds.
  public var maximumMessageBytes: Int64 = (1 << 20) + 64
  public var maximumFrames = 16
  /// Of the kernel, for a connection that is not read; it takes twice as much.
  public var receiveBufferBytes: Int32 = 128 << 10
  /// A connection to a listening socket ends when its peer was not acquainted (`RouterThread.acquaint`) in this time;
  /// nil where a message is enough to be known.
  public var introductionSeconds: Double?
  /// So many connections that are not known yet may stand: where there are more, the oldest of them end.
  public var maximumStrangers = 4096
  /// How long messages that were sent may hold up the end of the process, in milliseconds.
  public var lingerMilliseconds: Int32 = 1000
  /// ZMTP's own heartbeat, which finds connections that died without a word.
  public var heartbeatMilliseconds: Int32 = 5000
  public var heartbeatTimeoutMilliseconds: Int32 = 15_000
  /// A connection that has not introduced itself by then ends.
  public var handshakeMilliseconds: Int32 = 10_000
  /// First wait before a lost connection is tried again, spread by up to its own length; then doubled up to the
  /// maximum.
  public var reconnectMilliseconds: Int32 = 100
  public var maximumReconnectMilliseconds: Int32 = 5000
  /// Connections that may wait to be taken by a listening socket.
  public var backlog: Int32 = 4096
  public var security: SocketSecurity = .plaintext
  /// What a connecting socket gives itself; empty leaves it to the router, as workers do. Tests give themselves
  /// others'.
  var routingID: [UInt8] = []

  public init() {}
}

/// How peers prove what they are. With keys everything is encrypted (CURVE). A socket sets them before it binds or
/// connects.
public enum SocketSecurity: Sendable {
  case plaintext
  /// Listens with this pair, and lets in whom the authenticator admits. It must be of the socket's own context.
  case server(KeyPair, Authenticator)
  /// Connects with this pair, and only to the holder of the server's secret key.
  case client(KeyPair, server: PublicKey)
}
