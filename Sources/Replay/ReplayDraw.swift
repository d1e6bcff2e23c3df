import Randomness
import SearchCore

/// One replay's share of a table: which of a candidate's trainings are served to the search, and which judge what it
/// names. They are disjoint, so that luck is not rewarded; the seeds are the same for all candidates that have them, so
/// that what common seeds share stays common.
package struct ReplayDraw: Sendable {
  package let table: TrainingTable
  /// Of the replay, 0, 1, …
  package let number: Int
  package let seed: UInt64
  /// By candidate, in the order in which its repetitions are served.
  private let order: [Candidate: [Int]]
  /// By candidate: how many of its order are served; the rest judges.
  private let servedCounts: [Candidate: Int]
  /// Mean accuracy of the judging trainings that did not diverge, in points; candidates without any are left out.
  package let judged: [Candidate: Judged]

  package struct Judged: Hashable, Sendable {
    /// In points.
    package var mean: Double
    package var count: Int
  }

  /// - Parameters:
  ///   - number: of the replay, 0, 1, …
  ///   - judging: of a candidate's trainings; nil for a third of them, rounded up.
  package init(_ table: TrainingTable, number: Int, seed: UInt64, judging: Int? = nil) {
    self.table = table
    self.number = number
    self.seed = seed
    var random = StableRandom(seed: seed, purpose: "replay \(number)")
    let most = table.trainings.values.map(\.count).max() ?? 0
    let permutation = random.permutation(most)
    var order: [Candidate: [Int]] = [:]
    var servedCounts: [Candidate: Int] = [:]
    var judged: [Candidate: Judged] = [:]
    for candidate in table.candidates {
      let trainings = table.trainings[candidate] ?? []
      let own = permutation.filter { $0 < trainings.count }
      let judges = min(trainings.count - 1, judging ?? (trainings.count + 2) / 3)
      order[candidate] = own
      servedCounts[candidate] = trainings.count - judges
      let accuracies = own.suffix(judges).map { trainings[$0] }.filter { !$0.diverged }.map { $0.accuracy * 100 }
      if !accuracies.isEmpty {
        judged[candidate] = Judged(mean: Statistics.mean(accuracies), count: accuracies.count)
      }
    }
    self.order = order
    self.servedCounts = servedCounts
    self.judged = judged
  }

  /// How many trainings of the candidate can be served.
  package func servedCount(_ candidate: Candidate) -> Int { servedCounts[candidate] ?? 0 }

  /// The fewest that any candidate has to serve.
  package var fewestServed: Int { servedCounts.values.min() ?? 0 }

  /// The most that any candidate has to serve.
  package var mostServed: Int { servedCounts.values.max() ?? 0 }

  /// Throws `ReplayError.exhausted`.
  package func serve(_ candidate: Candidate, repetition: Int) throws(ReplayError) -> TrainingTable.Training {
    let has = servedCount(candidate)
    guard let trainings = table.trainings[candidate], let own = order[candidate], repetition < has else {
      throw .exhausted(candidate: candidate.description, has: has, file: table.file)
    }
    return trainings[own[repetition]]
  }

  /// The first `seeds` trainings of every candidate: what training all of the table would have found.
  package func everything(seeds: Int) -> [(candidate: Candidate, training: TrainingTable.Training)] {
    table.candidates.flatMap { candidate in
      (0..<min(seeds, servedCount(candidate))).compactMap { repetition in
        (try? serve(candidate, repetition: repetition)).map { (candidate, $0) }
      }
    }
  }
}
