import Randomness

/// The model's estimates of a study's candidates from all its trainings together, beside what was measured of each: for
/// candidates that were trained, and for those that the model names without a training.
package struct StudyEstimates: Sendable {
  /// A candidate with its cost and estimate.
  package struct Entry: Hashable, Sendable {
    package var candidate: Candidate
    package var cost: Cost
    /// Expected accuracy over seeds, 0…1, and the ends of its 90 % interval.
    package var accuracy: Double
    package var low: Double
    package var high: Double
    /// The share of draws in which no other candidate, trained or not, costs no more and is more accurate.
    package var frontierProbability: Double
    /// Other points of the estimated frontier that the data cannot tell from this one in accuracy: the 90 % interval of
    /// the difference contains 0. In the order of the frontier.
    package var withinNoiseOf: [Candidate]
    /// Whether the candidate was trained at the top rung.
    package var isTrained: Bool
    package var isOnFrontier: Bool
  }

  /// Sorted by parameters, then by text.
  package let entries: [Entry]
  package let priors: EffectPriors
  /// In points; see `FrontierDraws.expectedLoss`.
  package let expectedLoss: Double?
  /// The number of trainings that the model read.
  package let trainings: Int
  /// Whether the solver found the frontier without rounding costs; the costs of the entries are always exact.
  package let isExact: Bool
  /// Read by `StudyEstimates+Effects`.
  let model: EffectModel
  let draws: FrontierDraws

  /// The largest number of figures that are read one by one; memory grows with the square of their number, up to 50 MB.
  package static let mostWhole = 1_000

  /// - Parameters:
  ///   - results: the study's results. Diverged trainings are left out, and candidates without a majority of sound
  ///     trainings are not named. Confirmations are left out as well, since they serve to judge the estimates; their
  ///     candidates have entries.
  ///   - template: the study's template.
  ///   - seed: the study's seed, for the draws.
  ///   - lowest: the least estimated accuracy of points of the estimated frontier, 0…1.
  ///   - most: the largest number of figures that are read one by one; if there are more, those of a candidate are read
  ///     together, with the same outcome except for rounding.
  ///   - workforce: computes what takes long; the estimates do not depend on it.
  /// - Returns: `nil` without sound trainings.
  package init?(
    _ searchSpace: SearchSpace, results: [Work: Observation], template: WorkTemplate, seed: UInt64,
    within constraints: CostConstraints = .none, atLeast lowest: Double = 0, draws count: Int = 1000,
    groupedBeyond most: Int = mostWhole, on workforce: some Workforce = OneByOne()
  ) {
    guard
      let study = StudyModel(searchSpace, results: results, template: template, groupedBeyond: most)
    else { return nil }
    let (model, space) = (study.model, study.space)
    let coarse = FrontierSolver.coarse(space)
    isExact = study.solver.isExact
    let estimate = study.frontier(within: constraints)
    var random = StableRandom(seed: seed, purpose: "estimates")
    let draws = FrontierDraws(
      model, solver: coarse, count: count, within: constraints, excluding: study.unsound, random: &random,
      on: workforce)
    let frontier = estimate.entries.filter { $0.accuracy >= 100 * lowest }.map(\.options)
    let accuracies = workforce.map(frontier.count) { draws.accuracies(of: frontier[$0]) }
    let similar = Self.withinNoise(accuracies, on: workforce)
    let onFrontier = Set(frontier)
    let trainedAtTop = model.trained.filter(model.isTrainedAtTop)
    let trained = Set(trainedAtTop)
    let confirmed = Set(results.keys.filter { Confirmation.includes($0) && $0.kind.isProxy }.map(\.candidate))
      .compactMap { space.options(of: $0) }.filter { !trained.contains($0) }
    let candidates = frontier.map { space.candidate(options: $0) }
    let named = frontier + (trainedAtTop + confirmed).filter { !onFrontier.contains($0) }
    entries = workforce.map(named.count) { index in
      let options = named[index]
      let expected = model.estimate(options)
      // The points of the frontier come first.
      let isOnFrontier = index < frontier.count
      return Entry(
        candidate: space.candidate(options: options), cost: space.cost(options: options),
        accuracy: expected.accuracy, low: expected.low, high: expected.high,
        frontierProbability: draws.frontierProbability(
          of: options, accuracies: isOnFrontier ? accuracies[index] : nil),
        withinNoiseOf: isOnFrontier ? similar[index].map { candidates[$0] } : [], isTrained: trained.contains(options),
        isOnFrontier: isOnFrontier)
    }.sorted {
      ($0.cost.parameters, $0.candidate.description) < ($1.cost.parameters, $1.candidate.description)
    }
    priors = model.priors
    self.model = model
    self.draws = draws
    expectedLoss = draws.expectedLoss(of: estimate, at: CostLevels(space))
    trainings = study.trainings
  }

  /// Returns, for each candidate, those that the draws cannot tell from it in accuracy, in order: the middle nine
  /// tenths of the differences contain 0. The relation is symmetric.
  ///
  /// - Parameter accuracies: the accuracies of each candidate in all draws.
  private static func withinNoise(_ accuracies: [[Double]], on workforce: some Workforce) -> [[Int]] {
    var similar = workforce.map(accuracies.count) { second in
      (0..<second).filter { isWithinNoise(accuracies[$0], accuracies[second]) }
    }
    for second in similar.indices {
      for first in similar[second] where first < second { similar[first].append(second) }
    }
    return similar
  }

  /// Counts both tails instead of sorting, since there are many pairs, and ends as soon as the outcome is known.
  private static func isWithinNoise(_ left: [Double], _ right: [Double]) -> Bool {
    let count = left.count
    let tail = count / 20
    return left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        var (below, above) = (0, 0)
        var start = 0
        while start < count {
          let end = min(count, start + 64)
          for index in start..<end {
            below += left[index] <= right[index] ? 1 : 0
            above += left[index] >= right[index] ? 1 : 0
          }
          if below > tail, above > tail { return true }
          if min(below, above) + count - end <= tail { return false }
          start = end
        }
        return count == 0
      }
    }
  }
}
