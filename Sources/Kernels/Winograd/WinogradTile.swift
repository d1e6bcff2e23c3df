import CVector

extension WinogradStrip {
  /// Computes a row of M and its share of Y: all groups of outputs over the same two columns of V.
  @inline(never)
  func multiply(row: Int) {
    let group = WinogradMemory.group
    for column in stride(from: 0, to: tiles * Int(LANE_VECTOR_PARTS), by: 2) {
      let groups = outputs / group
      for index in 0..<groups {
        if lane_registers() == 32 {
          WinogradTile<8>.run(self, row: row, group: index, column: column)
        } else {
          WinogradTile<4>.run(self, row: row, group: index, column: column)
        }
      }
      switch outputs % group {
      case 1: WinogradTile<1>.run(self, row: row, group: groups, column: column)
      case 2: WinogradTile<2>.run(self, row: row, group: groups, column: column)
      case 3: WinogradTile<3>.run(self, row: row, group: groups, column: column)
      case 4: WinogradTile<4>.run(self, row: row, group: groups, column: column)
      case 5: WinogradTile<5>.run(self, row: row, group: groups, column: column)
      case 6: WinogradTile<6>.run(self, row: row, group: groups, column: column)
      case 7: WinogradTile<7>.run(self, row: row, group: groups, column: column)
      default: break
      }
    }
  }
}

/// `Outputs` × 2 columns of a row of M, and of its product t with A. The products of the first and the last position
/// are added to what the other four contribute to the first and the last pixel.
private enum WinogradTile<let Outputs: Int> {
  @inline(never)
  static func run(_ strip: WinogradStrip, row: Int, group: Int, column: Int) {
    let count = WinogradMemory.tileCount
    let waiting = strip.memory + strip.layout.waitingOffset
    let (m1, m2, m3, m4) = (waiting, waiting + count, waiting + 2 * count, waiting + 3 * count)
    let pixels = WinogradPixels<Outputs>(strip, group: group, column: column)
    let t = pixels.products + 4 * row * count
    let products = WinogradProducts<Outputs>(strip, row: row, group: group, column: column)
    products.sum(position: 1, to: m1)
    products.sum(position: 2, to: m2)
    products.sum(position: 3, to: m3)
    products.sum(position: 4, to: m4)
    for i in 0..<2 * Outputs {
      let (t0, t1, t2, t3) = WinogradTransform.output(m1[i], m2[i], m3[i], m4[i])
      (m1[i], m2[i]) = (t0, t3)
      (t[count + i], t[2 * count + i]) = (t1, t2)
    }
    products.sum(position: 0, onto: m1, to: t)
    products.sum(position: 5, onto: m2, to: t + 3 * count)
    if row == 5 { pixels.store() }
  }
}

/// `Outputs` × 2 columns of sums in registers.
private struct WinogradProducts<let Outputs: Int> {
  private let weights: UnsafePointer<Float>
  private let v: UnsafePointer<lane_vector>
  private let positionStride: Int
  private let channels: Int

  init(_ strip: WinogradStrip, row: Int, group: Int, column: Int) {
    weights = strip.weights + (6 * row * strip.outputs + 6 * group * WinogradMemory.group) * strip.channels
    v = UnsafePointer(strip.memory + (strip.layout.rowOffset + column))
    positionStride = strip.layout.positionStride
    channels = strip.channels
  }

  /// Sums U · V of a position, starting with the contents of `start`, if any.
  @inline(__always)
  func sum(
    position: Int, onto start: UnsafePointer<lane_vector>? = nil, to memory: UnsafeMutablePointer<lane_vector>
  ) {
    var tile = InlineArray<Outputs, InlineArray<2, lane_vector>>(repeating: .init(repeating: lane_zero()))
    if let start {
      for n in 0..<Outputs {
        for c in 0..<2 { tile[n][c] = start[2 * n + c] }
      }
    }
    var weights = weights + position * channels * Outputs
    var v = v + position * positionStride
    for _ in 0..<channels {
      let (first, second) = (v[0], v[1])
      // Weights are read once per strip, from the second-level cache.
      lane_prefetch_near(weights + 16 * Outputs)
      for n in 0..<Outputs {
        let weight = lane_splat(weights[n])
        tile[n][0] = lane_fma(weight, first, tile[n][0])
        tile[n][1] = lane_fma(weight, second, tile[n][1])
      }
      weights += Outputs
      v += WinogradMemory.columns
    }
    for n in 0..<Outputs {
      for c in 0..<2 { memory[2 * n + c] = tile[n][c] }
    }
  }
}
