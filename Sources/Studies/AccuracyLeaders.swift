import SearchCore

/// The decomposed candidate with the highest mean accuracy so far, and the dense network's accuracy. Updated result by
/// result, because summing up a large study takes longer than the interval between two results.
package struct AccuracyLeaders: Sendable {
  /// The trainings of one candidate that did not diverge.
  private struct Mean {
    var sum = 0.0
    var count = 0
    var diverged = 0
    /// The mean; `nil` if there are no more sound trainings than diverged ones.
    var value: Double? { count > diverged ? sum / Double(count) : nil }
  }

  private let space: SearchSpace
  private var means: [Candidate: Mean] = [:]
  private var leader: (candidate: Candidate, parameterRatio: Double)?

  package init(space: SearchSpace) { self.space = space }

  package mutating func record(_ result: Observation, of candidate: Candidate) {
    let before = means[candidate]?.value
    if result.diverged {
      means[candidate, default: Mean()].diverged += 1
    } else if let accuracy = result[.accuracy] {
      means[candidate, default: Mean()].sum += accuracy
      means[candidate]?.count += 1
    }
    guard !candidate.isDense else { return }
    if candidate == leader?.candidate, let before, means[candidate]?.value ?? -1 < before {
      // Another candidate may lead now. This pass over all candidates happens at most once per repetition of a leader.
      leader = nil
      for other in means.keys where !other.isDense { challenge(other) }
    } else {
      challenge(candidate)
    }
  }

  /// Makes the candidate the leader if its mean is higher. Of equally accurate candidates the smallest leads.
  private mutating func challenge(_ candidate: Candidate) {
    guard let mean = means[candidate]?.value, candidate != leader?.candidate else { return }
    if let leader, let highest = means[leader.candidate]?.value {
      guard mean >= highest else { return }
      let ratio = parameterRatio(candidate)
      if mean == highest, ratio >= leader.parameterRatio { return }
      self.leader = (candidate, ratio)
    } else {
      leader = (candidate, parameterRatio(candidate))
    }
  }

  private func parameterRatio(_ candidate: Candidate) -> Double {
    Double(space.cost(of: candidate).parameters) / Double(space.denseCost.parameters)
  }

  package var highest: CandidateAccuracy? {
    guard let leader, let mean = means[leader.candidate], let accuracy = mean.value else { return nil }
    return CandidateAccuracy(
      candidate: leader.candidate, accuracy: accuracy, seeds: mean.count, parameterRatio: leader.parameterRatio)
  }

  package var dense: CandidateAccuracy? {
    guard let mean = means[.dense], let accuracy = mean.value else { return nil }
    return CandidateAccuracy(candidate: .dense, accuracy: accuracy, seeds: mean.count, parameterRatio: 1)
  }
}
