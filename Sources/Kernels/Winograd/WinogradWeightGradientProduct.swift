import CVector

/// M += U · Vᵀ for two rows of six positions.
struct WinogradWeightGradientProduct {
  let u: WinogradOperand
  let v: WinogradOperand

  /// 4 outputs × 6 inputs are 24 sums in AVX-512's 32 registers; 4 × 3 are 12 in AVX2's 16.
  static let outputsOfTile = 4
  static var inputsOfTile: Int { lane_registers() == 32 ? 6 : 3 }

  /// Adds the product to `sums`. A group of inputs of V stays in the first-level cache (16 columns × 6 inputs: 6 KB)
  /// while U passes by.
  @inline(never)
  func add(to sums: WinogradSums, rows: (Int, Int), firstTile: Int) {
    let waiting = UnsafeMutablePointer<lane_vector>.scratch(WinogradSums.tileCount)
    defer { waiting.deallocate() }
    for position in 0..<12 {
      let row = position < 6 ? rows.0 : rows.1
      var sums = sums.position(6 * row + position % 6, tile: firstTile)
      for inputs in 0..<v.groups.count {
        let second = v.start(position: position, group: inputs)
        for outputs in 0..<u.groups.count {
          WinogradWeightGradientTile(
            u: u.start(position: position, group: outputs), v: second, columns: u.columns, waiting: waiting,
            sums: UnsafeMutableRawPointer(sums).assumingMemoryBound(to: lane_vector.self)
          ).add(outputs: u.groups.size(outputs), inputs: v.groups.size(inputs))
          sums += WinogradSums.tileCount
        }
      }
    }
  }
}

/// Sums of outputs × inputs over columns, in registers.
struct WinogradWeightGradientTile {
  /// `[column][output]`, `[column][input]`
  var u: UnsafePointer<lane_vector>
  var v: UnsafePointer<lane_vector>
  var columns: Int
  /// Memory for as many vectors as a tile has sums.
  var waiting: UnsafeMutablePointer<lane_vector>
  /// `[output][input]`
  var sums: UnsafeMutablePointer<lane_vector>

  @inline(__always)
  func add(outputs: Int, inputs: Int) {
    switch inputs {
    case 1: add(outputs: outputs, Size<1>.self)
    case 2: add(outputs: outputs, Size<2>.self)
    case 3: add(outputs: outputs, Size<3>.self)
    case 4: add(outputs: outputs, Size<4>.self)
    case 5: add(outputs: outputs, Size<5>.self)
    default: add(outputs: outputs, Size<6>.self)
    }
  }

  private enum Size<let Inputs: Int> {}

  @inline(__always)
  private func add<let Inputs: Int>(outputs: Int, _ inputs: Size<Inputs>.Type) {
    switch outputs {
    case 1: WinogradWeightGradientSums<1, Inputs>.add(self)
    case 2: WinogradWeightGradientSums<2, Inputs>.add(self)
    case 3: WinogradWeightGradientSums<3, Inputs>.add(self)
    default: WinogradWeightGradientSums<4, Inputs>.add(self)
    }
  }
}

/// Per column, it loads Outputs + Inputs vectors for Outputs·Inputs multiply-adds.
private enum WinogradWeightGradientSums<let Outputs: Int, let Inputs: Int> {
  @inline(never)
  static func add(_ task: WinogradWeightGradientTile) {
    var tile = InlineArray<Outputs, InlineArray<Inputs, lane_vector>>(
      repeating: .init(repeating: lane_zero()))
    var (u, v) = (task.u, task.v)
    for _ in 0..<task.columns {
      var gradients = InlineArray<Outputs, lane_vector>(repeating: lane_zero())
      for n in 0..<Outputs { gradients[n] = u[n] }
      for c in 0..<Inputs {
        let value = v[c]
        for n in 0..<Outputs { tile[n][c] = lane_fma(gradients[n], value, tile[n][c]) }
      }
      u += Outputs
      v += Inputs
    }
    for n in 0..<Outputs {
      for c in 0..<Inputs { task.waiting[n * Inputs + c] = tile[n][c] }
    }
    let width = Int(LANE_VECTOR_WIDTH)
    for group in 0..<(Outputs * Inputs + width - 1) / width {
      task.sums[group] = lane_add(task.sums[group], lane_sums(task.waiting + group * width))
    }
  }
}
