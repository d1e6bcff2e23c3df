import CVector

extension WinogradTask {
  /// Y += Aᵀ M A, of which M = U · V is the row `row`: all groups of outputs over the same columns of V, which stay in the
  /// first-level cache meanwhile.
  @inline(never)
  func multiply(row: Int) {
    let group = WinogradStrip.group
    for column in stride(from: 0, to: WinogradStrip.columns, by: 2) {
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

/// `Outputs` × 2 columns of products in registers, position after position, and their share of Y.
///
/// The products go through memory on their way: as an array of values they would be on a stack that is not aligned to them.
private enum WinogradTile<let Outputs: Int> {
  @inline(__always)
  static func run(_ task: WinogradTask, row: Int, group: Int, column: Int) {
    var weights = task.weights + 4 * group * WinogradStrip.group * task.channels
    for position in 0..<4 {
      var tile = InlineArray<Outputs, InlineArray<2, lane_vector>>(repeating: .init(repeating: lane_zero()))
      var v = task.memory + (position * task.strip.positionStride + column)
      for _ in 0..<task.channels {
        let (first, second) = (v[0], v[1])
        // Weights are read once a strip, from the second-level cache.
        lane_prefetch_near(weights + 16 * Outputs)
        for n in 0..<Outputs {
          let weight = lane_splat(weights[n])
          tile[n][0] = lane_fma(weight, first, tile[n][0])
          tile[n][1] = lane_fma(weight, second, tile[n][1])
        }
        weights += Outputs
        v += WinogradStrip.columns
      }
      let products = task.products + position * Outputs * 2
      for n in 0..<Outputs {
        products[2 * n] = tile[n][0]
        products[2 * n + 1] = tile[n][1]
      }
    }
    let upper = task.pixels + (WinogradStrip.group * group * 4 * WinogradStrip.columns + 2 * column)
    let lower = upper + 2 * WinogradStrip.columns
    // The columns of Aᵀ: (1, 0), (1, 1), (1, −1), (0, −1).
    switch (row, task.isFirst) {
    case (0, true): combine(task, upper) { _, m in m }
    case (0, false): combine(task, upper, lane_add)
    case (1, true):
      combine(task, upper, lane_add)
      combine(task, lower) { _, m in m }
    case (1, false):
      combine(task, upper, lane_add)
      combine(task, lower, lane_add)
    case (2, _):
      combine(task, upper, lane_add)
      combine(task, lower, lane_subtract)
    default: combine(task, lower, lane_subtract)
    }
  }

  /// y = change(y, M A) for a row of Y.
  @inline(__always)
  private static func combine(
    _ task: WinogradTask, _ row: UnsafeMutablePointer<lane_vector>, _ change: (lane_vector, lane_vector) -> lane_vector
  ) {
    let m = task.products
    for n in 0..<Outputs {
      let y = row + n * 4 * WinogradStrip.columns
      for p in 0..<2 {
        let i = 2 * n + p
        let (m0, m1, m2, m3) = (m[i], m[2 * Outputs + i], m[4 * Outputs + i], m[6 * Outputs + i])
        y[2 * p] = change(y[2 * p], lane_add(lane_add(m0, m1), m2))
        y[2 * p + 1] = change(y[2 * p + 1], lane_subtract(lane_subtract(m1, m2), m3))
      }
    }
  }
}
