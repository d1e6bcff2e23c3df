/// Finds, among all candidates of a space, those that given effects leave on the frontier of accuracy, parameters and
/// multiply-adds, or of accuracy, parameters and time where the space has times of a device.
///
/// Layer by layer it keeps, for every pair of costs that can be reached and for the options of those layers that later
/// ones still interact with, the way with the least damage: exact where there is room for all of these (the principle
/// of optimality; Bellman 1957), since what depends on the costs alone is added when they are known, and ties that have
/// begun are kept apart with the costs. Where there is
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
  /// By layer and option, one after the other, and where each layer's begin.
  private let savedParameters: [Int]
  private let savedMultiplyAdds: [Int]
  private let savedDeviceTimes: [Int]
  private let starts: [Int]
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
    savedParameters = space.layers.flatMap(\.savedParameters)
    savedMultiplyAdds = space.layers.flatMap(\.savedMultiplyAdds)
    savedDeviceTimes = space.layers.flatMap(\.savedDeviceTimes)
    var starts = [0]
    for layer in space.layers { starts.append(starts[starts.count - 1] + layer.optionCount) }
    self.starts = starts
  }

  /// Costs were not rounded.
  package var isExact: Bool { lattice.isExact }

  /// Points that no other candidate beats or equals in damage, parameters and effort, least damage first.
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

  /// Those that save most of one cost that is bounded: where costs are rounded, others that are a little larger, and
  /// beyond the bound, may have taken their place.
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

  /// Best of every pair of costs; optimal where nothing that later layers interact with had to be left out.
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

  /// A way to the last layer: the best to its pair of costs.
  private struct End: DamageAtCost {
    var damage: Double
    var cost: Cost
    var label: Int
  }

  /// Those within the constraints, with what depends on the costs alone.
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
