/// The note that a round was decided, as recorded and logged. Its text reads back.
public struct RoundNote: Hashable, Sendable, LosslessStringConvertible {
  /// The number of the round: 0, 1, …
  public var round: Int
  /// The number of trainings that the round asks for.
  public var jobs: Int
  /// The expected loss in points of accuracy, to two decimals; `nil` if the strategy has none.
  public var expectedLoss: Double?

  public init(round: Int, jobs: Int, expectedLoss: Double?) {
    self.round = round
    self.jobs = jobs
    self.expectedLoss = expectedLoss.map { ($0 * 100).rounded() / 100 }
  }

  /// No search has more rounds or trainings than this.
  private static let counts = 0...mostJobs
  private static let begin = "round "
  private static let middle = " asks for "
  private static let end = " jobs"
  private static let loss = "; the expected loss is "
  private static let unit = " points"

  public var description: String {
    let loss = expectedLoss.map { "\(Self.loss)\($0)\(Self.unit)" } ?? ""
    return "\(Self.begin)\(round)\(Self.middle)\(jobs)\(Self.end)\(loss)"
  }

  public init?(_ description: String) {
    guard description.hasPrefix(Self.begin) else { return nil }
    let parts = description.dropFirst(Self.begin.count).split(separator: Self.loss)
    let numbers = parts.first?.split(separator: Self.middle) ?? []
    guard numbers.count == 2, numbers[1].hasSuffix(Self.end), let round = Int(numbers[0]),
      let jobs = Int(numbers[1].dropLast(Self.end.count)), Self.counts.contains(round), Self.counts.contains(jobs)
    else { return nil }
    var loss: Double?
    if parts.count == 2 {
      guard parts[1].hasSuffix(Self.unit), let read = Double(parts[1].dropLast(Self.unit.count)) else { return nil }
      loss = read
    }
    self.init(round: round, jobs: jobs, expectedLoss: loss)
  }
}
