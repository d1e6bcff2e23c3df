import Messaging

/// What arrived at a coordinator, in the order in which it is handled, and in portions that let no peer wait long for
/// an answer.
///
/// As long as little waits, it is handled in the order of arrival. If more arrives than can be handled, peers take
/// turns (`FairQueue`), and those that send most are cut off.
struct CoordinatorTraffic {
  package typealias Input = CoordinatorSocket.Input

  /// Up to this size, everything that waits is handled at once, in the order of arrival.
  package static let littleBytes = 1 << 20
  /// The portion of a turn, which is committed together.
  private static let portion = 4000
  private static let portionBytes = 4 << 20
  /// Longer messages take a while, such as a hello that lists thousands of attempts.
  private static let longBytes = 16 << 10
  /// The most that may wait here of one peer, and of all.
  static let mostBytesOfOne = 4 << 20
  package static let mostBytes = 32 << 20
  /// A peer with less is not cut off because of what all peers together have sent.
  private static let manyBytes = 256 << 10

  private var queue = FairQueue<[UInt8], Input>(longBytes: longBytes)

  /// - Parameter cutOff: called for peers that send more than can be handled.
  package mutating func nextPortion(
    from socket: CoordinatorSocket, waitingAtMost seconds: Double, cutOff: ([UInt8]) -> Void
  ) -> [Input] {
    // If much waits here, the rest waits at the peers.
    let new =
      queue.bytes < Self.mostBytes ? socket.mailbox.receiveAll(waitingAtMost: queue.isEmpty ? seconds : 0) : []
    if queue.isEmpty, new.count <= Self.portion, new.reduce(0, { $0 + $1.bytes }) <= Self.littleBytes { return new }
    var portion: [Input] = []
    for input in new {
      guard let peer = input.peer else {
        portion.append(input)
        continue
      }
      queue.add(input, of: peer, bytes: input.bytes)
      if queue.bytes(of: peer) > Self.mostBytesOfOne {
        queue.remove(peer)
        cutOff(peer)
      }
    }
    while queue.bytes > Self.mostBytes, let heaviest = queue.heaviest, heaviest.bytes > Self.manyBytes {
      queue.remove(heaviest.peer)
      cutOff(heaviest.peer)
    }
    var bytes = 0
    while portion.count < Self.portion, bytes < Self.portionBytes, let next = queue.nextShort() {
      portion.append(next.element)
      bytes += next.bytes
    }
    // One per turn: short messages do not wait for many long ones.
    if let next = queue.nextLong() { portion.append(next.element) }
    return portion
  }
}
