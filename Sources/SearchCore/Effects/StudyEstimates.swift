import Randomness

/// What all trainings of a study together say of its candidates, beside what was measured of each: those that were
/// trained, and those that the model would name without a training.
package struct StudyEstimates: Sendable {
  package struct Entry: Hashable, Sendable {
    package var candidate: Candidate
    package var cost: Cost
    /// Expected accuracy over seeds, 0…1, and the ends of its 90 % interval.
    package var accuracy: Double
    package var low: Double
    package var high: Double
    /// Share of draws in which no other candidate, trained or not, is as small and better.
    package var frontierProbability: Double
    /// Other points of the estimated frontier of which the data cannot tell which is better: the 90 % interval of the
    /// difference holds 0. In the frontier's order.
    package var withinNoiseOf: [Candidate]
    /// At the top rung.
    package var isTrained: Bool
    package var isOnFrontier: Bool
  }

  /// By parameters, then by text.
  package let entries: [Entry]
  package let priors: EffectPriors
  /// In points; see `FrontierDraws.expectedLoss`.
  package let expectedLoss: Double?
  /// Trainings that the model read.
  package let trainings: Int
  /// The solver did not have to round costs to find the frontier; the entries' own are exact always.
  package let isExact: Bool
  /// For what `StudyEstimates+Effects` tells.
  let model: EffectModel
  let draws: FrontierDraws

  /// One by one, memory grows with the square of the figures: to 50 MB by here.
  package static let mostWhole = 1_000

  /// - Parameters:
  ///   - results: of the study; what diverged is left out, and candidates most of whose trainings diverged are not
  ///     named. Confirmations are left out, too: they are to judge what the others say. Their candidates have entries.
  ///   - template: of the study.
  ///   - seed: of the study, for the draws.
  ///   - lowest: accuracy of what the estimated frontier names, 0…1.
  ///   - most: figures of trainings that are read one by one; of more, those of a candidate are read together, with the
  ///     same outcome but for rounding.
  ///   - workforce: for what takes long; the same estimates come of any.
  /// - Returns: nil without sound trainings.
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
      // The frontier's come first.
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

  /// By candidate, those of which the draws cannot tell which is better, in order: the middle nine tenths of the
  /// differences hold 0. Which of two is asked about makes no difference.
  ///
  /// - Parameter accuracies: by candidate, of every draw.
  private static func withinNoise(_ accuracies: [[Double]], on workforce: some Workforce) -> [[Int]] {
    var similar = workforce.map(accuracies.count) { second in
      (0..<second).filter { isWithinNoise(accuracies[$0], accuracies[second]) }
    }
    for second in similar.indices {
      for first in similar[second] where first < second { similar[first].append(second) }
    }
    return similar
  }

  /// There are many pairs, and counting needs no order: it ends as soon as both tails are left.
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
