import FlyingFox

/// The readers' connections with the phase of each, which determine the connections that must end. Independent of
/// sockets and clocks: times are seconds on a monotonic clock.
struct ConnectionTable {
  typealias Address = HTTPRequest.Address

  struct Limits {
    /// The maximum number of connections at once. Beyond it, those that have gone without a request for longest end.
    var connections = 256
    /// The time from the connection, or from the end of the last answer, until a request has arrived completely.
    var requestSeconds = 10.0
    /// The time until the reader has received an answer that is not a stream.
    var answerSeconds = 60.0
    /// The time in which a reader may receive nothing of the data that waits for it.
    var standstillSeconds = 10.0
    /// The maximum size of a request. FlyingFox's time for a line grows with the square of its length.
    var requestBytes: UInt64 = 16 << 10
    /// The request rate of all readers together: the number of requests at once, and the number per second after that.
    var requestsAtOnce = 400.0
    var requestsASecond = 200.0
  }

  private enum Phase {
    case asking(since: Double)
    /// The deadline; `nil` for a stream, which has none.
    case answering(until: Double?)
  }

  private struct Connection {
    /// `nil` until the socket has been seen: a request may arrive and be answered before the server first waits for it.
    var descriptor: Int32?
    /// When the connection was first seen.
    let since: Double
    var phase: Phase
    /// The bytes received when the last request was complete.
    var bytesBefore: UInt64 = 0
    /// Whether nothing more is read after the current answer.
    var isEnding = false
  }

  let limits: Limits
  private var connections: [Address: Connection] = [:]

  init(limits: Limits) { self.limits = limits }

  var count: Int { connections.count }
  var descriptors: [(address: Address, descriptor: Int32)] {
    connections.compactMap { address, connection in connection.descriptor.map { (address, $0) } }
  }

  mutating func begin(_ address: Address, descriptor: Int32, at now: Double) {
    if connections[address] == nil {
      connections[address] = Connection(descriptor: descriptor, since: now, phase: .asking(since: now))
    } else if connections[address]?.descriptor == nil {
      connections[address]?.descriptor = descriptor
    }
  }

  mutating func end(_ address: Address) { connections[address] = nil }

  /// Records that a request has arrived completely.
  /// - Parameter received: The number of bytes received on the connection so far.
  mutating func answer(_ address: Address, received: UInt64, at now: Double) {
    let phase = Phase.answering(until: now + limits.answerSeconds)
    var connection = connections[address] ?? Connection(descriptor: nil, since: now, phase: phase)
    (connection.phase, connection.bytesBefore) = (phase, received)
    connections[address] = connection
  }

  /// Records that the answer is a stream.
  mutating func stream(_ address: Address) { connections[address]?.phase = .answering(until: nil) }

  /// Marks the connection to end after the current answer.
  mutating func endAfterAnswer(_ address: Address) { connections[address]?.isEnding = true }

  /// Records that the server waits for more data from the reader: the previous answer is being sent.
  /// - Returns: The deadline of the wait; `nil` if nothing more is to be read.
  mutating func awaitRequest(_ address: Address, at now: Double) -> Double? {
    guard let connection = connections[address] else { return now + limits.requestSeconds }
    if connection.isEnding { return nil }
    if case .asking(let since) = connection.phase { return since + limits.requestSeconds }
    connections[address]?.phase = .asking(since: now)
    return now + limits.requestSeconds
  }

  func descriptor(of address: Address) -> Int32? { connections[address]?.descriptor }

  /// Returns the connections that must end now.
  /// - Parameter received: Returns the number of bytes received on a connection so far.
  func overdue(at now: Double, received: (Int32) -> UInt64) -> [Address] {
    var ended: [Address] = []
    var asking: [(since: Double, address: Address)] = []
    for (address, connection) in connections {
      if isOverdue(connection, at: now, received: received) {
        ended.append(address)
      } else if case .asking(let since) = connection.phase {
        asking.append((since, address))
      }
    }
    let surplus = connections.count - ended.count - limits.connections
    guard surplus > 0 else { return ended }
    return ended + asking.sorted { $0.since < $1.since }.prefix(surplus).map(\.address)
  }

  private func isOverdue(_ connection: Connection, at now: Double, received: (Int32) -> UInt64) -> Bool {
    switch connection.phase {
    case .asking(let since): if now > since + limits.requestSeconds { return true }
    case .answering(let end): if let end, now > end { return true }
    }
    // Without a descriptor, the connection ended before its socket was seen.
    guard let descriptor = connection.descriptor else { return now > connection.since + limits.answerSeconds }
    return received(descriptor) > connection.bytesBefore + limits.requestBytes
  }
}
