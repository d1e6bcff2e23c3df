import CVector

/// The work of one call of `WeightGradientTile`: a strip of rows of some blocks. Strides are in `lane_vector`s.
struct WeightGradientStrip {
  /// The first tap of the strip's first pixel, in the first input plane.
  var input: UnsafePointer<lane_vector>
  /// The stride from one kernel row to the next.
  var inputKernelRowStride: Int
  /// The stride from one output row to the next.
  var inputRowStride: Int
  var inputPlaneStride: Int
  var inputBlockStride: Int
  var outputGradient: UnsafePointer<lane_vector>
  var gradientRowStride: Int
  var gradientPlaneStride: Int
  var gradientBlockStride: Int
  var rows: Int
  var columns: Int
  var blocks: Int
  /// The number of output rows (of one block or several) whose pixels fit the first-level cache.
  var rowsInCache: Int
  /// Memory for the sums of a tile: `waitingCount` vectors.
  var waiting: UnsafeMutablePointer<lane_vector>
  /// Where the sum of (first output, first input, first tap) is added; taps are contiguous.
  var sums: UnsafeMutablePointer<Float>
  var sumsOutputStride: Int
  var sumsInputStride: Int

  /// 4 outputs × 2 inputs × 9 taps, or 6 × 4 × 1, rounded up to full vectors of sums.
  static let waitingCount = 80

  /// Replaces the first `count` waiting vectors by the sums over their lanes.
  func laneSums(count: Int) -> UnsafePointer<Float> {
    let width = Int(LANE_VECTOR_WIDTH)
    var group = 0
    while group * width < count {
      waiting[group] = lane_sums(waiting + group * width)
      group += 1
    }
    return UnsafePointer(UnsafeMutableRawPointer(waiting).assumingMemoryBound(to: Float.self))
  }
}

/// The innermost part of the weight gradient: `Outputs` × `Inputs` planes × `Taps` kernel columns of sums in registers,
/// `Step` input columns from one pixel to the next. Per pixel, it loads Outputs + Inputs·Taps vectors for
/// Outputs·Inputs·Taps multiply-adds.
enum WeightGradientTile<let Outputs: Int, let Inputs: Int, let Taps: Int, let Step: Int> {
  static func run(_ strip: WeightGradientStrip) {
    var kernelRow = 0
    var start = 0
    // Take a part of the strip at a time and all kernel rows over it, while its pixels are in the first-level cache;
    // the sums wait in memory.
    while start < strip.blocks * strip.rows {
      kernelRow = 0
      while kernelRow < Taps {
        let waiting = strip.waiting + kernelRow * Outputs * Inputs * Taps
        accumulate(strip, start, kernelRow, waiting)
        kernelRow += 1
      }
      start += strip.rowsInCache
    }
    var sums = strip.laneSums(count: Taps * Outputs * Inputs * Taps)
    kernelRow = 0
    while kernelRow < Taps {
      for n in 0..<Outputs {
        for c in 0..<Inputs {
          let target = strip.sums + (n * strip.sumsOutputStride + c * strip.sumsInputStride + kernelRow * Taps)
          for tap in 0..<Taps { target[tap] += sums[tap] }
          sums += Taps
        }
      }
      kernelRow += 1
    }
  }

  @inline(__always)
  private static func accumulate(
    _ strip: WeightGradientStrip, _ start: Int, _ kernelRow: Int, _ waiting: UnsafeMutablePointer<lane_vector>
  ) {
    let parts = Int(LANE_VECTOR_PARTS)
    var tile = InlineArray<Outputs, InlineArray<Inputs, InlineArray<Taps, lane_vector>>>(
      repeating: .init(repeating: .init(repeating: lane_zero())))
    if start > 0 {
      for n in 0..<Outputs {
        for c in 0..<Inputs {
          for tap in 0..<Taps { tile[n][c][tap] = waiting[(n * Inputs + c) * Taps + tap] }
        }
      }
    }
    var block = start / strip.rows
    var row = start % strip.rows
    var left = min(strip.rowsInCache, strip.blocks * strip.rows - start)
    while left > 0 {
      var x =
        strip.input
        + (block * strip.inputBlockStride + row * strip.inputRowStride + kernelRow * strip.inputKernelRowStride)
      var dy = strip.outputGradient + (block * strip.gradientBlockStride + row * strip.gradientRowStride)
      var columns = strip.columns
      while columns > 0 {
        var part = 0
        while part < parts {
          var values = InlineArray<Inputs, InlineArray<Taps, lane_vector>>(
            repeating: .init(repeating: lane_zero()))
          for c in 0..<Inputs {
            for tap in 0..<Taps { values[c][tap] = x[c * strip.inputPlaneStride + tap * parts + part] }
          }
          for n in 0..<Outputs {
            let gradient = dy[n * strip.gradientPlaneStride + part]
            for c in 0..<Inputs {
              for tap in 0..<Taps { tile[n][c][tap] = lane_fma(gradient, values[c][tap], tile[n][c][tap]) }
            }
          }
          part += 1
        }
        x += Step * parts
        dy += parts
        columns -= 1
      }
      row += 1
      if row == strip.rows {
        row = 0
        block += 1
      }
      left -= 1
    }
    for n in 0..<Outputs {
      for c in 0..<Inputs {
        for tap in 0..<Taps { waiting[(n * Inputs + c) * Taps + tap] = tile[n][c][tap] }
      }
    }
  }
}

/// Runs one of the compiled tiles: 1...4 outputs × 1 or 2 inputs (1...6 × 1, 2, or 4 for a single tap).
@inline(never)
func sumWeightGradient(_ strip: WeightGradientStrip, outputs: Int, inputs: Int, taps: Int, step: Int) {
  switch (taps, step, inputs, outputs) {
  case (3, 1, 1, 1): WeightGradientTile<1, 1, 3, 1>.run(strip)
  case (3, 1, 1, 2): WeightGradientTile<2, 1, 3, 1>.run(strip)
  case (3, 1, 1, 3): WeightGradientTile<3, 1, 3, 1>.run(strip)
  case (3, 1, 1, _): WeightGradientTile<4, 1, 3, 1>.run(strip)
  case (3, 1, _, 1): WeightGradientTile<1, 2, 3, 1>.run(strip)
  case (3, 1, _, 2): WeightGradientTile<2, 2, 3, 1>.run(strip)
  case (3, 1, _, 3): WeightGradientTile<3, 2, 3, 1>.run(strip)
  case (3, 1, _, _): WeightGradientTile<4, 2, 3, 1>.run(strip)
  case (3, _, 1, 1): WeightGradientTile<1, 1, 3, 2>.run(strip)
  case (3, _, 1, 2): WeightGradientTile<2, 1, 3, 2>.run(strip)
  case (3, _, 1, 3): WeightGradientTile<3, 1, 3, 2>.run(strip)
  case (3, _, 1, _): WeightGradientTile<4, 1, 3, 2>.run(strip)
  case (3, _, _, 1): WeightGradientTile<1, 2, 3, 2>.run(strip)
  case (3, _, _, 2): WeightGradientTile<2, 2, 3, 2>.run(strip)
  case (3, _, _, 3): WeightGradientTile<3, 2, 3, 2>.run(strip)
  case (3, _, _, _): WeightGradientTile<4, 2, 3, 2>.run(strip)
  case (_, 1, 1, 1): WeightGradientTile<1, 1, 1, 1>.run(strip)
  case (_, 1, 1, 2): WeightGradientTile<2, 1, 1, 1>.run(strip)
  case (_, 1, 1, 3): WeightGradientTile<3, 1, 1, 1>.run(strip)
  case (_, 1, 1, 4): WeightGradientTile<4, 1, 1, 1>.run(strip)
  case (_, 1, 1, 5): WeightGradientTile<5, 1, 1, 1>.run(strip)
  case (_, 1, 1, _): WeightGradientTile<6, 1, 1, 1>.run(strip)
  case (_, 1, 2, 1): WeightGradientTile<1, 2, 1, 1>.run(strip)
  case (_, 1, 2, 2): WeightGradientTile<2, 2, 1, 1>.run(strip)
  case (_, 1, 2, 3): WeightGradientTile<3, 2, 1, 1>.run(strip)
  case (_, 1, 2, 4): WeightGradientTile<4, 2, 1, 1>.run(strip)
  case (_, 1, 2, 5): WeightGradientTile<5, 2, 1, 1>.run(strip)
  case (_, 1, 2, _): WeightGradientTile<6, 2, 1, 1>.run(strip)
  case (_, 1, _, 1): WeightGradientTile<1, 4, 1, 1>.run(strip)
  case (_, 1, _, 2): WeightGradientTile<2, 4, 1, 1>.run(strip)
  case (_, 1, _, 3): WeightGradientTile<3, 4, 1, 1>.run(strip)
  case (_, 1, _, 4): WeightGradientTile<4, 4, 1, 1>.run(strip)
  case (_, 1, _, 5): WeightGradientTile<5, 4, 1, 1>.run(strip)
  case (_, 1, _, _): WeightGradientTile<6, 4, 1, 1>.run(strip)
  case (_, _, 1, 1): WeightGradientTile<1, 1, 1, 2>.run(strip)
  case (_, _, 1, 2): WeightGradientTile<2, 1, 1, 2>.run(strip)
  case (_, _, 1, 3): WeightGradientTile<3, 1, 1, 2>.run(strip)
  case (_, _, 1, 4): WeightGradientTile<4, 1, 1, 2>.run(strip)
  case (_, _, 1, 5): WeightGradientTile<5, 1, 1, 2>.run(strip)
  case (_, _, 1, _): WeightGradientTile<6, 1, 1, 2>.run(strip)
  case (_, _, 2, 1): WeightGradientTile<1, 2, 1, 2>.run(strip)
  case (_, _, 2, 2): WeightGradientTile<2, 2, 1, 2>.run(strip)
  case (_, _, 2, 3): WeightGradientTile<3, 2, 1, 2>.run(strip)
  case (_, _, 2, 4): WeightGradientTile<4, 2, 1, 2>.run(strip)
  case (_, _, 2, 5): WeightGradientTile<5, 2, 1, 2>.run(strip)
  case (_, _, 2, _): WeightGradientTile<6, 2, 1, 2>.run(strip)
  case (_, _, _, 1): WeightGradientTile<1, 4, 1, 2>.run(strip)
  case (_, _, _, 2): WeightGradientTile<2, 4, 1, 2>.run(strip)
  case (_, _, _, 3): WeightGradientTile<3, 4, 1, 2>.run(strip)
  case (_, _, _, 4): WeightGradientTile<4, 4, 1, 2>.run(strip)
  case (_, _, _, 5): WeightGradientTile<5, 4, 1, 2>.run(strip)
  case (_, _, _, _): WeightGradientTile<6, 4, 1, 2>.run(strip)
  }
}
