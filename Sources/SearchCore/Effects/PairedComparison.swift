/// A comparison of candidates with the dense network, seed by seed.
///
/// Differences are paired by seed. Their intervals hold simultaneously with 95 % confidence: Student's t, each at its
/// share of the 5 % (Bonferroni). Holm's procedure (1979) rejects more, but gives no such intervals.
package struct PairedComparison: Sendable {
  /// One training.
  struct Score {
    var candidate: Candidate
    /// Trainings with the same number share a seed.
    var seed: Int
    /// 0…1
    var accuracy: Double
  }

  /// A candidate, compared with the dense network.
  package struct Entry: Hashable, Sendable {
    package var candidate: Candidate
    /// Mean accuracy, 0…1.
    package var accuracy: Double
    package var seeds: Int
    /// The mean difference to the dense network under the same seeds; `low` and `high` are the ends of its interval.
    /// `nil` for the dense network, and if fewer than two seeds have both.
    package var difference: Double?
    package var low: Double?
    package var high: Double?
  }

  /// Sorted by the candidate's text.
  package let entries: [Entry]

  init(_ scores: some Sequence<Score>) {
    var accuracies: [Candidate: [Int: Double]] = [:]
    for score in scores { accuracies[score.candidate, default: [:]][score.seed] = score.accuracy }
    let dense = accuracies[.dense] ?? [:]
    var entries: [Entry] = []
    var pairs: [(entry: Int, mean: Double, error: Double, count: Int)] = []
    for (candidate, bySeed) in accuracies.sorted(by: { $0.key.description < $1.key.description }) {
      let ordered = bySeed.sorted { $0.key < $1.key }
      let differences = ordered.compactMap { seed, accuracy in dense[seed].map { accuracy - $0 } }
      if candidate != .dense, let variance = Statistics.sampleVariance(differences) {
        let count = differences.count
        pairs.append((entries.count, Statistics.mean(differences), (variance / Double(count)).squareRoot(), count))
      }
      entries.append(
        Entry(candidate: candidate, accuracy: Statistics.mean(ordered.map(\.value)), seeds: ordered.count))
    }
    for pair in pairs {
      let width =
        StudentT.quantile(1 - 0.025 / Double(pairs.count), degreesOfFreedom: pair.count - 1) * pair.error
      entries[pair.entry].difference = pair.mean
      entries[pair.entry].low = pair.mean - width
      entries[pair.entry].high = pair.mean + width
    }
    self.entries = entries
  }
}
