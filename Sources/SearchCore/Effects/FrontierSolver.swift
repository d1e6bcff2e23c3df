/// Finds, among all candidates of a space, those that given effects leave on the frontier of accuracy, parameters and
/// multiply-adds.
///
/// Layer by layer it keeps, for every pair of costs that can be reached and for the options of those layers that later
/// ones still interact with, the way with the least damage: exact where there is room for all of these (the principle
/// of optimality; Bellman 1957), since what depends on the costs alone is added when they are known. Where there is
/// not, the layers furthest back are counted as they stand on the way that was kept, and `improved` looks for what was
/// lost by it.
package struct FrontierSolver: Sendable {
  package struct Point: Hashable, Sendable {
    package var options: [Int]
    package var cost: Cost
    /// In points of accuracy.
    package var damage: Double
  }

  package let space: EffectSpace
  private let lattice: CostLattice
  private let paths: PathCode
  private let mostLabels: Int
  private let looksTwice: Bool

  /// Exact costs where there are at most 200,000 pairs of them, else rounded to a grid of 400 × 400.
  package init(space: EffectSpace) {
    self.init(space: space, lattice: CostLattice(space), mostLabels: 2_000_000, looksTwice: true)
  }

  /// For draws of effects, of which there are many: costs are rounded where they have more than a few thousand pairs,
  /// and what is lost by that is not looked for.
  package static func coarse(_ space: EffectSpace) -> FrontierSolver {
    FrontierSolver(
      space: space, lattice: CostLattice(space, mostExact: 3000, grid: 64), mostLabels: 30_000, looksTwice: false)
  }

  /// - Parameters:
  ///   - mostLabels: ways that are kept after a layer.
  ///   - looksTwice: `improved` is asked where that may find something.
  init(space: EffectSpace, lattice: CostLattice, mostLabels: Int, looksTwice: Bool) {
    self.space = space
    self.lattice = lattice
    self.mostLabels = mostLabels
    self.looksTwice = looksTwice
    paths = PathCode(space)
  }

  /// Costs were not rounded.
  package var isExact: Bool { lattice.isExact }

  /// Points that no other candidate beats or equals in damage, parameters and multiply-adds, least damage first.
  ///
  /// - Parameter constraints: candidates that cost more are left out.
  package func frontier(of effects: Effects, within constraints: CostConstraints = .none) -> [Point] {
    let solution = solve(effects)
    let points = Self.nondominated(solution.points.filter { constraints.allow($0.cost) })
    guard looksTwice, !solution.isOptimal else { return points }
    return Self.nondominated(points.map { improved($0, effects) })
  }

  /// Best of every pair of costs; optimal where nothing that later layers interact with had to be left out.
  private func solve(_ effects: Effects) -> (points: [Point], isOptimal: Bool) {
    let interactions = space.pairs.indices.filter { index in effects.pairs[index].contains { $0 != 0 } }
    var isOptimal = true
    var current = Labels(cells: lattice.cellCounts[0], states: 1, words: paths.words)
    current.damage[0] = 0
    for (layer, description) in space.layers.enumerated() {
      let width = description.optionCount
      let partners = interactions.filter { space.pairs[$0].second == layer }
      let (window, hasAll) = window(after: layer, interactions)
      isOptimal = isOptimal && hasAll
      let states = window.reduce(1) { $0 * space.layers[$1].optionCount }
      // The layer itself, if it is needed later, comes last.
      let isKept = window.last == layer
      var next = Labels(cells: lattice.cellCounts[layer + 1], states: states, words: paths.words)
      var added = effects.layers[layer]
      var path = Array(repeating: UInt64(0), count: paths.words)
      for label in current.damage.indices where current.damage[label] < .infinity {
        for word in 0..<paths.words { path[word] = current.paths[label * paths.words + word] }
        for option in 0..<width { added[option] = effects.layers[layer][option] }
        for index in partners {
          let first = paths.option(of: space.pairs[index].first, in: path)
          guard first > 0 else { continue }
          for option in 1..<width { added[option] += effects.pairs[index][first * width + option] }
        }
        var state = 0
        for kept in window where kept != layer {
          state = state * space.layers[kept].optionCount + paths.option(of: kept, in: path)
        }
        if isKept { state *= width }
        for option in 0..<width {
          let target = lattice.target(layer: layer, option: option, from: label / current.states)
          next.offer(
            current.damage[label] + added[option], path, paths.bits(option, of: layer),
            at: target * states + state + (isKept ? option : 0))
        }
      }
      current = next
    }
    return (points(current, effects), isOptimal)
  }

  /// The layers up to this one with which later ones interact, as far as there is room for their options; nearest first
  /// to be kept.
  private func window(after layer: Int, _ interactions: [Int]) -> (layers: [Int], hasAll: Bool) {
    let open = (0...layer).filter { first in
      interactions.contains { space.pairs[$0].first == first && space.pairs[$0].second > layer }
    }
    var window: [Int] = []
    var states = 1
    for kept in open.reversed() {
      states *= space.layers[kept].optionCount
      // The layer before is always kept.
      if kept < layer, states * lattice.cellCounts[layer + 1] > mostLabels { break }
      window.insert(kept, at: 0)
    }
    return (window, window.count == open.count)
  }

  private func points(_ labels: Labels, _ effects: Effects) -> [Point] {
    var points: [Point] = []
    for cell in 0..<(labels.damage.count / labels.states) {
      var best: Int?
      for label in (cell * labels.states)..<((cell + 1) * labels.states) where labels.damage[label] < .infinity {
        if best.map({ labels.isBetter(label, than: $0) }) ?? true { best = label }
      }
      guard let best else { continue }
      let path = Array(labels.paths[(best * labels.words)..<((best + 1) * labels.words)])
      let options = space.layers.indices.map { paths.option(of: $0, in: path) }
      let cost = space.cost(options: options)
      points.append(
        Point(options: options, cost: cost, damage: labels.damage[best] + effects.curvature(cost, in: space)))
    }
    return points
  }

  /// Ways to the cells after a layer.
  private struct Labels {
    let states: Int
    let words: Int
    /// By cell and last option; infinite where nothing leads there.
    var damage: [Double]
    var paths: [UInt64]

    init(cells: Int, states: Int, words: Int) {
      self.states = states
      self.words = words
      damage = Array(repeating: .infinity, count: cells * states)
      paths = Array(repeating: 0, count: cells * states * words)
    }

    /// Of equal damages the way that comes first in the order of options stays.
    @inline(__always)
    mutating func offer(_ offered: Double, _ path: [UInt64], _ last: (word: Int, bits: UInt64), at label: Int) {
      guard offered <= damage[label] else { return }
      if offered == damage[label] {
        var isFirst = false
        for word in 0..<words {
          let value = path[word] | (word == last.word ? last.bits : 0)
          let other = paths[label * words + word]
          if value != other {
            isFirst = value < other
            break
          }
        }
        guard isFirst else { return }
      }
      damage[label] = offered
      for word in 0..<words { paths[label * words + word] = path[word] }
      paths[label * words + last.word] |= last.bits
    }

    func isBetter(_ left: Int, than right: Int) -> Bool {
      if damage[left] != damage[right] { return damage[left] < damage[right] }
      return paths[(left * words)..<((left + 1) * words)].lexicographicallyPrecedes(
        paths[(right * words)..<((right + 1) * words)])
    }
  }
}

/// Options of all layers, packed, so that comparing words compares options in the layers' order.
private struct PathCode: Sendable {
  private let width: Int
  private let perWord: Int
  let words: Int

  init(_ space: EffectSpace) {
    let most = space.layers.map(\.ranks.count).max() ?? 1
    width = Int.bitWidth - most.leadingZeroBitCount
    perWord = 64 / width
    words = max(1, (space.layers.count + perWord - 1) / perWord)
  }

  private func shift(_ layer: Int) -> Int { 64 - width * (layer % perWord + 1) }

  @inline(__always)
  func option(of layer: Int, in path: [UInt64]) -> Int {
    Int(truncatingIfNeeded: path[layer / perWord] >> UInt64(shift(layer)) & (1 << UInt64(width) - 1))
  }

  func bits(_ option: Int, of layer: Int) -> (word: Int, bits: UInt64) {
    (layer / perWord, UInt64(option) << UInt64(shift(layer)))
  }
}
