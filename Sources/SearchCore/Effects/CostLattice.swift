/// The pairs of costs (parameters, effort saved; `Cost.effort`) that the layers of a space can add up to, numbered, and
/// where each option of the next layer leads from each.
///
/// Exact where there are few enough pairs; otherwise every option's savings are rounded to a grid, on which they still
/// add up.
///
/// What a tied layer saves depends on whether another one has its coefficients already. So a cell also tells which ties
/// have begun, of those that may go on: costs with other ties are other cells.
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
    /// By option and begun ties, which are the last bits of a cell's number; the rest is its number on the grid.
    case tied([[(offset: Int, after: Int)]], bitsBefore: Int, bitsAfter: Int)
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
    let open = Self.openTies(space)
    let most = open.map(\.count).max() ?? 0
    // Begun ties share the room with the grid's cells.
    let cells = most <= 2 ? cells : max(8, Int(Double(cells) * 2 / Double(1 << most).squareRoot()))
    let parameters = Self.units(space.layers.map(\.savedParameters), of: space.mostSaved.parameters, cells: cells)
    // Beyond the option that takes most: a form of a layer may take longer than the dense one.
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

  /// Before each layer and after the last: ties that may have begun and may go on.
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

  /// The cell after the layer that an option leads to.
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

  /// Nil where there are too many.
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

  /// The same where ties that have begun are part of a cell.
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
