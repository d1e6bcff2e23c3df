/// The TCP connections of a socket and the traffic on each, shared between the thread that serves the socket and the
/// one that watches it (`ConnectionWatch`).
///
/// libzmq identifies connections by their descriptors, and reports for each message on which one it arrived. Bytes are
/// counted as on the wire, so that they can be compared with the kernel's counters.
final class ConnectionTable: Sendable {
  struct Connection: Sendable {
    var began: ContinuousClock.Instant
    var messages = 0
    /// The number of bytes of messages that were read.
    var bytesRead: UInt64 = 0
    /// The number of bytes of messages that were handed to libzmq.
    var bytesSent: UInt64 = 0
    /// The routing id of its messages, once one has arrived.
    var peer: [UInt8]?
    /// Whether its peer has introduced itself.
    var isKnown = false
    /// Whether it was told to end.
    var isEnding = false
  }

  struct Contents: Sendable {
    fileprivate(set) var connections: [Int32: Connection] = [:]
    private var descriptors: [[UInt8]: Int32] = [:]
    private(set) var strangers = 0
    fileprivate let aMessageIsEnough: Bool

    fileprivate init(aMessageIsEnough: Bool) { self.aMessageIsEnough = aMessageIsEnough }

    mutating func begin(_ descriptor: Int32, at now: ContinuousClock.Instant) {
      end(descriptor)
      connections[descriptor] = Connection(began: now)
      strangers += 1
    }

    mutating func end(_ descriptor: Int32) {
      guard let connection = connections.removeValue(forKey: descriptor) else { return }
      if !connection.isKnown { strangers -= 1 }
      if let peer = connection.peer, descriptors[peer] == descriptor { descriptors[peer] = nil }
    }

    /// Records a message and returns whether it is the first of its connection.
    mutating func recordRead(_ bytes: Int, from peer: [UInt8]?, on descriptor: Int32) -> Bool {
      guard descriptor >= 0, var connection = connections[descriptor] else { return false }
      connection.bytesRead &+= UInt64(bytes)
      connection.messages += 1
      let isFirst = connection.messages == 1
      if isFirst {
        connection.peer = peer
        if let peer { descriptors[peer] = descriptor }
        if aMessageIsEnough, !connection.isKnown {
          connection.isKnown = true
          strangers -= 1
        }
      }
      connections[descriptor] = connection
      return isFirst
    }

    mutating func recordSent(_ bytes: Int, to peer: [UInt8]) {
      guard let descriptor = descriptors[peer] else { return }
      connections[descriptor]?.bytesSent &+= UInt64(bytes)
    }

    mutating func acquaint(_ peer: [UInt8]) {
      guard let descriptor = descriptors[peer], connections[descriptor]?.isKnown == false else { return }
      connections[descriptor]?.isKnown = true
      strangers -= 1
    }

    func descriptor(of peer: [UInt8]) -> Int32? { descriptors[peer] }

    mutating func markEnding(_ descriptor: Int32) {
      guard var connection = connections[descriptor], !connection.isEnding else { return }
      connection.isEnding = true
      if !connection.isKnown {
        connection.isKnown = true
        strangers -= 1
      }
      connections[descriptor] = connection
    }

    /// Returns the connections that are not known: those older than `limit`, and the oldest ones in excess of `most`.
    func strangersToEnd(at now: ContinuousClock.Instant, olderThan limit: Duration?, most: Int) -> [Int32] {
      guard strangers > 0 else { return [] }
      let waiting = connections.filter { !$0.value.isKnown }.sorted { $0.value.began < $1.value.began }
      let surplus = max(0, waiting.count - most)
      return waiting.enumerated().filter { index, entry in
        index < surplus || limit.map { now - entry.value.began > $0 } ?? false
      }.map(\.element.key)
    }

    /// The connections on which no message has arrived yet.
    var silent: [Int32] { connections.filter { $0.value.messages == 0 }.map(\.key) }
  }

  private let contents: Guarded<Contents>

  /// - Parameter aMessageIsEnough: whether a peer is known as soon as it has sent any message.
  init(aMessageIsEnough: Bool) { contents = Guarded(Contents(aMessageIsEnough: aMessageIsEnough)) }

  func withLock<Value>(_ body: (inout Contents) -> Value) -> Value { contents.withLock { body(&$0) } }

  /// Returns the size of a frame on the wire. With CURVE each frame is a box of its own, with 33 bytes of overhead.
  static func wireBytes(_ frameBytes: Int, encrypted: Bool) -> Int {
    let bytes = frameBytes + (encrypted ? 33 : 0)
    return bytes + (bytes > 255 ? 9 : 2)
  }
}
