import CVector

/// M of a Winograd weight gradient, `[position][tile][output][input]`, in memory that this type allocates. A tile has
/// at most `tileCount` sums.
struct WinogradSums {
  /// The stride from one position to the next, in floats.
  let positionStride: Int
  private let memory: UnsafeMutablePointer<Float>

  /// 4 outputs × 6 inputs, rounded up to full vectors.
  static let tileCount = 32

  init(tiles: Int) {
    positionStride = tiles * Self.tileCount
    let count = 36 * positionStride
    memory = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Float>.stride, alignment: 64)
      .assumingMemoryBound(to: Float.self)
    memory.update(repeating: 0, count: count)
  }

  func deallocate() { memory.deallocate() }

  func position(_ position: Int, tile: Int) -> UnsafeMutablePointer<Float> {
    memory + (position * positionStride + tile * Self.tileCount)
  }

  /// Adds Gᵀ M G of a tile to `[output][input][3][3]`.
  func add(
    tile: Int, outputs: Int, inputs: Int, to weightGradient: UnsafeMutablePointer<Float>, outputStride: Int
  ) {
    let width = Int(LANE_VECTOR_WIDTH)
    for first in stride(from: 0, to: outputs * inputs, by: width) {
      let m = UnsafeRawPointer(position(0, tile: tile) + first)
      var columns = InlineArray<6, InlineArray<3, lane_vector>>(repeating: .init(repeating: lane_zero()))
      for column in 0..<6 {
        columns[column] = WinogradTransform.weightGradient {
          m.load(
            fromByteOffset: (6 * $0 + column) * positionStride * MemoryLayout<Float>.stride, as: lane_vector.self)
        }
      }
      for row in 0..<3 {
        let taps = WinogradTransform.weightGradient { columns[$0][row] }
        for lane in 0..<min(width, outputs * inputs - first) {
          let (output, input) = ((first + lane) / inputs, (first + lane) % inputs)
          let target = weightGradient + (output * outputStride + input * 9 + 3 * row)
          for tap in 0..<3 { target[tap] += taps[tap][lane] }
        }
      }
    }
  }
}
