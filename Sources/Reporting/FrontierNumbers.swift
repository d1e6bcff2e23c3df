import SearchCore

/// The listed candidates of an estimated frontier by number: 1 is the most accurate by the estimate.
struct FrontierNumbers: Sendable {
  let numbers: [Candidate: Int]

  /// Of more, each may be within the noise of hundreds: names would fill a file that grows with the square of them.
  static let mostNamed = 100

  init(_ rows: [ReportRow]) {
    let frontier = rows.filter { $0.onFrontier && $0.estimate != nil }.sorted { left, right in
      let (mine, other) = (left.estimate?.accuracy ?? 0, right.estimate?.accuracy ?? 0)
      return mine != other
        ? mine > other
        : (left.score.cost.parameters, left.score.cost.effort)
          < (right.score.cost.parameters, right.score.cost.effort)
    }
    numbers = Dictionary(uniqueKeysWithValues: frontier.enumerated().map { ($1.score.candidate, $0 + 1) })
  }

  /// Candidates by their texts where few are listed, else runs of their numbers: `3-17`, `20`.
  func names(of candidates: [Candidate]) -> [String] {
    guard numbers.count > Self.mostNamed else { return candidates.map(\.description) }
    var runs: [ClosedRange<Int>] = []
    for number in candidates.compactMap({ numbers[$0] }).sorted() {
      if let last = runs.last, last.upperBound + 1 == number {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
  }
}
