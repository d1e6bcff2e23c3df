import CVector

/// M of a Winograd weight gradient, `[position][output][input]`, in memory of its own.
struct WinogradSums {
  private let outputs: Int
  private let inputs: Int
  /// From one output to the next: whole vectors of inputs.
  let outputStride: Int
  private let memory: UnsafeMutablePointer<Float>

  init(outputs: Int, inputs: Int) {
    self.outputs = outputs
    self.inputs = inputs
    let width = Int(LANE_VECTOR_WIDTH)
    outputStride = (inputs + width - 1) / width * width
    let count = 16 * outputs * outputStride
    memory = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Float>.stride, alignment: 64)
      .assumingMemoryBound(to: Float.self)
    memory.update(repeating: 0, count: count)
  }

  func deallocate() { memory.deallocate() }

  var positionStride: Int { outputs * outputStride }

  /// The first of the four positions of row `row`, from an input on.
  func row(_ row: Int, firstInput: Int) -> WinogradSumsRow {
    WinogradSumsRow(
      base: memory + (4 * row * positionStride + firstInput), positionStride: positionStride, outputStride: outputStride
    )
  }

  /// Adds Aᵀ M A to `[output][input][3][3]`.
  func add(to weightGradient: UnsafeMutablePointer<Float>) {
    let width = Int(LANE_VECTOR_WIDTH)
    var taps = InlineArray<9, lane_vector>(repeating: lane_zero())
    for n in 0..<outputs {
      for first in stride(from: 0, to: inputs, by: width) {
        let m = UnsafeRawPointer(memory + (n * outputStride + first))
        for row in 0..<3 {
          // Aᵀ M, then · A; G's halves are in rows and columns 1 and 2.
          var t = InlineArray<4, lane_vector>(repeating: lane_zero())
          for column in 0..<4 {
            func value(_ row: Int) -> lane_vector {
              m.load(
                fromByteOffset: (4 * row + column) * positionStride * MemoryLayout<Float>.stride, as: lane_vector.self)
            }
            t[column] = Self.combine(row, value)
          }
          for column in 0..<3 { taps[3 * row + column] = Self.combine(column) { t[$0] } }
        }
        let target = weightGradient + (n * inputs + first) * 9
        for lane in 0..<min(width, inputs - first) {
          for tap in 0..<9 { target[lane * 9 + tap] += taps[tap][lane] }
        }
      }
    }
  }

  /// Row `row` of Aᵀ, with G's halves, times m.
  @inline(__always)
  private static func combine(_ row: Int, _ m: (Int) -> lane_vector) -> lane_vector {
    let half = lane_splat(0.5)
    return switch row {
    case 0: lane_fma(half, lane_add(m(1), m(2)), m(0))
    case 1: lane_multiply(half, lane_subtract(m(1), m(2)))
    default: lane_subtract(lane_multiply(half, lane_add(m(1), m(2))), m(3))
    }
  }
}

/// Four positions of M.
struct WinogradSumsRow {
  var base: UnsafeMutablePointer<Float>
  var positionStride: Int
  var outputStride: Int
}
