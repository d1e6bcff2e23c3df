import FlyingFox

/// Connections of readers and how far each is: which of them have to end. Knows neither sockets nor clocks; times are
/// seconds of a monotonic clock.
struct ConnectionTable {
  typealias Address = HTTPRequest.Address

  struct Limits {
    /// At once; beyond it those end that have asked for nothing yet, or not for long.
    var connections = 256
    /// From the connection, or the end of the last answer, until a whole request is here.
    var requestSeconds = 10.0
    /// Until an answer that is no stream is taken by its reader.
    var answerSeconds = 60.0
    /// In which a reader takes nothing of what waits for it.
    var standstillSeconds = 10.0
    /// Of one request. FlyingFox's time for a line grows with the square of its length.
    var requestBytes: UInt64 = 16 << 10
    /// Of all readers together: so many requests at once, and so many a second after that.
    var requestsAtOnce = 400.0
    var requestsASecond = 200.0
  }

  private enum Phase {
    case asking(since: Double)
    /// Until then; nil for a stream, which has no end.
    case answering(until: Double?)
  }

  private struct Connection {
    /// Nil until its socket was seen: a request may be here, and answered, before that is waited for.
    var descriptor: Int32?
    /// When it was first heard of.
    let since: Double
    var phase: Phase
    /// What had come when the last request was whole.
    var bytesBefore: UInt64 = 0
    /// After this answer nothing more is read.
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

  /// A request is here as a whole.
  /// - Parameter received: bytes of the connection so far.
  mutating func answer(_ address: Address, received: UInt64, at now: Double) {
    let phase = Phase.answering(until: now + limits.answerSeconds)
    var connection = connections[address] ?? Connection(descriptor: nil, since: now, phase: phase)
    (connection.phase, connection.bytesBefore) = (phase, received)
    connections[address] = connection
  }

  /// Its answer is a stream.
  mutating func stream(_ address: Address) { connections[address]?.phase = .answering(until: nil) }

  /// With this answer it has said enough.
  mutating func endAfterAnswer(_ address: Address) { connections[address]?.isEnding = true }

  /// The server waits for more of it: the answer before is on its way.
  /// - Returns: until when it may be waited for; nil where nothing more is to be read.
  mutating func awaitRequest(_ address: Address, at now: Double) -> Double? {
    guard let connection = connections[address] else { return now + limits.requestSeconds }
    if connection.isEnding { return nil }
    if case .asking(let since) = connection.phase { return since + limits.requestSeconds }
    connections[address]?.phase = .asking(since: now)
    return now + limits.requestSeconds
  }

  func descriptor(of address: Address) -> Int32? { connections[address]?.descriptor }

  /// - Parameter received: bytes of a connection so far.
  func overdue(at now: Double, received: (Int32) -> UInt64) -> [Address] {
    var ended: [Address] = []
    var asking: [(since: Double, address: Address)] = []
    for (address, connection) in connections {
      switch connection.phase {
      case .asking(let since):
        if now > since + limits.requestSeconds { ended.append(address) } else { asking.append((since, address)) }
      case .answering(let end): if let end, now > end { ended.append(address) }
      }
      guard let descriptor = connection.descriptor else {
        // It ended before it was seen.
        if now > connection.since + limits.answerSeconds { ended.append(address) }
        continue
      }
      if received(descriptor) > connection.bytesBefore + limits.requestBytes { ended.append(address) }
    }
    let surplus = connections.count - ended.count - limits.connections
    guard surplus > 0 else { return ended }
    return ended + asking.sorted { $0.since < $1.since }.prefix(surplus).map(\.address)
  }
}
