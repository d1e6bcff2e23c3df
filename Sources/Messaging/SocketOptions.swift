/// How a socket behaves. The defaults fit a study: small messages, peers that come and go, memory bounded.
public struct SocketOptions: Sendable {
  /// Most messages that wait for one peer; more are reported as undeliverable.
  public var highWaterMark: Int32 = 2000
  /// A peer that sends more than this in one frame is disconnected.
  public var maximumMessageBytes: Int64 = 2 << 20
  public var maximumFrames = 16
  /// How long messages that were sent may hold up the end of the process, in milliseconds.
  public var lingerMilliseconds: Int32 = 1000
  /// ZMTP's own heartbeat, which finds connections that died without a word.
  public var heartbeatMilliseconds: Int32 = 5000
  public var heartbeatTimeoutMilliseconds: Int32 = 15_000
  /// First wait before a lost connection is tried again, spread by up to its own length; then doubled up to the maximum.
  public var reconnectMilliseconds: Int32 = 100
  public var maximumReconnectMilliseconds: Int32 = 5000
  /// Connections that may wait to be taken by a listening socket.
  public var backlog: Int32 = 4096
  public var security: SocketSecurity = .plaintext

  public init() {}
}

/// How peers prove who they are. Keys come with an encrypted transport; a socket that has them sets them before it
/// binds or connects.
public enum SocketSecurity: Sendable {
  case plaintext
}
