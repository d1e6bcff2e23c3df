import CVector

/// Scratch memory of a Winograd convolution for a strip of tiles side by side, in `lane_vector`s. A *column* is one part of a tile.
struct WinogradStrip {
  /// Tiles of a strip.
  static let tiles = 2
  /// Columns of a strip.
  static var columns: Int { tiles * Int(LANE_VECTOR_PARTS) }
  /// Outputs of a group: with 2 columns, 16 sums in AVX-512's 32 registers, 8 in AVX2's 16.
  static var group: Int { lane_registers() == 32 ? 8 : 4 }

  /// From one of the four positions to the next in V; not a power of two, so that what a tile writes lies in different sets of
  /// the cache.
  let positionStride: Int
  private let outputs: Int

  init(outputs: Int, channels: Int) {
    positionStride = channels * Self.columns + 5
    self.outputs = outputs
  }

  /// A row of V, `[position][channel][column]`, starts the memory; then come M of a group, `[position][output][column]`, for
  /// two columns, and Y, `[output][row of 2][column][pixel of 2]`.
  var productsOffset: Int { 4 * positionStride }
  var pixelsOffset: Int { productsOffset + 4 * Self.group * 2 }
  var count: Int { pixelsOffset + outputs * 4 * Self.columns }
}

/// What is done for one strip. Strides in `lane_vector`s.
struct WinogradTask {
  let strip: WinogradStrip
  let memory: UnsafeMutablePointer<lane_vector>
  /// `[group][position][channel][output of the group]`
  var weights: UnsafePointer<Float>
  /// The first tile's upper left pixel in the pass' first channel, in the halo at a plane's edge.
  var input: UnsafePointer<lane_vector>! = nil
  let inputRowStride: Int
  let inputPlaneStride: Int
  let outputColumnStride: Int
  let outputRowStride: Int
  let outputPlaneStride: Int
  let outputs: Int
  /// Whether the output holds something to add to.
  let accumulates: Bool
  /// `[output][Σ, Σ of squares][part]`, added to; nil: no sums.
  var sums: UnsafeMutablePointer<lane_vector>? = nil
  var tiles = 0
  /// Input channels of the pass.
  var channels = 0
  /// Whether the pass is the first: then Y holds nothing yet.
  var isFirst = true

  var products: UnsafeMutablePointer<lane_vector> { memory + strip.productsOffset }
  var pixels: UnsafeMutablePointer<lane_vector> { memory + strip.pixelsOffset }
}

extension WinogradTask {
  /// Row `row` of V = Bᵀ d B.
  @inline(never)
  func transform(row: Int) {
    let parts = Int(LANE_VECTOR_PARTS)
    for part in 0..<parts {
      for channel in 0..<channels {
        WinogradInputTransform(
          pixels: input + (channel * inputPlaneStride + part), rowStride: inputRowStride, tiles: tiles,
          target: memory + (channel * WinogradStrip.columns + part), tileStride: parts,
          positionStride: strip.positionStride
        ).run(row: row)
      }
    }
  }

  /// Y to the output, whose first pixel in the first plane `output` is.
  func store(_ output: UnsafeMutablePointer<lane_vector>, activation: TileActivation?) {
    let parts = Int(LANE_VECTOR_PARTS)
    for n in 0..<outputs {
      let planes = pixels + n * 4 * WinogradStrip.columns
      let plane = output + n * outputPlaneStride
      for part in 0..<parts {
        var sum = lane_zero()
        var squares = lane_zero()
        for row in 0..<2 {
          for tile in 0..<tiles {
            let y = planes + 2 * (row * WinogradStrip.columns + tile * parts + part)
            let target = plane + (row * outputRowStride + 2 * tile * outputColumnStride + part)
            for pixel in 0..<2 {
              var value = y[pixel]
              if let activation {
                value = activation(value, output: n, row: row, column: 2 * tile + pixel, part: part)
              }
              if accumulates { value = lane_add(value, target[pixel * outputColumnStride]) }
              target[pixel * outputColumnStride] = value
              sum = lane_add(sum, value)
              squares = lane_fma(value, value, squares)
            }
          }
        }
        if let sums {
          let entry = sums + (2 * n * parts + part)
          entry[0] = lane_add(entry[0], sum)
          entry[parts] = lane_add(entry[parts], squares)
        }
      }
    }
  }
}
