/// Decides which connections must end because of the memory that libzmq holds for them: messages without an end,
/// messages that wait to be read, and messages that their peers do not take.
///
/// libzmq counts messages, not bytes, and keeps a message until its last frame has arrived, without a limit. Until then
/// nothing of it is visible but the bytes that the connection has received and that no thread could read. The memory
/// per byte depends on the frames (64 bytes for each, even an empty one). Therefore the growth of the process is
/// compared with the sum of bytes over all connections, and those that hold most end first. Uses neither sockets nor
/// clocks.
struct HeldMemory {
  struct Connection: Equatable {
    var descriptor: Int32
    /// The number of bytes that arrived and were not read, including those of an unfinished message.
    var unread: UInt64
    /// The number of bytes that were sent and that the peer has not acknowledged.
    var queued: UInt64
    /// Whether it has never sent a whole message.
    var isSilent: Bool

    var bytes: UInt64 { unread &+ queued }
  }

  /// Connections are examined when the process has grown by this much since the last time.
  static let growthBytes = 4 << 20
  /// The most that one connection may hold in either direction. Four times the largest message.
  static let mostOfOne: UInt64 = 4 << 20
  /// The largest growth of the process while its connections hold something.
  static let mostGrowthBytes = 48 << 20
  /// If all connections together hold less, growth has other causes.
  private static let littleBytes: UInt64 = 1 << 20
  /// Connections that hold less are left alone, whatever the size of the process.
  private static let leastOfOne: UInt64 = 16 << 10
  private static let leastOfSilent: UInt64 = 2 << 10

  /// The size of the process at the last examination, and at the last one that found next to nothing held.
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

  /// - Parameter connections: all connections.
  /// - Returns: the descriptors of those that must end.
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
    // Leaves as many bytes as make up half of the permitted growth, if each byte takes up the same amount of memory.
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
