import Randomness

/// Worlds that the trainings leave possible, each with its frontier: what the model knows of a frontier, and how well.
package struct FrontierDraws: Sendable {
  private struct World: Sendable {
    var effects: Effects
    /// By trained candidate, in points.
    var trained: [Double]
    /// Of all candidates, with what the effects alone say.
    var frontier: [FrontierSolver.Point]
    /// The untrained ones among them.
    var rivals: [Rival]
  }

  /// What may beat a candidate: numbers alone, of which there are many to look at.
  private struct Rival: Sendable {
    var accuracy: Double
    var cost: Cost
    /// Of the frontier's points.
    var index: Int
  }

  private let model: EffectModel
  private let worlds: [World]
  private let trainedCosts: [Cost]
  /// Trained candidates, those that are the most accurate over all worlds first: the ones that mostly beat others.
  private let trainedByAccuracy: [Int]
  private let constraints: CostConstraints
  private let indexOfTrained: [[Int]: Int]
  /// By trained candidate.
  private let isUnsound: [Bool]

  /// - Parameters:
  ///   - unsound: that may never be named, and beat nothing.
  ///   - workforce: for the frontiers; the same worlds come of any.
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
      // Trained candidates count with what is particular to them, and not a second time without.
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

  /// In points: how much the named candidates are expected to lose against the best ones, mean over worlds and levels;
  /// nil where none is named.
  package func expectedLoss(of estimate: FrontierEstimate, at levels: CostLevels) -> Double? {
    let named = levels.levels.map { estimate.named(within: $0) }
    var sum = 0.0
    var count = 0
    for world in worlds {
      for (level, entry) in zip(levels.levels, named) {
        guard let entry, let best = best(in: world, within: level) else { continue }
        // What is named may be better than all that the solver finds: it counts costs on a grid.
        sum += max(0, best.accuracy - accuracy(of: entry.options, indexOfTrained[entry.options], in: world))
        count += 1
      }
    }
    return count == 0 ? nil : sum / Double(count)
  }

  private func best(in world: World, within level: CostConstraints) -> (options: [Int], accuracy: Double)? {
    // The most accurate come first. Trained candidates count once, with what is particular to them.
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

  /// The best candidate of each level in each world, each once, by levels and worlds.
  func bestAtLevels(_ levels: [CostConstraints]) -> [[Int]] {
    var seen: Set<[Int]> = []
    return levels.flatMap { level in worlds.compactMap { best(in: $0, within: level)?.options } }
      .filter { seen.insert($0).inserted }
  }

  /// By level and layer, the share of worlds whose best candidate within the level decomposes the layer.
  func inclusion(_ levels: [CostConstraints]) -> [[Double]] {
    levels.map { level in
      let best = worlds.compactMap { self.best(in: $0, within: level)?.options }
      return model.space.layers.indices.map { layer in
        best.isEmpty ? 0 : Double(best.count { $0[layer] != 0 }) / Double(best.count)
      }
    }
  }

  /// In points; of an untrained candidate with what the effects alone say.
  private func accuracy(of options: [Int], _ trained: Int?, in world: World) -> Double {
    trained.map { world.trained[$0] } ?? (world.effects.base - world.effects.damage(options, in: model.space))
  }

  /// Accuracies of a candidate in all worlds, in points, in the worlds' order.
  package func accuracies(of options: [Int]) -> [Double] {
    if let trained = indexOfTrained[options] { return worlds.map { $0.trained[trained] } }
    let cost = model.space.cost(options: options)
    return worlds.map { $0.effects.base - $0.effects.damage(options, costing: cost, in: model.space) }
  }

  /// Share of worlds in which no other candidate, trained or not, is at least as good in accuracy and costs.
  ///
  /// - Parameter known: its `accuracies`, where they were asked for already.
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

  /// By one of the untrained candidates of the frontier that costs no more: it has to be more accurate than this.
  private func isBeaten(_ options: [Int], _ cost: Cost, in world: World, by accuracy: Double) -> Bool {
    // The most accurate come first.
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
