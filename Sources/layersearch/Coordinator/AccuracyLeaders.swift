import SearchCore

/// The most accurate decomposed candidate so far, and how the dense network does: kept up result by result, because summing up
/// a large study takes longer than what happens in it meanwhile.
struct AccuracyLeaders: Sendable {
  private struct Mean {
    var sum = 0.0
    var count = 0
    var value: Double { sum / Double(count) }
  }

  private let space: SearchSpace
  private var means: [Candidate: Mean] = [:]
  private var leader: (candidate: Candidate, parameterRatio: Double)?

  init(space: SearchSpace) { self.space = space }

  mutating func record(_ result: TrialResult, of candidate: Candidate) {
    let before = means[candidate]?.value
    means[candidate, default: Mean()].sum += result.accuracy
    means[candidate]?.count += 1
    guard !candidate.ranks.isEmpty else { return }
    if candidate == leader?.candidate, let before, let now = means[candidate]?.value, now < before {
      // Somebody else may be ahead now; which happens at most once a repetition of a leader.
      leader = nil
      for other in means.keys where !other.ranks.isEmpty { challenge(other) }
    } else {
      challenge(candidate)
    }
  }

  /// Of equally accurate ones the smallest leads.
  private mutating func challenge(_ candidate: Candidate) {
    guard let mean = means[candidate]?.value, candidate != leader?.candidate else { return }
    if let leader, let best = means[leader.candidate]?.value {
      guard mean >= best else { return }
      let ratio = parameterRatio(candidate)
      if mean == best, ratio >= leader.parameterRatio { return }
      self.leader = (candidate, ratio)
    } else {
      leader = (candidate, parameterRatio(candidate))
    }
  }

  private func parameterRatio(_ candidate: Candidate) -> Double {
    Double(space.cost(of: candidate).parameters) / Double(space.denseCost.parameters)
  }

  var best: ProgressFacts.Best? {
    leader.flatMap { leader in
      means[leader.candidate].map { .init(accuracy: $0.value, parameterRatio: leader.parameterRatio) }
    }
  }

  var denseAccuracy: Double? { means[.dense]?.value }
}
