import Randomness

/// Worlds drawn from the posterior, each with its frontier: what the model knows of the frontier, with its uncertainty.
package struct FrontierDraws: Sendable {
  private struct World: Sendable {
    var effects: Effects
    /// The accuracy of each trained candidate, in points.
    var trained: [Double]
    /// The frontier of all candidates by the effects alone, without particular effects.
    var frontier: [FrontierSolver.Point]
    /// The untrained, sound candidates of `frontier`.
    var rivals: [Rival]
  }

  /// A candidate that may beat another. It holds numbers only, since many rivals are scanned.
  private struct Rival: Sendable {
    var accuracy: Double
    var cost: Cost
    /// The index of its point in the frontier.
    var index: Int
  }

  private let model: EffectModel
  private let worlds: [World]
  private let trainedCosts: [Cost]
  /// Sound trained candidates, the most accurate over all worlds first, since these beat most others.
  private let trainedByAccuracy: [Int]
  private let constraints: CostConstraints
  private let indexOfTrained: [[Int]: Int]
  /// Whether each trained candidate is unsound.
  private let isUnsound: [Bool]

  /// - Parameters:
  ///   - unsound: candidates that are never named and beat no other.
  ///   - workforce: computes the worlds, which do not depend on it.
  package init(
    _ model: EffectModel, solver: FrontierSolver, count: Int, within constraints: CostConstraints = .none,
    excluding unsound: Set<[Int]> = [], random: inout StableRandom, on workforce: some Workforce = OneByOne()
  ) {
    self.model = model
    self.constraints = constraints
    let space = model.space
    let trainedCosts = model.trained.map { space.cost(options: $0) }
    self.trainedCosts = trainedCosts
    let indexOfTrained = Dictionary(uniqueKeysWithValues: model.trained.enumerated().map { ($1, $0) })
    self.indexOfTrained = indexOfTrained
    isUnsound = model.trained.map(unsound.contains)
    let lucks = (0..<count).map { _ in model.luck(&random) }
    let worlds = workforce.map(count) { number in
      let draw = model.draw(lucks[number])
      let trained = model.trained.indices.map { candidate in
        draw.effects.base
          - draw.effects.damage(model.trained[candidate], costing: trainedCosts[candidate], in: space)
          + draw.particular[candidate]
      }
      let frontier = solver.frontier(of: draw.effects, within: constraints)
      // A trained candidate counts once, with its particular effect, and is therefore no rival.
      let isRival = { (options: [Int]) in indexOfTrained[options] == nil && !unsound.contains(options) }
      let rivals = frontier.indices.filter { isRival(frontier[$0].options) }.map { index in
        Rival(
          accuracy: draw.effects.base - frontier[index].damage, cost: frontier[index].cost, index: index)
      }
      return World(
        effects: draw.effects, trained: trained, frontier: frontier, rivals: rivals)
    }
    self.worlds = worlds
    var sums = model.trained.map { _ in 0.0 }
    for world in worlds { for candidate in sums.indices { sums[candidate] += world.trained[candidate] } }
    trainedByAccuracy = sums.indices.filter { [isUnsound] in !isUnsound[$0] }
      .sorted { (sums[$0], $1) > (sums[$1], $0) }
  }

  /// Returns the mean over worlds and levels of the accuracy, in points, by which the named candidates fall short of
  /// the best; `nil` if no candidate is named at any level.
  package func expectedLoss(of estimate: FrontierEstimate, at levels: CostLevels) -> Double? {
    let named = levels.levels.map { estimate.named(within: $0) }
    var sum = 0.0
    var count = 0
    for world in worlds {
      for (level, entry) in zip(levels.levels, named) {
        guard let entry, let best = best(in: world, within: level) else { continue }
        // The named candidate may be better than all that the solver finds, since the solver rounds costs to a grid.
        sum += max(0, best.accuracy - accuracy(of: entry.options, indexOfTrained[entry.options], in: world))
        count += 1
      }
    }
    return count == 0 ? nil : sum / Double(count)
  }

  private func best(in world: World, within level: CostConstraints) -> (options: [Int], accuracy: Double)? {
    // Rivals are sorted by accuracy, the highest first. Trained candidates count once, with their particular effects.
    var best = world.rivals.first { level.allow($0.cost) }.map { rival in
      (world.frontier[rival.index].options, accuracy: rival.accuracy)
    }
    for (index, accuracy) in world.trained.enumerated() where !isUnsound[index] {
      let cost = trainedCosts[index]
      guard level.allow(cost), constraints.allow(cost), accuracy > best?.accuracy ?? -.infinity else { continue }
      best = (model.trained[index], accuracy)
    }
    return best
  }

  /// Returns the best candidate of each level in each world, without duplicates, by levels, then by worlds.
  func bestAtLevels(_ levels: [CostConstraints]) -> [[Int]] {
    var seen: Set<[Int]> = []
    return levels.flatMap { level in worlds.compactMap { best(in: $0, within: level)?.options } }
      .filter { seen.insert($0).inserted }
  }

  /// Returns, by level and layer, the share of worlds whose best candidate within the level decomposes the layer.
  func inclusion(_ levels: [CostConstraints]) -> [[Double]] {
    levels.map { level in
      let best = worlds.compactMap { self.best(in: $0, within: level)?.options }
      return model.space.layers.indices.map { layer in
        best.isEmpty ? 0 : Double(best.count { $0[layer] != 0 }) / Double(best.count)
      }
    }
  }

  /// Returns a candidate's accuracy in a world, in points; for an untrained candidate, by the effects alone.
  private func accuracy(of options: [Int], _ trained: Int?, in world: World) -> Double {
    trained.map { world.trained[$0] } ?? (world.effects.base - world.effects.damage(options, in: model.space))
  }

  /// Returns the accuracies of a candidate in all worlds, in points, in the order of the worlds.
  package func accuracies(of options: [Int]) -> [Double] {
    if let trained = indexOfTrained[options] { return worlds.map { $0.trained[trained] } }
    let cost = model.space.cost(options: options)
    return worlds.map { $0.effects.base - $0.effects.damage(options, costing: cost, in: model.space) }
  }

  /// Returns the share of worlds in which no other candidate, trained or not, costs no more and is more accurate.
  ///
  /// - Parameter known: the candidate's `accuracies`, if they are already computed.
  package func frontierProbability(of options: [Int], accuracies known: [Double]? = nil) -> Double {
    let cost = model.space.cost(options: options)
    let most = CostConstraints(noMoreThan: cost)
    let own = indexOfTrained[options]
    let accuracies = known ?? accuracies(of: options)
    let smallTrained = trainedByAccuracy.filter { $0 != own && most.allow(trainedCosts[$0]) }
    let unbeaten = worlds.indices.count { number in
      let enough = accuracies[number] + Self.rounding
      return !isBeaten(options, cost, in: worlds[number], by: enough)
        && !smallTrained.contains { worlds[number].trained[$0] > enough }
    }
    return Double(unbeaten) / Double(max(1, worlds.count))
  }

  /// Returns whether an untrained candidate of the frontier costs no more and is more accurate than `accuracy`.
  private func isBeaten(_ options: [Int], _ cost: Cost, in world: World, by accuracy: Double) -> Bool {
    // Rivals are sorted by accuracy, the highest first.
    for rival in world.rivals {
      guard rival.accuracy > accuracy else { return false }
      if rival.cost.parameters <= cost.parameters, rival.cost.effort <= cost.effort,
        world.frontier[rival.index].options != options
      {
        return true
      }
    }
    return false
  }

  private static let rounding = 1e-9
}
