import KernelInterface
import Randomness

/// Activations with their own, guarded memory: `guardLanes` before and after them hold a sentinel that no kernel may
/// change, and halos hold zeros.
final class LaneTensor {
  let channels: Int
  let height: Int
  let width: Int
  let halo: Int
  let blocks: Int
  private let memory: UnsafeMutableBufferPointer<Lanes>

  private static let guardLanes = 64
  private static let sentinel: Float = -12345

  init(blocks: Int, channels: Int, height: Int, width: Int, halo: Int) {
    (self.blocks, self.channels, self.height, self.width, self.halo) = (blocks, channels, height, width, halo)
    let count = LaneView.elementCount(blocks: blocks, channels: channels, height: height, width: width, halo: halo)
    memory = .allocate(capacity: count + 2 * Self.guardLanes)
    memory.initialize(repeating: Lanes(repeating: 0))
    for i in 0..<Self.guardLanes {
      memory[i] = Lanes(repeating: Self.sentinel)
      memory[memory.count - 1 - i] = Lanes(repeating: Self.sentinel)
    }
  }

  deinit { memory.deallocate() }

  convenience init(copying other: LaneTensor) {
    self.init(
      blocks: other.blocks, channels: other.channels, height: other.height, width: other.width, halo: other.halo)
    memory.baseAddress!.update(from: other.memory.baseAddress!, count: memory.count)
  }

  /// Fills the interior with numbers uniform in −1...1; lanes beyond `liveImages` are zero, as in gradients (`nil`:
  /// they are random too, as in activations).
  convenience init(
    random: inout StableRandom, blocks: Int, channels: Int, height: Int, width: Int, halo: Int, liveImages: Int? = nil
  ) {
    self.init(blocks: blocks, channels: channels, height: height, width: width, halo: halo)
    forEachPixel { block, pixel in
      for lane in 0..<laneCount where liveImages.map({ block * laneCount + lane < $0 }) ?? true {
        pixel.pointee[lane] = Float(2 * random.uniform() - 1)
      }
    }
  }

  var view: LaneView {
    LaneView(
      memory: memory.baseAddress! + Self.guardLanes, channels: channels, height: height, width: width, halo: halo)
  }

  private func forEachPixel(_ body: (_ block: Int, _ pixel: UnsafeMutablePointer<Lanes>) -> Void) {
    let view = view
    for block in 0..<blocks {
      for channel in 0..<channels {
        for row in 0..<height {
          for column in 0..<width {
            body(
              block,
              view.base + block * view.blockStride + channel * view.planeStride + row * view.rowStride
                + column * view.columnStride)
          }
        }
      }
    }
  }

  /// Replaces negative elements by zeros.
  func rectify() {
    forEachPixel { _, pixel in
      for lane in 0..<laneCount where pixel.pointee[lane] < 0 { pixel.pointee[lane] = 0 }
    }
  }

  /// All floats of the interior, in order.
  var interior: [Float] {
    var values: [Float] = []
    values.reserveCapacity(blocks * channels * height * width * laneCount)
    forEachPixel { _, pixel in
      pixel.withMemoryRebound(to: Float.self, capacity: laneCount) {
        values.append(contentsOf: UnsafeBufferPointer(start: $0, count: laneCount))
      }
    }
    return values
  }

  /// Whether halos are still zero and the guards untouched.
  var isUntouchedOutside: Bool {
    let copy = LaneTensor(copying: self)
    copy.forEachPixel { _, pixel in pixel.pointee = Lanes(repeating: 0) }
    let guardLanes = Self.guardLanes
    for (i, lanes) in copy.memory.enumerated() {
      let isGuard = i < guardLanes || i >= memory.count - guardLanes
      if lanes != Lanes(repeating: isGuard ? Self.sentinel : 0) { return false }
    }
    return true
  }

  subscript(image: Int, channel: Int, row: Int, column: Int) -> Float {
    get { pixel(image, channel, row, column).pointee[image % laneCount] }
    set { pixel(image, channel, row, column).pointee[image % laneCount] = newValue }
  }

  private func pixel(_ image: Int, _ channel: Int, _ row: Int, _ column: Int) -> UnsafeMutablePointer<Lanes> {
    let view = view
    return view.base + image / laneCount * view.blockStride + channel * view.planeStride + row * view.rowStride
      + column * view.columnStride
  }
}

/// Returns the largest absolute difference of two lists; infinite if their lengths differ or a difference is NaN.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  var largest: Float = 0
  for i in 0..<a.count {
    let difference = abs(a[i] - b[i])
    if !(difference <= largest) { largest = difference.isNaN ? .infinity : difference }
  }
  return largest
}

/// Returns `count` floats, uniform in −1...1.
func randomFloats(_ count: Int, _ random: inout StableRandom) -> [Float] {
  (0..<count).map { _ in Float(2 * random.uniform() - 1) }
}
