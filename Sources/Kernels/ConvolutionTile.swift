import CVector

/// The work of one call of `ConvolutionTile`: a group of output planes over a strip of rows. Strides are in
/// `lane_vector`s.
struct ConvolutionStrip {
  /// The first tap of the strip's first pixel.
  var input: UnsafePointer<lane_vector>
  var inputRowStride: Int
  var inputPlaneStride: Int
  /// The strip's first pixel in the group's first plane.
  var output: UnsafeMutablePointer<lane_vector>
  var outputColumnStride: Int
  var outputRowStride: Int
  var outputPlaneStride: Int
  /// `[channel][kernel row][kernel column][output of the group]`
  var weights: UnsafePointer<Float>
  var channels: Int
  var kernelRows: Int
  var rows: Int
  var columns: Int
  /// Rows and columns of the input from one output pixel to the next: 1 or 2.
  var rowStep: Int
  /// Whether to add to the contents of `output`.
  var accumulates: Bool
  /// `[output of the group][Σ y, Σ y²][part]`, added to; `nil` for no sums.
  var sums: UnsafeMutablePointer<lane_vector>?
  /// Turns y into z; `nil` to store y.
  var activation: TileActivation?
}

/// The innermost part of every convolution except the weight gradient: `Outputs` planes × a few pixels in registers,
/// `Taps` kernel columns unrolled, `Step` input columns from one pixel to the next.
///
/// The value generics give every loop over a tile a constant length, so that the compiler unrolls it and keeps the tile
/// in registers as long as such loops are the innermost. 4 outputs × 6 pixels take 24 accumulators, 6 inputs, and a
/// broadcast weight of AVX-512's 32 registers; AVX2 has 16: 4 × 3. If `TapConvolution` asks for more outputs, tiles are
/// 8 × 3 or 6 × 4.
enum ConvolutionTile<let Outputs: Int, let Taps: Int, let Step: Int> {
  static func run(_ strip: ConvolutionStrip) {
    for row in 0..<strip.rows {
      var input = strip.input + row * strip.rowStep * strip.inputRowStride
      var output = strip.output + row * strip.outputRowStride
      var left = strip.columns
      if lane_registers() == 16 || Outputs > 6 {
        Pixels<3>.run(strip, &input, &output, &left, except: 4)
      } else if Outputs > 4 {
        Pixels<4>.run(strip, &input, &output, &left)
      } else {
        // 8 columns are faster as 4 + 4 than as 6 + 2.
        Pixels<6>.run(strip, &input, &output, &left, except: 8)
        Pixels<4>.run(strip, &input, &output, &left)
      }
      Pixels<2>.run(strip, &input, &output, &left)
      if left == 1 { Pixels<1>.run(strip, input, output) }
      // Applied a row at a time, from the first-level cache: in the tile itself, it would take registers from the sums.
      if let activation = strip.activation { activation.apply(to: strip, outputs: Outputs, row: row) }
    }
  }

  private enum Pixels<let Count: Int> {
    /// Runs as long as at least `Count` columns are left and the number left is not `except`.
    @inline(__always)
    static func run(
      _ strip: ConvolutionStrip, _ input: inout UnsafePointer<lane_vector>,
      _ output: inout UnsafeMutablePointer<lane_vector>, _ left: inout Int, except: Int = 0
    ) {
      while left >= Count && left != except {
        run(strip, input, output)
        input += Count * Step * Int(LANE_VECTOR_PARTS)
        output += Count * strip.outputColumnStride
        left -= Count
      }
    }

    @inline(__always)
    static func run(
      _ strip: ConvolutionStrip, _ input: UnsafePointer<lane_vector>, _ output: UnsafeMutablePointer<lane_vector>
    ) {
      // Part by part within a tile, so that both halves of a cache line are used while it is near.
      var part = 0
      while part < Int(LANE_VECTOR_PARTS) {
        runPart(strip, input + part, output + part, strip.sums.map { $0 + part })
        part += 1
      }
    }

    @inline(__always)
    private static func runPart(
      _ strip: ConvolutionStrip, _ input: UnsafePointer<lane_vector>, _ output: UnsafeMutablePointer<lane_vector>,
      _ sums: UnsafeMutablePointer<lane_vector>?
    ) {
      var tile = InlineArray<Outputs, InlineArray<Count, lane_vector>>(repeating: .init(repeating: lane_zero()))
      if strip.accumulates {
        for n in 0..<Outputs {
          for p in 0..<Count {
            tile[n][p] = output[n * strip.outputPlaneStride + p * strip.outputColumnStride]
          }
        }
      }
      var weights = strip.weights
      var plane = input
      var channels = strip.channels
      while channels > 0 {
        var row = plane
        var kernelRows = strip.kernelRows
        while kernelRows > 0 {
          for tap in 0..<Taps {
            var x = InlineArray<Count, lane_vector>(repeating: lane_zero())
            for p in 0..<Count { x[p] = row[(p * Step + tap) * Int(LANE_VECTOR_PARTS)] }
            for n in 0..<Outputs {
              let weight = lane_splat(weights[tap * Outputs + n])
              for p in 0..<Count { tile[n][p] = lane_fma(weight, x[p], tile[n][p]) }
            }
          }
          weights += Taps * Outputs
          row += strip.inputRowStride
          kernelRows -= 1
        }
        plane += strip.inputPlaneStride
        channels -= 1
      }
      for n in 0..<Outputs {
        for p in 0..<Count {
          output[n * strip.outputPlaneStride + p * strip.outputColumnStride] = tile[n][p]
        }
      }
      if let sums {
        for n in 0..<Outputs {
          var sum = tile[n][0]
          var squares = lane_multiply(tile[n][0], tile[n][0])
          for p in 1..<Count {
            sum = lane_add(sum, tile[n][p])
            squares = lane_fma(tile[n][p], tile[n][p], squares)
          }
          let entry = sums + 2 * n * Int(LANE_VECTOR_PARTS)
          entry[0] = lane_add(entry[0], sum)
          entry[Int(LANE_VECTOR_PARTS)] = lane_add(entry[Int(LANE_VECTOR_PARTS)], squares)
        }
      }
    }
  }
}

/// Runs one of the compiled tiles: 1...4 outputs for each of the five shapes of tap rows that convolutions and their
/// gradients need, 1...8 for single taps.
@inline(never)
func convolve(_ strip: ConvolutionStrip, outputs: Int, taps: Int, step: Int) {
  switch (taps, step, outputs) {
  case (3, 1, 1): ConvolutionTile<1, 3, 1>.run(strip)
  case (3, 1, 2): ConvolutionTile<2, 3, 1>.run(strip)
  case (3, 1, 3): ConvolutionTile<3, 3, 1>.run(strip)
  case (3, 1, _): ConvolutionTile<4, 3, 1>.run(strip)
  case (3, _, 1): ConvolutionTile<1, 3, 2>.run(strip)
  case (3, _, 2): ConvolutionTile<2, 3, 2>.run(strip)
  case (3, _, 3): ConvolutionTile<3, 3, 2>.run(strip)
  case (3, _, _): ConvolutionTile<4, 3, 2>.run(strip)
  case (2, _, 1): ConvolutionTile<1, 2, 1>.run(strip)
  case (2, _, 2): ConvolutionTile<2, 2, 1>.run(strip)
  case (2, _, 3): ConvolutionTile<3, 2, 1>.run(strip)
  case (2, _, _): ConvolutionTile<4, 2, 1>.run(strip)
  case (_, 1, 1): ConvolutionTile<1, 1, 1>.run(strip)
  case (_, 1, 2): ConvolutionTile<2, 1, 1>.run(strip)
  case (_, 1, 3): ConvolutionTile<3, 1, 1>.run(strip)
  case (_, 1, 4): ConvolutionTile<4, 1, 1>.run(strip)
  case (_, 1, 5): ConvolutionTile<5, 1, 1>.run(strip)
  case (_, 1, 6): ConvolutionTile<6, 1, 1>.run(strip)
  case (_, 1, 7): ConvolutionTile<7, 1, 1>.run(strip)
  case (_, 1, _): ConvolutionTile<8, 1, 1>.run(strip)
  case (_, _, 1): ConvolutionTile<1, 1, 2>.run(strip)
  case (_, _, 2): ConvolutionTile<2, 1, 2>.run(strip)
  case (_, _, 3): ConvolutionTile<3, 1, 2>.run(strip)
  case (_, _, 4): ConvolutionTile<4, 1, 2>.run(strip)
  case (_, _, 5): ConvolutionTile<5, 1, 2>.run(strip)
  case (_, _, 6): ConvolutionTile<6, 1, 2>.run(strip)
  case (_, _, 7): ConvolutionTile<7, 1, 2>.run(strip)
  case (_, _, _): ConvolutionTile<8, 1, 2>.run(strip)
  }
}
