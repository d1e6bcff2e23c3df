/// The candidates to name within given constraints, by the model of all trainings of a study. Other constraints get a
/// new answer without a new training.
package struct Recommendations: Sendable {
  /// A candidate to name, with its cost and estimate.
  package struct Entry: Hashable, Sendable {
    package var candidate: Candidate
    package var cost: Cost
    /// Expected accuracy over seeds, 0…1, and the ends of its 90 % interval.
    package var accuracy: Double
    package var low: Double
    package var high: Double
    package var isTrained: Bool
  }

  /// The candidates within the constraints that no other beats in accuracy, parameters and effort, the most accurate
  /// first.
  package let entries: [Entry]
  /// The number of trainings that the model read.
  package let trainings: Int
  /// Whether the solver did not round costs; the costs of the entries are always exact.
  package let isExact: Bool

  /// - Parameters:
  ///   - results: the study's results, which are read as `StudyEstimates` reads them.
  ///   - template: the study's template.
  /// - Returns: `nil` without sound trainings.
  package init?(
    _ searchSpace: SearchSpace, results: [Work: Observation], template: WorkTemplate,
    within constraints: CostConstraints
  ) {
    guard let study = StudyModel(searchSpace, results: results, template: template) else { return nil }
    entries = study.frontier(within: constraints).entries.map { entry in
      let expected = study.model.estimate(entry.options)
      return Entry(
        candidate: study.space.candidate(options: entry.options), cost: entry.cost, accuracy: expected.accuracy,
        low: expected.low, high: expected.high, isTrained: entry.isTrained)
    }
    trainings = study.trainings
    isExact = study.solver.isExact
  }

  /// - Parameters:
  ///   - accuracy: the least estimated accuracy, 0…1; `nil` for any.
  ///   - isAccuracySought: whether the most accurate come first; otherwise the smallest, by parameters.
  package func best(_ count: Int, atLeast accuracy: Double? = nil, isAccuracySought: Bool = true) -> [Entry] {
    let fit = entries.filter { $0.accuracy >= accuracy ?? -.infinity }
    if isAccuracySought { return Array(fit.prefix(count)) }
    let ordered = fit.sorted { left, right in
      (left.cost.parameters, left.cost.effort, -left.accuracy)
        < (right.cost.parameters, right.cost.effort, -right.accuracy)
    }
    return Array(ordered.prefix(count))
  }
}
