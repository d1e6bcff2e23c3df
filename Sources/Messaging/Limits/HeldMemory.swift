/// Which connections have to end because of the memory that libzmq keeps for them: messages without an end, messages
/// that wait to be read, and messages that their peers do not take.
///
/// libzmq counts messages, not bytes, and keeps a message until its last frame is there, without a limit; nothing of it
/// can be seen meanwhile but the bytes that a connection brings and no thread gets to read. How much memory a byte
/// takes depends on the frames (64 bytes for each, even an empty one), so that the growth of the process is compared
/// with the sum of bytes over all connections, and those that hold most end first. Knows neither sockets nor clocks.
struct HeldMemory {
  struct Connection: Equatable {
    var descriptor: Int32
    /// Bytes that came and were not read; those of a message without an end too.
    var unread: UInt64
    /// Bytes that were sent and did not leave.
    var queued: UInt64
    /// It has never said a whole message.
    var isSilent: Bool

    var bytes: UInt64 { unread &+ queued }
  }

  /// Connections are looked at when the process has grown by so much since the last time.
  static let growthBytes = 4 << 20
  /// Either way, of one connection. Four times what a message may be.
  static let mostOfOne: UInt64 = 4 << 20
  /// What the process may grow while its connections hold something.
  static let mostGrowthBytes = 48 << 20
  /// Where all connections together hold less, growth has other reasons.
  private static let littleBytes: UInt64 = 1 << 20
  /// Connections that hold less are let be, whatever the process takes.
  private static let leastOfOne: UInt64 = 16 << 10
  private static let leastOfSilent: UInt64 = 2 << 10

  /// What the process took at the last look, and at the last one at which connections held next to nothing.
  private var last: Int
  private var calm: Int

  init(resident: Int) {
    last = resident
    calm = resident
  }

  mutating func wantsLook(resident: Int) -> Bool {
    last = min(last, resident)
    calm = min(calm, resident)
    return resident > last + Self.growthBytes
  }

  /// - Parameter connections: all that there are.
  /// - Returns: descriptors of those to be ended.
  mutating func excess(resident: Int, _ connections: [Connection]) -> [Int32] {
    last = resident
    var toEnd = connections.filter { max($0.unread, $0.queued) > Self.mostOfOne }.map(\.descriptor)
    let rest = connections.filter { max($0.unread, $0.queued) <= Self.mostOfOne }
    var held = rest.reduce(0) { $0 &+ $1.bytes }
    if held <= Self.littleBytes {
      if toEnd.isEmpty { calm = resident }
      return toEnd
    }
    let growth = resident - calm
    guard growth > Self.mostGrowthBytes else { return toEnd }
    // The process is to grow by half of what it may, as if each byte took up as much.
    let allowed = UInt64(Double(held) * Double(Self.mostGrowthBytes) / 2 / Double(growth))
    for connection in rest.sorted(by: { $0.bytes > $1.bytes }) {
      guard held > allowed else { break }
      guard connection.bytes >= (connection.isSilent ? Self.leastOfSilent : Self.leastOfOne) else { continue }
      toEnd.append(connection.descriptor)
      held -= connection.bytes
    }
    return toEnd
  }
}
