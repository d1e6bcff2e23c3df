/// What is known of one candidate: its cost, and a summary of its trainings.
///
/// A training that diverged found nothing. Accuracy and loss are those of the sound trainings. If these do not
/// outnumber the diverged ones, the candidate is not `isSound`: it has no place on a front and keeps no other candidate
/// from one.
public struct CandidateScore: Hashable, Sendable {
  public let candidate: Candidate
  public let cost: Cost
  public let denseCost: Cost
  /// Mean validation accuracy over the seeds that did not diverge, 0…1; `nil` if all diverged.
  public let accuracy: Double?
  /// Sample standard deviation over the same seeds; `nil` for fewer than two.
  public let accuracySD: Double?
  /// Mean validation cross-entropy over the same seeds; `nil` if there are none.
  public let loss: Double?
  /// Medians of the measured times, relative to the dense network; `nil` if nothing was measured.
  public let stepTimeRatio: Double?
  public let inferenceTimeRatio: Double?
  /// The number of trainings, including diverged ones.
  public let seeds: Int
  public let divergedSeeds: Int

  /// Summarizes results by repetition. Sums run in the order of repetitions, so that the same results give the same
  /// bits in whatever order they arrived. Returns `nil` without results.
  public init?(candidate: Candidate, cost: Cost, denseCost: Cost, results: [Int: Observation]) {
    guard !results.isEmpty else { return nil }
    let ordered = results.sorted { $0.key < $1.key }.map(\.value)
    let sound = ordered.filter { !$0.diverged }
    let accuracies = sound.compactMap { $0[.accuracy] }
    self.candidate = candidate
    self.cost = cost
    self.denseCost = denseCost
    self.accuracy = accuracies.isEmpty ? nil : Statistics.mean(accuracies)
    self.accuracySD = Statistics.sampleVariance(accuracies)?.squareRoot()
    let losses = sound.compactMap { $0[.loss] }
    self.loss = losses.isEmpty ? nil : Statistics.mean(losses)
    self.stepTimeRatio = Statistics.median(ordered.compactMap { $0[.stepTimeRatio] })
    self.inferenceTimeRatio = Statistics.median(ordered.compactMap { $0[.inferenceTimeRatio] })
    self.seeds = ordered.count
    self.divergedSeeds = ordered.count - sound.count
  }

  /// Creates the score of a candidate without trainings, of which only the cost is known.
  package init(untrained candidate: Candidate, cost: Cost, denseCost: Cost) {
    self.candidate = candidate
    self.cost = cost
    self.denseCost = denseCost
    accuracy = nil
    accuracySD = nil
    loss = nil
    stepTimeRatio = nil
    inferenceTimeRatio = nil
    seeds = 0
    divergedSeeds = 0
  }

  /// Whether more trainings ended well than diverged.
  public var isSound: Bool { divergedSeeds * 2 < seeds }

  public var parameterRatio: Double { Double(cost.parameters) / Double(denseCost.parameters) }
  public var multiplyAddRatio: Double { Double(cost.multiplyAdds) / Double(denseCost.multiplyAdds) }

  /// Returns the scores of all candidates that have results, in the order of fronts: by parameters, then by text.
  public static func scores(of results: [Work: Observation], in space: SearchSpace) -> [CandidateScore] {
    var byCandidate: [Candidate: [Int: Observation]] = [:]
    for (work, result) in results { byCandidate[work.candidate, default: [:]][work.repetition] = result }
    return byCandidate.compactMap { candidate, results in
      CandidateScore(
        candidate: candidate, cost: space.cost(of: candidate), denseCost: space.denseCost, results: results)
    }.inReportOrder()
  }
}

extension Sequence<CandidateScore> {
  /// Returns the scores by parameters, then by text: the order of fronts and reports.
  public func inReportOrder() -> [CandidateScore] {
    map { (score: $0, text: $0.candidate.description) }
      .sorted { ($0.score.cost.parameters, $0.text) < ($1.score.cost.parameters, $1.text) }
      .map(\.score)
  }
}

/// Mean, deviation and median of values.
public enum Statistics {
  /// Returns `nil` for no values.
  public static func mean(of values: [Double]) -> Double? { values.isEmpty ? nil : mean(values) }

  /// Returns √(Σ (x − mean)² / (n − 1)); `nil` for fewer than two values.
  public static func sampleDeviation(of values: [Double]) -> Double? { sampleVariance(values).map { $0.squareRoot() } }

  package static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// Returns Σ (x − mean)² / (n − 1); `nil` for fewer than two values.
  package static func sampleVariance(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let mean = mean(values)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }

  package static func median(_ values: [Double]) -> Double? {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return nil }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
