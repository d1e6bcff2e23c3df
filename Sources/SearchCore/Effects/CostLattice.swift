/// The pairs of costs (parameters, multiply-adds saved) that the layers of a space can add up to, numbered, and where
/// each option of the next layer leads from each.
///
/// Exact where there are few enough pairs; otherwise every option's savings are rounded to a grid, on which they still
/// add up.
struct CostLattice: Sendable {
  let isExact: Bool
  /// Cells before each layer and after the last: one more than layers.
  let cellCounts: [Int]
  private let steps: [Steps]

  /// From the cells before a layer to those after it.
  private enum Steps: Sendable {
    /// By option and cell.
    case table([[Int32]])
    /// By option; cells of the grid are numbered row by row.
    case offsets([Int])
  }

  /// - Parameters:
  ///   - mostExact: pairs of costs up to which they are told apart.
  ///   - grid: cells along each cost where there are more.
  init(_ space: EffectSpace, mostExact: Int = 200_000, grid cells: Int = 400) {
    if let exact = Self.exact(space, most: mostExact) {
      isExact = true
      cellCounts = exact.counts
      steps = exact.tables.map(Steps.table)
      return
    }
    isExact = false
    let parameters = Self.units(space.layers.map(\.savedParameters), cells: cells)
    let multiplyAdds = Self.units(space.layers.map(\.savedMultiplyAdds), cells: cells)
    let width = multiplyAdds.reduce(1) { $0 + ($1.max() ?? 0) }
    var rows = 1
    var counts = [width]
    for layer in parameters {
      rows += layer.max() ?? 0
      counts.append(rows * width)
    }
    cellCounts = counts
    steps = zip(parameters, multiplyAdds).map { parameters, multiplyAdds in
      .offsets(zip(parameters, multiplyAdds).map { $0 * width + $1 })
    }
  }

  /// The cell after the layer that an option leads to.
  @inline(__always)
  func target(layer: Int, option: Int, from cell: Int) -> Int {
    switch steps[layer] {
    case .table(let tables): Int(tables[option][cell])
    case .offsets(let offsets): cell + offsets[option]
    }
  }

  private static func units(_ saved: [[Int]], cells: Int) -> [[Int]] {
    let most = saved.reduce(0) { $0 + ($1.max() ?? 0) }
    return saved.map { $0.map { Int((Double($0) / Double(max(1, most)) * Double(cells)).rounded()) } }
  }

  private struct Pair: Hashable, Comparable {
    var parameters: Int
    var multiplyAdds: Int

    static func < (left: Pair, right: Pair) -> Bool {
      (left.parameters, left.multiplyAdds) < (right.parameters, right.multiplyAdds)
    }
  }

  /// Nil where there are too many.
  private static func exact(_ space: EffectSpace, most: Int) -> (counts: [Int], tables: [[[Int32]]])? {
    var cells = [Pair(parameters: 0, multiplyAdds: 0)]
    var counts = [1]
    var tables: [[[Int32]]] = []
    for layer in space.layers {
      let shifted = zip(layer.savedParameters, layer.savedMultiplyAdds).map { parameters, multiplyAdds in
        cells.map { Pair(parameters: $0.parameters + parameters, multiplyAdds: $0.multiplyAdds + multiplyAdds) }
      }
      var merged = shifted[0]
      for list in shifted.dropFirst() { merged = union(merged, list) }
      guard merged.count <= most else { return nil }
      tables.append(shifted.map { positions(of: $0, in: merged) })
      cells = merged
      counts.append(cells.count)
    }
    return (counts, tables)
  }

  /// Of two increasing lists.
  private static func union(_ left: [Pair], _ right: [Pair]) -> [Pair] {
    var union: [Pair] = []
    union.reserveCapacity(left.count + right.count)
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      if left[i] == right[j] {
        union.append(left[i])
        i += 1
        j += 1
      } else if left[i] < right[j] {
        union.append(left[i])
        i += 1
      } else {
        union.append(right[j])
        j += 1
      }
    }
    return union + left[i...] + right[j...]
  }

  /// Both are increasing, and `all` contains the list.
  private static func positions(of list: [Pair], in all: [Pair]) -> [Int32] {
    var position = 0
    return list.map { pair in
      while all[position] != pair { position += 1 }
      return Int32(position)
    }
  }
}
