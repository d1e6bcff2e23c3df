import CVector

/// The source and destination of a tile.
struct WinogradPlace {
  /// Bᵀ d of the tile's first pixel.
  var band: UnsafePointer<lane_vector>
  /// The upper left of the 4×4 pixels in the first plane.
  var output: UnsafeMutablePointer<lane_vector>
  /// `[output][Σ, Σ of squares][part]`, added to; `nil` for no sums.
  var sums: UnsafeMutablePointer<lane_vector>?
  /// Turns y into z; `nil` to store y.
  var activation: TileActivation?
}

/// The work for one strip. Strides are in `lane_vector`s.
struct WinogradStrip {
  let layout: WinogradMemory
  let memory: UnsafeMutablePointer<lane_vector>
  /// `[row][group][position][channel][output of the group]`
  let weights: UnsafePointer<Float>
  let outputs: Int
  let channels: Int
  let outputColumnStride: Int
  let outputRowStride: Int
  let outputPlaneStride: Int
  /// Whether to add to the contents of the output.
  let accumulates: Bool
  /// Two places, which are the same if the strip has only one tile.
  let places: UnsafeMutablePointer<WinogradPlace>
  var tiles = WinogradMemory.tiles

  /// Computes the strip's share of the output, a row of V and of M at a time.
  func run() {
    for row in 0..<6 {
      transform(row: row)
      multiply(row: row)
    }
  }

  /// Computes a row of V = (Bᵀ d) B.
  @inline(never)
  private func transform(row: Int) {
    let parts = Int(LANE_VECTOR_PARTS)
    for tile in 0..<WinogradMemory.tiles {
      for part in 0..<parts {
        var pixels = places[tile].band + (row * layout.bandRowStride + part)
        var v = memory + (layout.rowOffset + tile * parts + part)
        for _ in 0..<channels {
          WinogradTransform.input(pixels, stride: parts, to: v, stride: layout.positionStride)
          pixels += layout.bandChannelStride
          v += WinogradMemory.columns
        }
      }
    }
  }
}
