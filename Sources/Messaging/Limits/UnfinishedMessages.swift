/// Finds peers that send one message of endlessly many frames.
///
/// libzmq keeps a message until its last frame is there, without a limit, and nothing of it can be seen meanwhile: only that a
/// connection brings bytes and never a message. This is what is looked for, by comparing what connections have brought with
/// what it was at an earlier look. Knows neither sockets nor clocks.
struct UnfinishedMessages {
  /// A connection as the operating system sees it.
  struct Connection: Equatable {
    var descriptor: Int32
    /// The other end: descriptors are used again, for others.
    var peer: [UInt8]
    /// Bytes that have come in since it was made.
    var bytesReceived: UInt64
  }

  /// More without a message, and a connection is to end. Twice what a message may be; the smallest frames take up thirty
  /// times their bytes in libzmq.
  static let maximumBytes: UInt64 = 4 << 20

  /// Messages that came on a descriptor, counted from anywhere.
  private var messages: [Int32: UInt32] = [:]
  private var earlier: [Int32: (connection: Connection, messages: UInt32)] = [:]

  mutating func noteMessage(on descriptor: Int32) { messages[descriptor, default: 0] &+= 1 }

  /// - Parameter connections: all that there are.
  /// - Returns: descriptors of those to be ended.
  mutating func look(at connections: [Connection]) -> [Int32] {
    var endless: [Int32] = []
    var now: [Int32: (connection: Connection, messages: UInt32)] = [:]
    for connection in connections {
      let count = messages[connection.descriptor] ?? 0
      guard let before = earlier[connection.descriptor], before.connection.peer == connection.peer,
        before.messages == count
      else {
        now[connection.descriptor] = (connection, count)
        continue
      }
      // Since the look after its latest message, not since the last one: slowness is no way around.
      now[connection.descriptor] = before
      if connection.bytesReceived &- before.connection.bytesReceived > Self.maximumBytes {
        endless.append(connection.descriptor)
      }
    }
    earlier = now
    messages = messages.filter { now[$0.key] != nil }
    return endless
  }
}
