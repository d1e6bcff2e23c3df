import CVector
import KernelInterface

extension PrefetchQueue {
  /// Multiply-adds (of `lane_vector`s) behind which one load is hidden: 8 cycles of the two units. At 3 GHz that is 24
  /// GB/s, as much as one core gets from memory.
  static let productsPerLine = 16

  /// Asks for the next `lines` cache lines.
  @inline(never)
  mutating func issue(lines: Int) {
    var left = lines
    while left > 0, next < end {
      let count = min(left, next.pointee.count)
      var line = next.pointee.line
      for _ in 0..<count {
        lane_prefetch(line)
        line += 64
      }
      next.pointee.line = line
      next.pointee.count -= count
      if next.pointee.count == 0 { next += 1 }
      left -= count
    }
  }
}
