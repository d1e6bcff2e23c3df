/// The options of a socket. The defaults fit a study: small messages, peers that come and go, bounded memory.
public struct SocketOptions: Sendable {
  /// The largest number of messages that wait for one peer; further ones are reported as undeliverable.
  public var highWaterMark: Int32 = 2000
  /// The largest number of one peer's messages that wait to be read; further ones wait at the peer.
  public var receiveHighWaterMark: Int32 = 2000
  /// The largest size of a frame: a payload of 1 MiB and what encryption adds. A peer that sends more is disconnected.
  public var maximumMessageBytes: Int64 = (1 << 20) + 64
  public var maximumFrames = 16
  /// The size of the kernel's buffer for received data of a connection; the kernel takes up twice as much.
  public var receiveBufferBytes: Int32 = 128 << 10
  /// A connection to a listening socket ends if its peer has not become known (`RouterThread.acquaint`) within this
  /// time; with `nil`, a message is enough to be known.
  public var introductionSeconds: Double?
  /// The largest number of connections that are not known yet; beyond it, the oldest of them end.
  public var maximumStrangers = 4096
  /// How long sent messages may delay the end of the process, in milliseconds.
  public var lingerMilliseconds: Int32 = 1000
  /// ZMTP's own heartbeat, which detects connections that died silently.
  public var heartbeatMilliseconds: Int32 = 5000
  public var heartbeatTimeoutMilliseconds: Int32 = 15_000
  /// A connection whose handshake is not complete after this time ends.
  public var handshakeMilliseconds: Int32 = 10_000
  /// The first wait before a lost connection is tried again, plus a random part of up to the same length; then doubled
  /// up to the maximum.
  public var reconnectMilliseconds: Int32 = 100
  public var maximumReconnectMilliseconds: Int32 = 5000
  /// The number of connections that may wait to be accepted by a listening socket.
  public var backlog: Int32 = 4096
  public var security: SocketSecurity = .plaintext
  /// The routing id that a connecting socket gives itself; if empty, as for workers, the router assigns one. Tests use
  /// the ids of other peers.
  var routingID: [UInt8] = []

  public init() {}
}

/// How peers prove their identity. With keys everything is encrypted (CURVE). Applied to a socket before it binds or
/// connects.
public enum SocketSecurity: Sendable {
  case plaintext
  /// Listens with this pair, and admits whom the authenticator admits, which must belong to the socket's own context.
  case server(KeyPair, Authenticator)
  /// Connects with this pair, and only to the holder of the server's secret key.
  case client(KeyPair, server: PublicKey)
}
