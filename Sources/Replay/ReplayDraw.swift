import Randomness
import SearchCore

/// One replay's division of a table: which of a candidate's trainings are served to the search, and which judge the
/// candidates that the search names. They are disjoint, so that luck is not rewarded. One permutation of the seeds
/// decides for all candidates, so that what trainings under one seed share stays common.
package struct ReplayDraw: Sendable {
  package let table: TrainingTable
  /// The number of the replay: 0, 1, …
  package let number: Int
  package let seed: UInt64
  /// The order in which each candidate's repetitions are served.
  private let order: [Candidate: [Int]]
  /// The number of trainings in each candidate's order that are served; the others judge.
  private let servedCounts: [Candidate: Int]
  /// Mean accuracy of the judging trainings that did not diverge, in points. Candidates without any are left out.
  package let judged: [Candidate: Judged]

  package struct Judged: Hashable, Sendable {
    /// In points.
    package var mean: Double
    package var count: Int
  }

  /// - Parameters:
  ///   - number: The number of the replay: 0, 1, …
  ///   - judging: The number of a candidate's trainings that judge; `nil` for a third of them, rounded up.
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

  /// Returns the number of trainings of the candidate that can be served.
  package func servedCount(_ candidate: Candidate) -> Int { servedCounts[candidate] ?? 0 }

  /// The smallest number of trainings that any candidate has to serve.
  package var fewestServed: Int { servedCounts.values.min() ?? 0 }

  /// The largest number of trainings that any candidate has to serve.
  package var mostServed: Int { servedCounts.values.max() ?? 0 }

  /// Returns the training that is served as this repetition. Throws `ReplayError.exhausted` if there is none.
  package func serve(_ candidate: Candidate, repetition: Int) throws(ReplayError) -> TrainingTable.Training {
    let has = servedCount(candidate)
    guard let trainings = table.trainings[candidate], let own = order[candidate], repetition < has else {
      throw .exhausted(candidate: candidate.description, has: has, file: table.file)
    }
    return trainings[own[repetition]]
  }

  /// Returns the first `seeds` trainings of every candidate: what training the whole table would have found.
  package func everything(seeds: Int) -> [(candidate: Candidate, training: TrainingTable.Training)] {
    table.candidates.flatMap { candidate in
      (0..<min(seeds, servedCount(candidate))).compactMap { repetition in
        (try? serve(candidate, repetition: repetition)).map { (candidate, $0) }
      }
    }
  }
}
