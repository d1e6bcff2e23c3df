/// Finds the frontier of all candidates of a space under given effects: of accuracy, parameters and multiply-adds, or
/// of accuracy, parameters and time if the space has times of a device.
///
/// Layer by layer, the solver keeps the path with the least damage for every reachable pair of costs and for the
/// options of those layers that later ones still interact with. This is exact if there is room for all of these (the
/// principle of optimality; Bellman 1957): damage that depends on the costs alone is added once they are known, and
/// begun ties are kept apart together with the costs. If there is not enough room, the earliest of these layers count
/// with their options on the path that was kept, and `improved` searches for what that lost.
package struct FrontierSolver: Sendable {
  /// A candidate with its cost and its damage.
  package struct Point: Hashable, Sendable {
    package var options: [Int]
    package var cost: Cost
    /// In points of accuracy.
    package var damage: Double
  }

  package let space: EffectSpace
  private let lattice: CostLattice
  private let paths: PathCode
  /// The savings by layer and option, in one array for each cost; `starts` has the index of each layer's first option.
  private let savedParameters: [Int]
  private let savedMultiplyAdds: [Int]
  private let savedDeviceTimes: [Int]
  private let starts: [Int]
  private let mostLabels: Int
  private let looksTwice: Bool

  /// Creates a solver with exact costs if there are at most 200,000 pairs of them, else rounded to a 400 × 400 grid.
  package init(space: EffectSpace) {
    self.init(space: space, lattice: CostLattice(space), mostLabels: 2_000_000, looksTwice: true)
  }

  /// Returns a solver for draws of effects, of which there are many: costs are rounded if they have more than 3,000
  /// pairs, and no search follows for what that loses.
  package static func coarse(_ space: EffectSpace) -> FrontierSolver {
    FrontierSolver(
      space: space, lattice: CostLattice(space, mostExact: 3000, grid: 64), mostLabels: 30_000, looksTwice: false)
  }

  /// - Parameters:
  ///   - mostLabels: the largest number of paths that are kept after a layer.
  ///   - looksTwice: whether to call `improved` if it may find something.
  init(space: EffectSpace, lattice: CostLattice, mostLabels: Int, looksTwice: Bool) {
    self.space = space
    self.lattice = lattice
    self.mostLabels = mostLabels
    self.looksTwice = looksTwice
    paths = PathCode(space)
    savedParameters = space.layers.flatMap(\.savedParameters)
    savedMultiplyAdds = space.layers.flatMap(\.savedMultiplyAdds)
    savedDeviceTimes = space.layers.flatMap(\.savedDeviceTimes)
    var starts = [0]
    for layer in space.layers { starts.append(starts[starts.count - 1] + layer.optionCount) }
    self.starts = starts
  }

  /// Whether costs are exact rather than rounded.
  package var isExact: Bool { lattice.isExact }

  /// Returns the points that no other candidate beats or equals in damage, parameters and effort, least damage first.
  ///
  /// - Parameter constraints: candidates that cost more are left out.
  package func frontier(of effects: Effects, within constraints: CostConstraints = .none) -> [Point] {
    let (labels, isOptimal) = solve(effects)
    let ends = Self.nondominated(ends(labels, effects, within: constraints)) { labels.isFirst($0.label, of: $1.label) }
    var points = ends.map { end in
      Point(
        options: space.layers.indices.map { paths.option(of: $0, in: labels.path(end.label)) }, cost: end.cost,
        damage: end.damage)
    }
    let extremes = isExact ? [] : smallest(effects, within: constraints)
    if !extremes.isEmpty { points = Self.nondominated(points + extremes) }
    guard looksTwice, !isOptimal else { return points }
    return Self.nondominated(points.map { improved($0, effects, within: constraints) })
  }

  /// Returns the candidates that save the most of one bounded cost: if costs are rounded, others that are slightly
  /// larger, and beyond the bound, may have taken their place.
  private func smallest(_ effects: Effects, within constraints: CostConstraints) -> [Point] {
    var choices: [(EffectSpace.Layer) -> [Int]] = []
    if constraints.parameters != nil { choices.append(\.savedParameters) }
    if constraints.multiplyAdds != nil { choices.append(\.savedMultiplyAdds) }
    if constraints.deviceTime != nil, space.isTimed { choices.append(\.savedDeviceTimes) }
    return choices.compactMap { saved in
      let options = space.layers.map { layer in
        layer.optionCount == 0 ? 0 : (0..<layer.optionCount).max { saved(layer)[$0] < saved(layer)[$1] } ?? 0
      }
      let cost = space.cost(options: options)
      guard constraints.allow(cost) else { return nil }
      return Point(options: options, cost: cost, damage: effects.damage(options, in: space))
    }
  }

  /// Returns the best paths to every pair of costs. They are optimal if the state included all layers that later ones
  /// interact with.
  private func solve(_ effects: Effects) -> (labels: FrontierLabels, isOptimal: Bool) {
    let interactions = space.pairs.indices.filter { index in effects.pairs[index].contains { $0 != 0 } }
    var isOptimal = true
    var current = FrontierLabels(cells: lattice.cellCounts[0], states: 1, words: paths.words)
    current.begin()
    for layer in space.layers.indices {
      let (window, hasAll) = window(after: layer, interactions)
      isOptimal = isOptimal && hasAll
      let states = window.reduce(1) { $0 * space.optionCounts[$1] }
      let width = space.optionCounts[layer]
      let step = FrontierLabels.Step(
        damage: effects.layers[layer],
        partners: interactions.filter { space.pairs[$0].second == layer }.map { index in
          (paths.place(of: space.pairs[index].first), effects.pairs[index])
        },
        kept: window.filter { $0 != layer }.map { (paths.place(of: $0), space.optionCounts[$0]) },
        isKept: window.last == layer, place: paths.place(of: layer))
      var next = FrontierLabels(cells: lattice.cellCounts[layer + 1], states: states, words: paths.words)
      next.extend(current, by: step, mask: paths.mask) { cell, targets in
        for option in 0..<width { targets[option] = lattice.target(layer: layer, option: option, from: cell) }
      }
      current = next
    }
    return (current, isOptimal)
  }

  /// Returns the layers up to this one that later ones interact with, as far as there is room for their options; the
  /// nearest are kept first.
  private func window(after layer: Int, _ interactions: [Int]) -> (layers: [Int], hasAll: Bool) {
    let open = (0...layer).filter { first in
      interactions.contains { space.pairs[$0].first == first && space.pairs[$0].second > layer }
    }
    var window: [Int] = []
    var states = 1
    for kept in open.reversed() {
      states *= space.layers[kept].optionCount
      // The layer itself is always kept.
      if kept < layer, states * lattice.cellCounts[layer + 1] > mostLabels { break }
      window.insert(kept, at: 0)
    }
    return (window, window.count == open.count)
  }

  /// The best path to a pair of costs after the last layer.
  private struct End: DamageAtCost {
    var damage: Double
    var cost: Cost
    var label: Int
  }

  /// Returns the ends within the constraints, with the damage that depends on the costs alone.
  private func ends(_ labels: FrontierLabels, _ effects: Effects, within constraints: CostConstraints) -> [End] {
    var ends: [End] = []
    for cell in 0..<(labels.damage.count / labels.states) {
      var best: Int?
      for label in (cell * labels.states)..<((cell + 1) * labels.states) where labels.damage[label] < .infinity {
        if best.map({ labels.isBetter(label, than: $0) }) ?? true { best = label }
      }
      guard let best else { continue }
      let cost = cost(of: labels.path(best))
      guard constraints.allow(cost) else { continue }
      ends.append(
        End(damage: labels.damage[best] + effects.curvature(cost, in: space), cost: cost, label: best))
    }
    return ends
  }

  private func cost(of path: ArraySlice<UInt64>) -> Cost {
    var cost = space.denseCost
    for layer in 0..<(starts.count - 1) {
      let option = starts[layer] + paths.option(of: layer, in: path)
      cost.parameters -= savedParameters[option]
      cost.multiplyAdds -= savedMultiplyAdds[option]
      if space.isTimed { cost.deviceTime? -= savedDeviceTimes[option] }
    }
    if !space.ties.isEmpty { cost.parameters -= space.savedByTies { paths.option(of: $0, in: path) } }
    return cost
  }
}
