/// The pairs of costs (parameters and effort saved; see `Cost.effort`) that the layers of a space can add up to, as
/// numbered cells, and the cell that each option of the next layer leads to from each of them.
///
/// The lattice is exact if there are few enough pairs. Otherwise each option's savings are rounded to a grid, on which
/// they still add up.
///
/// The savings of a tied layer depend on whether another layer already has its coefficients. A cell therefore also
/// identifies which ties have begun, of those that later layers may still join: equal costs with different begun ties
/// are different cells.
struct CostLattice: Sendable {
  let isExact: Bool
  /// The number of cells before each layer and after the last: one element more than there are layers.
  let cellCounts: [Int]
  private let steps: [Steps]

  /// How a layer's options lead from the cells before it to those after it.
  private enum Steps: Sendable {
    /// The cell after the layer, by option and cell before it.
    case table([[Int32]])
    /// The offset to the cell after the layer, by option; the cells of the grid are numbered row by row.
    case offsets([Int])
    /// The offset on the grid and the ties begun after the layer, by option and ties begun before it. Begun ties are
    /// the low bits of a cell's number; the remaining bits are its number on the grid.
    case tied([[(offset: Int, after: Int)]], bitsBefore: Int, bitsAfter: Int)
  }

  /// - Parameters:
  ///   - mostExact: the largest number of cells of an exact lattice.
  ///   - grid: the number of grid cells along each cost if there are more.
  init(_ space: EffectSpace, mostExact: Int = 200_000, grid cells: Int = 400) {
    if let exact = Self.exact(space, most: mostExact) {
      isExact = true
      cellCounts = exact.counts
      steps = exact.tables.map(Steps.table)
      return
    }
    isExact = false
    let open = Self.openTies(space)
    let most = open.map(\.count).max() ?? 0
    // Combinations of begun ties multiply the number of cells, so the grid is coarser with them.
    let cells = most <= 2 ? cells : max(8, Int(Double(cells) * 2 / Double(1 << most).squareRoot()))
    let parameters = Self.units(space.layers.map(\.savedParameters), of: space.mostSaved.parameters, cells: cells)
    // Relative to the option that takes the most effort: a form of a layer may take longer than the dense layer.
    let beyond = space.layers.map(\.savedEffort).map { saved in saved.map { $0 - (saved.min() ?? 0) } }
    let effort = Self.units(beyond, of: space.mostSaved.effort, cells: cells)
    let shared = Self.units([space.ties.map(\.coefficients)], of: space.mostSaved.parameters, cells: cells)[0]
    let width = effort.reduce(1) { $0 + ($1.max() ?? 0) }
    var rows = 1
    var counts = [width]
    for (layer, parameters) in parameters.enumerated() {
      rows += zip(parameters, space.layers[layer].ties).map { $0 + ($1.map { shared[$0] } ?? 0) }.max() ?? 0
      counts.append(rows * width << open[layer + 1].count)
    }
    cellCounts = counts
    steps = space.layers.indices.map { layer in
      let offsets = zip(parameters[layer], effort[layer]).map { $0 * width + $1 }
      let (before, after) = (open[layer], open[layer + 1])
      guard !before.isEmpty || !after.isEmpty else { return .offsets(offsets) }
      let targets = offsets.indices.map { option in
        (0..<(1 << before.count)).map { bits in
          let begun = Self.mask(bits, of: before)
          let (mask, saved) = space.begun(begun, layer: layer, option: option)
          let units = saved > 0 ? space.layers[layer].ties[option].map { shared[$0] } ?? 0 : 0
          return (offset: offsets[option] + units * width, after: Self.bits(of: mask, in: after))
        }
      }
      return .tied(targets, bitsBefore: before.count, bitsAfter: after.count)
    }
  }

  /// Returns, before each layer and after the last, the ties that may have begun and that later layers may still join.
  private static func openTies(_ space: EffectSpace) -> [[Int]] {
    (0...space.layers.count).map { layer in
      space.ties.indices.filter {
        space.ties[$0].layers.lowerBound < layer && layer <= space.ties[$0].layers.upperBound
      }
    }
  }

  private static func mask(_ bits: Int, of ties: [Int]) -> UInt64 {
    ties.enumerated().reduce(0) { $0 | UInt64(bits >> $1.offset & 1) << UInt64($1.element) }
  }

  private static func bits(of mask: UInt64, in ties: [Int]) -> Int {
    ties.enumerated().reduce(0) { $0 | Int(mask >> UInt64($1.element) & 1) << $1.offset }
  }

  /// Returns the cell after the layer that an option leads to.
  @inline(__always)
  func target(layer: Int, option: Int, from cell: Int) -> Int {
    switch steps[layer] {
    case .table(let tables): Int(tables[option][cell])
    case .offsets(let offsets): cell + offsets[option]
    case .tied(let targets, let bitsBefore, let bitsAfter):
      Self.target(targets[option][cell & (1 << bitsBefore - 1)], from: cell >> bitsBefore, bitsAfter)
    }
  }

  @inline(__always)
  private static func target(_ step: (offset: Int, after: Int), from place: Int, _ bitsAfter: Int) -> Int {
    (place + step.offset) << bitsAfter | step.after
  }

  private static func units(_ saved: [[Int]], of most: Int, cells: Int) -> [[Int]] {
    saved.map { $0.map { Int((Double($0) / Double(max(1, most)) * Double(cells)).rounded()) } }
  }

  private struct Pair: Hashable, Comparable {
    var parameters: Int
    var effort: Int

    static func < (left: Pair, right: Pair) -> Bool {
      (left.parameters, left.effort) < (right.parameters, right.effort)
    }
  }

  /// Returns the exact lattice; `nil` if it has more than `most` cells after any layer.
  private static func exact(_ space: EffectSpace, most: Int) -> (counts: [Int], tables: [[[Int32]]])? {
    guard space.ties.isEmpty else { return exactWithTies(space, most: most) }
    var cells = [Pair(parameters: 0, effort: 0)]
    var counts = [1]
    var tables: [[[Int32]]] = []
    for layer in space.layers {
      let shifted = zip(layer.savedParameters, layer.savedEffort).map { parameters, effort in
        cells.map { Pair(parameters: $0.parameters + parameters, effort: $0.effort + effort) }
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

  private struct TiedPair: Hashable, Comparable {
    var pair: Pair
    var begun: UInt64

    static func < (left: TiedPair, right: TiedPair) -> Bool {
      left.pair != right.pair ? left.pair < right.pair : left.begun < right.begun
    }
  }

  /// Returns the exact lattice of a space with ties, in which the begun ties are part of a cell.
  private static func exactWithTies(_ space: EffectSpace, most: Int) -> (counts: [Int], tables: [[[Int32]]])? {
    var cells = [TiedPair(pair: Pair(parameters: 0, effort: 0), begun: 0)]
    var counts = [1]
    var tables: [[[Int32]]] = []
    for (index, layer) in space.layers.enumerated() {
      let targets = (0..<layer.optionCount).map { option in
        cells.map { cell in
          let (after, saved) = space.begun(cell.begun, layer: index, option: option)
          return TiedPair(
            pair: Pair(
              parameters: cell.pair.parameters + layer.savedParameters[option] + saved,
              effort: cell.pair.effort + layer.savedEffort[option]), begun: after)
        }
      }
      cells = Set(targets.joined()).sorted()
      guard cells.count <= most else { return nil }
      let places = Dictionary(uniqueKeysWithValues: cells.enumerated().map { ($1, Int32($0)) })
      tables.append(targets.map { $0.map { places[$0] ?? 0 } })
      counts.append(cells.count)
    }
    return (counts, tables)
  }

  /// Merges two increasing lists, without duplicates.
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

  /// Returns the positions in `all` of the elements of `list`. Both are increasing, and `all` contains every element.
  private static func positions(of list: [Pair], in all: [Pair]) -> [Int32] {
    var position = 0
    return list.map { pair in
      while all[position] != pair { position += 1 }
      return Int32(position)
    }
  }
}
