import Foundation

/// Numbers that no peer can guess. Many are drawn from the system at a time, because each message takes one.
struct TicketSource {
  private var drawn: [UInt64] = []
  /// The system gives at most 256 bytes at a time.
  private static let drawnAtOnce = 32

  package mutating func next() -> UInt64 {
    if let number = drawn.popLast() { return number }
    drawn = [UInt64](unsafeUninitializedCapacity: Self.drawnAtOnce) { numbers, count in
      let bytes = Self.drawnAtOnce * MemoryLayout<UInt64>.size
      count = numbers.baseAddress.map { getentropy($0, bytes) } == 0 ? Self.drawnAtOnce : 0
    }
    return drawn.popLast() ?? .random(in: 0...UInt64.max)
  }
}
