/// The candidates to name where no more than this may be spent, by what all trainings of a study say: a new answer to
/// another question, without a training.
package struct Recommendations: Sendable {
  package struct Entry: Hashable, Sendable {
    package var candidate: Candidate
    package var cost: Cost
    /// Expected accuracy over seeds, 0…1, and the ends of its 90 % interval.
    package var accuracy: Double
    package var low: Double
    package var high: Double
    package var isTrained: Bool
  }

  /// Those within the constraints that no other beats in accuracy, parameters and effort, the most accurate first.
  package let entries: [Entry]
  /// Trainings that the model read.
  package let trainings: Int
  /// The solver did not have to round costs; the entries' own are exact always.
  package let isExact: Bool

  /// - Parameters:
  ///   - results: of the study; as `StudyEstimates` reads them.
  ///   - template: of the study.
  /// - Returns: nil without sound trainings.
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
  ///   - accuracy: that they have at least, by the estimate.
  ///   - isAccuracySought: the most accurate come first; otherwise the smallest, by parameters.
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
