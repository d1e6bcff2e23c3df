/// What was trained anew under seeds that no decision has seen: the figures to quote.
package struct Confirmation: Sendable {
  package typealias Entry = PairedComparison.Entry

  /// By candidate's text.
  package let entries: [Entry]

  /// Repetitions from here on are confirmations: no search reaches them.
  package static let firstRepetition = 1_000

  package static func includes(_ work: Work) -> Bool { work.repetition >= firstRepetition }

  /// - Parameter results: of a study; only confirmations are read.
  package init(_ results: [Work: Observation]) {
    let scores = results.compactMap { work, result -> PairedComparison.Score? in
      guard Self.includes(work), !result.diverged, let accuracy = result[.accuracy] else { return nil }
      return PairedComparison.Score(candidate: work.candidate, seed: work.repetition, accuracy: accuracy)
    }
    entries = PairedComparison(scores).entries
  }
}
