/// The cost levels at which frontiers are compared: equally many of parameters and of effort (`Cost.effort`), evenly
/// spaced from the least cost of any candidate to that of the dense network.
package struct CostLevels: Sendable {
  package let levels: [CostConstraints]
  /// The levels of parameters, the smallest first.
  package var ofParameters: [CostConstraints] { levels.filter { $0.parameters != nil } }

  private let smallest: Cost
  private let dense: Cost

  /// - Parameter count: the number of levels of each cost.
  package init(_ space: EffectSpace, count: Int = 40) {
    dense = space.denseCost
    let smallest = space.smallestCosts
    self.smallest = smallest
    let shares = (0..<count).map { Double($0) / Double(max(1, count - 1)) }
    let (least, most) = (smallest, space.denseCost)
    levels =
      shares.map { Self.parameters(least, most, $0) } + shares.map { Self.effort(least, most, $0) }
  }

  /// Returns element `number` of a sequence that fills the ranges of both costs ever more evenly: multiples of the
  /// golden ratio modulo 1, alternately along parameters and effort.
  package func spread(_ number: Int) -> CostConstraints {
    let turn = Double(number / 2 + 1) * 0.618_033_988_749_894_9
    let share = turn - turn.rounded(.down)
    return number % 2 == 0 ? Self.parameters(smallest, dense, share) : Self.effort(smallest, dense, share)
  }

  private static func parameters(_ least: Cost, _ most: Cost, _ share: Double) -> CostConstraints {
    CostConstraints(parameters: between(least.parameters, most.parameters, share), multiplyAdds: nil)
  }

  private static func effort(_ least: Cost, _ most: Cost, _ share: Double) -> CostConstraints {
    CostConstraints(
      parameters: nil, effort: between(least.effort, most.effort, share), isTimed: most.deviceTime != nil)
  }

  private static func between(_ least: Int, _ most: Int, _ share: Double) -> Int {
    // Never below the smallest cost, which must be allowed.
    least + Int((Double(most - least) * share).rounded(.up))
  }
}
