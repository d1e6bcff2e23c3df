/// A value that a frontier compares by damage and cost.
protocol DamageAtCost {
  var damage: Double { get }
  var cost: Cost { get }
}

extension FrontierSolver.Point: DamageAtCost {}

extension FrontierSolver {
  /// Returns the nondominated points, least damage first. Of points with equal damage, parameters and effort, the one
  /// whose options come first stays.
  static func nondominated(_ points: [Point]) -> [Point] {
    nondominated(points) { $0.options.lexicographicallyPrecedes($1.options) }
  }

  /// - Parameter isFirst: whether `one` stays, of two points with equal damage, parameters and effort.
  static func nondominated<Element: DamageAtCost>(
    _ points: [Element], isFirst: (_ one: Element, _ other: Element) -> Bool
  ) -> [Element] {
    let ordered = points.sorted { left, right in
      if left.damage != right.damage { return left.damage < right.damage }
      let (mine, other) = (left.cost, right.cost)
      if (mine.parameters, mine.effort) != (other.parameters, other.effort) {
        return (mine.parameters, mine.effort) < (other.parameters, other.effort)
      }
      return isFirst(left, right)
    }
    // The costs of earlier points that bound what is not dominated: parameters increasing, effort decreasing.
    var stairs: [Cost] = []
    return ordered.filter { point in
      var low = 0
      var high = stairs.count
      while low < high {
        let middle = (low + high) / 2
        if stairs[middle].parameters <= point.cost.parameters { low = middle + 1 } else { high = middle }
      }
      if low > 0, stairs[low - 1].effort <= point.cost.effort { return false }
      var end = low
      while end < stairs.count, stairs[end].effort >= point.cost.effort { end += 1 }
      // A stair with the same parameters takes more effort, else the point would have been dominated.
      let start = low > 0 && stairs[low - 1].parameters == point.cost.parameters ? low - 1 : low
      stairs.replaceSubrange(start..<end, with: [point.cost])
      return true
    }
  }

  /// Returns the point after repeatedly changing one layer, or exchanging the options of two, as long as the damage
  /// falls and the costs do not rise.
  func improved(_ point: Point, _ effects: Effects, within constraints: CostConstraints) -> Point {
    var best = point
    var isBetter = true
    while isBetter {
      isBetter = false
      for options in neighbors(of: best.options) {
        let cost = space.cost(options: options)
        guard cost.parameters <= best.cost.parameters, cost.effort <= best.cost.effort, constraints.allow(cost) else {
          continue
        }
        let damage = effects.damage(options, in: space)
        // By more than rounding errors.
        guard damage < best.damage - 1e-9 else { continue }
        best = Point(options: options, cost: cost, damage: damage)
        isBetter = true
      }
    }
    return best
  }

  private func neighbors(of options: [Int]) -> [[Int]] {
    var neighbors: [[Int]] = []
    for layer in options.indices {
      for option in 0..<space.layers[layer].optionCount where option != options[layer] {
        var changed = options
        changed[layer] = option
        neighbors.append(changed)
      }
      for other in 0..<layer where options[other] != options[layer] {
        guard options[other] < space.layers[layer].optionCount, options[layer] < space.layers[other].optionCount else {
          continue
        }
        var exchanged = options
        exchanged.swapAt(layer, other)
        neighbors.append(exchanged)
      }
    }
    return neighbors
  }
}

extension Sequence<FrontierSolver.Point> {
  /// Returns the point with the least damage within the constraints; the first of equals.
  package func best(within constraints: CostConstraints) -> FrontierSolver.Point? {
    var best: FrontierSolver.Point?
    for point in self where constraints.allow(point.cost) {
      if best.map({ point.damage < $0.damage }) ?? true { best = point }
    }
    return best
  }
}
