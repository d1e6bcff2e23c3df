import CVector

/// Y = Aᵀ (M A) for a group of outputs in two columns.
struct WinogradPixels<let Outputs: Int> {
  private let strip: WinogradStrip
  private let firstOutput: Int
  private let column: Int
  /// M A, `[row of 6][pixel of 4][output][column]`.
  let products: UnsafeMutablePointer<lane_vector>

  init(_ strip: WinogradStrip, group: Int, column: Int) {
    self.strip = strip
    self.column = column
    firstOutput = group * WinogradMemory.group
    products =
      strip.memory
      + (strip.layout.productsOffset
        + (group * (WinogradMemory.columns / 2) + column / 2) * WinogradMemory.productsCount)
  }

  /// Stores Y in the output.
  @inline(never)
  func store() {
    let parts = Int(LANE_VECTOR_PARTS)
    for c in 0..<2 {
      let (tile, part) = ((column + c) / parts, (column + c) % parts)
      guard tile < strip.tiles else { break }
      let place = strip.places[tile]
      for n in 0..<Outputs {
        let output = place.output + ((firstOutput + n) * strip.outputPlaneStride + part)
        let t = products + (2 * n + c)
        if let sums = place.sums {
          var (sum, squares) = (lane_zero(), lane_zero())
          each(t, output) { y, pixel, _, _ in
            pixel[0] = y
            sum = lane_add(sum, y)
            squares = lane_fma(y, y, squares)
          }
          let entry = sums + (2 * (firstOutput + n) * parts + part)
          entry[0] = lane_add(entry[0], sum)
          entry[parts] = lane_add(entry[parts], squares)
        } else if let activation = place.activation {
          each(t, output) { y, pixel, row, column in
            pixel[0] = activation(y, output: firstOutput + n, row: row, column: column, part: part)
          }
        } else if strip.accumulates {
          each(t, output) { y, pixel, _, _ in pixel[0] = lane_add(y, pixel[0]) }
        } else {
          each(t, output) { y, pixel, _, _ in pixel[0] = y }
        }
      }
    }
  }

  /// Calls `body` with the value, location, row, and column of the 4×4 pixels of a tile, whose first entry is `t`.
  @inline(__always)
  private func each(
    _ t: UnsafePointer<lane_vector>, _ output: UnsafeMutablePointer<lane_vector>,
    _ body: (lane_vector, UnsafeMutablePointer<lane_vector>, Int, Int) -> Void
  ) {
    let pixelStride = WinogradMemory.tileCount
    let rowStride = 4 * pixelStride
    for column in 0..<4 {
      let t = t + column * pixelStride
      let output = output + column * strip.outputColumnStride
      let (y0, y1, y2, y3) = WinogradTransform.output(
        t[rowStride], t[2 * rowStride], t[3 * rowStride], t[4 * rowStride])
      body(lane_add(y0, t[0]), output, 0, column)
      body(y1, output + strip.outputRowStride, 1, column)
      body(y2, output + 2 * strip.outputRowStride, 2, column)
      body(lane_add(y3, t[5 * rowStride]), output + 3 * strip.outputRowStride, 3, column)
    }
  }
}
