/// The candidates that the model names: untrained ones from the solver, judged by the model's effects, and trained
/// ones, judged by their particular effects as well.
package struct FrontierEstimate: Sendable {
  /// A candidate of the estimated frontier.
  package struct Entry: Hashable, Sendable {
    package var options: [Int]
    package var cost: Cost
    /// The expected accuracy, in points.
    package var accuracy: Double
    /// Whether the candidate was trained at the top rung.
    package var isTrained: Bool
  }

  /// Nondominated, highest accuracy first.
  package let entries: [Entry]

  /// - Parameter excluded: candidates that must not be named, such as those that mostly diverge. They are removed
  ///   before the entries are compared, and beat none of them.
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

  /// Returns the candidate to name within the constraints, which is the most accurate; `nil` if none is small enough.
  package func named(within constraints: CostConstraints) -> Entry? {
    entries.first { constraints.allow($0.cost) }
  }
}
