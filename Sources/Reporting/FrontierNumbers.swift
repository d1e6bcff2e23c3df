import SearchCore

/// Numbers of the listed candidates of an estimated frontier; 1 is the candidate with the highest estimated accuracy.
struct FrontierNumbers: Sendable {
  let numbers: [Candidate: Int]

  /// The largest frontier whose candidates are named by their texts. In a larger one, each candidate may be within the
  /// noise of hundreds of others, and a file with their names would grow with the square of their number.
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

  /// Names the candidates by their texts if the frontier is small enough, otherwise by runs of their numbers: `3-17`,
  /// `20`.
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
