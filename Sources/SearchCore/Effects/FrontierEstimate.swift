/// The candidates that the model would name: those of the solver, which count with what the model says of their layers,
/// and the trained ones, which count with what is particular to them, too.
package struct FrontierEstimate: Sendable {
  package struct Entry: Hashable, Sendable {
    package var options: [Int]
    package var cost: Cost
    /// Expected, in points.
    package var accuracy: Double
    /// At the top rung.
    package var isTrained: Bool
  }

  /// Nondominated, highest accuracy first.
  package let entries: [Entry]

  /// - Parameter excluded: candidates that are not to be named, such as those that mostly diverge; what they alone
  ///   would beat among the others is.
  package init(
    _ model: EffectModel, solver: FrontierSolver, within constraints: CostConstraints = .none,
    excluding excluded: Set<[Int]> = []
  ) {
    let effects = model.effects
    let trained = Set(model.trained)
    var entries = solver.frontier(of: effects, within: constraints).filter { !trained.contains($0.options) }.map {
      Entry(options: $0.options, cost: $0.cost, accuracy: effects.base - $0.damage, isTrained: false)
    }
    for options in model.trained {
      let cost = model.space.cost(options: options)
      guard constraints.allow(cost) else { continue }
      let accuracy = effects.base - effects.damage(options, in: model.space) + model.expectedParticular(options)
      entries.append(Entry(options: options, cost: cost, accuracy: accuracy, isTrained: model.isTrainedAtTop(options)))
    }
    entries.removeAll { excluded.contains($0.options) }
    let kept = Set(
      FrontierSolver.nondominated(
        entries.map { FrontierSolver.Point(options: $0.options, cost: $0.cost, damage: -$0.accuracy) }
      ).map(\.options))
    self.entries = entries.filter { kept.contains($0.options) }.sorted { left, right in
      left.accuracy != right.accuracy
        ? left.accuracy > right.accuracy
        : (left.cost.parameters, left.cost.effort) < (right.cost.parameters, right.cost.effort)
    }
  }

  /// The candidate to name where no more than this may be spent: the most accurate; nil where none is small enough.
  package func named(within constraints: CostConstraints) -> Entry? {
    entries.first { constraints.allow($0.cost) }
  }
}
