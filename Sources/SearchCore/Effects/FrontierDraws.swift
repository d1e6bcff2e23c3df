import Randomness

/// Worlds that the trainings leave possible, each with its frontier: what the model knows of a frontier, and how well.
package struct FrontierDraws: Sendable {
  private struct World: Sendable {
    var effects: Effects
    /// By trained candidate, in points.
    var trained: [Double]
    /// Of all candidates, with what the effects alone say.
    var frontier: [FrontierSolver.Point]
  }

  private let model: EffectModel
  private let worlds: [World]
  private let trainedCosts: [Cost]
  private let constraints: CostConstraints
  private let indexOfTrained: [[Int]: Int]

  package init(
    _ model: EffectModel, solver: FrontierSolver, count: Int, within constraints: CostConstraints = .none,
    random: inout StableRandom
  ) {
    self.model = model
    self.constraints = constraints
    let space = model.space
    trainedCosts = model.trained.map { space.cost(options: $0) }
    indexOfTrained = Dictionary(uniqueKeysWithValues: model.trained.enumerated().map { ($1, $0) })
    worlds = (0..<count).map { _ in
      let draw = model.draw(&random)
      let trained = zip(model.trained, draw.particular).map { options, particular in
        draw.effects.base - draw.effects.damage(options, in: space) + particular
      }
      return World(
        effects: draw.effects, trained: trained, frontier: solver.frontier(of: draw.effects, within: constraints))
    }
  }

  /// In points: how much the named candidates are expected to lose against the best ones, mean over worlds and levels.
  package func expectedLoss(of estimate: FrontierEstimate, at levels: CostLevels) -> Double {
    let named = levels.levels.map { estimate.named(within: $0) }
    var sum = 0.0
    var count = 0
    for world in worlds {
      for (level, entry) in zip(levels.levels, named) {
        guard let entry, let best = best(in: world, within: level) else { continue }
        // What is named may be better than all that the solver finds: it counts costs on a grid.
        sum += max(0, best.accuracy - accuracy(of: entry.options, in: world))
        count += 1
      }
    }
    return count == 0 ? 0 : sum / Double(count)
  }

  private func best(in world: World, within level: CostConstraints) -> (options: [Int], accuracy: Double)? {
    var best = world.frontier.best(within: level).map { ($0.options, accuracy: world.effects.base - $0.damage) }
    for (index, accuracy) in world.trained.enumerated() {
      let cost = trainedCosts[index]
      guard level.allow(cost), constraints.allow(cost), accuracy > best?.accuracy ?? -.infinity else { continue }
      best = (model.trained[index], accuracy)
    }
    return best
  }

  /// The best candidate of each level in each world, each once, by levels and worlds.
  func bestAtLevels(_ levels: [CostConstraints]) -> [[Int]] {
    var seen: Set<[Int]> = []
    return levels.flatMap { level in worlds.compactMap { best(in: $0, within: level)?.options } }
      .filter { seen.insert($0).inserted }
  }

  /// In points; of an untrained candidate with what the effects alone say.
  private func accuracy(of options: [Int], in world: World) -> Double {
    indexOfTrained[options].map { world.trained[$0] }
      ?? (world.effects.base - world.effects.damage(options, in: model.space))
  }

  /// Accuracies of a candidate in all worlds, in points, in the worlds' order.
  package func accuracies(of options: [Int]) -> [Double] { worlds.map { accuracy(of: options, in: $0) } }

  /// Share of worlds in which no other candidate, trained or not, is at least as good in accuracy and costs.
  package func frontierProbability(of options: [Int]) -> Double {
    let cost = model.space.cost(options: options)
    let most = CostConstraints(parameters: cost.parameters, multiplyAdds: cost.multiplyAdds)
    let own = indexOfTrained[options]
    let unbeaten = worlds.count { world in
      let accuracy = accuracy(of: options, in: world)
      // Trained candidates count with what is particular to them, and not a second time without.
      let isBeaten = world.frontier.contains { point in
        most.allow(point.cost) && world.effects.base - point.damage > accuracy + Self.rounding
          && point.options != options && indexOfTrained[point.options] == nil
      }
      return !isBeaten
        && !world.trained.indices.contains { other in
          other != own && most.allow(trainedCosts[other]) && world.trained[other] > accuracy + Self.rounding
        }
    }
    return Double(unbeaten) / Double(max(1, worlds.count))
  }

  private static let rounding = 1e-9
}
