import CVector

/// A row of V = Bᵀ d B for tiles side by side in one plane (one part of its vectors). Strides in `lane_vector`s.
struct WinogradInputTransform {
  /// The first tile's upper left pixel.
  var pixels: UnsafePointer<lane_vector>
  var rowStride: Int
  var tiles: Int
  /// The first of four positions of the first tile.
  var target: UnsafeMutablePointer<lane_vector>
  var tileStride: Int
  var positionStride: Int

  @inline(__always)
  func run(row: Int) {
    switch row {
    case 0: run(pixels, pixels + 2 * rowStride, lane_subtract)
    case 1: run(pixels + rowStride, pixels + 2 * rowStride, lane_add)
    case 2: run(pixels + 2 * rowStride, pixels + rowStride, lane_subtract)
    default: run(pixels + rowStride, pixels + 3 * rowStride, lane_subtract)
    }
  }

  /// The row that is one row of pixels plus or minus another. Tiles overlap by two pixels: each is read once.
  @inline(__always)
  private func run(
    _ first: UnsafePointer<lane_vector>, _ second: UnsafePointer<lane_vector>,
    _ combine: (lane_vector, lane_vector) -> lane_vector
  ) {
    let parts = Int(LANE_VECTOR_PARTS)
    var (a, b, position) = (first, second, target)
    var (d0, d1) = (combine(a[0], b[0]), combine(a[parts], b[parts]))
    for _ in 0..<tiles {
      a += 2 * parts
      b += 2 * parts
      let (d2, d3) = (combine(a[0], b[0]), combine(a[parts], b[parts]))
      position[0] = lane_subtract(d0, d2)
      position[positionStride] = lane_add(d1, d2)
      position[2 * positionStride] = lane_subtract(d2, d1)
      position[3 * positionStride] = lane_subtract(d1, d3)
      position += tileStride
      (d0, d1) = (d2, d3)
    }
  }
}
