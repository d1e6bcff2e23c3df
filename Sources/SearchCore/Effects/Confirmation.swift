/// The results of confirmations: candidates trained again under seeds that no decision of the search has seen. These
/// are the figures to quote.
package struct Confirmation: Sendable {
  package typealias Entry = PairedComparison.Entry

  /// Sorted by the candidate's text.
  package let entries: [Entry]

  /// The first repetition that is a confirmation; no search reaches it.
  package static let firstRepetition = 1_000

  package static func includes(_ work: Work) -> Bool { work.repetition >= firstRepetition }

  /// - Parameter results: the results of a study; only confirmations are read.
  package init(_ results: [Work: Observation]) {
    let scores = results.compactMap { work, result -> PairedComparison.Score? in
      guard Self.includes(work), !result.diverged, let accuracy = result[.accuracy] else { return nil }
      return PairedComparison.Score(candidate: work.candidate, seed: work.repetition, accuracy: accuracy)
    }
    entries = PairedComparison(scores).entries
  }
}
