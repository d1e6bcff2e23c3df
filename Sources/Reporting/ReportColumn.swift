import SearchCore

/// A field of a candidate in the exports for programs: a column in CSV, a member in JSON.
struct ReportColumn: Sendable {
  enum Value {
    case text(String)
    case texts([String])
    case flag(Bool)
    case integer(Int)
    case number(Int?)
    /// Written as the shortest text that reads back to the same bits.
    case exact(Double?)
    /// Written with six decimals.
    case ratio(Double?)
  }

  let name: String
  let value: @Sendable (ReportRow) -> Value

  /// All columns without estimates. New columns are only ever added at the end, because scripts read columns by
  /// position. The columns of a new objective are added automatically.
  static let all: [ReportColumn] = {
    let placed: [Objective] = [.parameters, .multiplyAdds, .accuracy, .stepTime, .inferenceTime]
    return [
      ReportColumn("candidate") { .text("\($0.score.candidate)") },
      ReportColumn("decomposed_layers") { .integer($0.score.candidate.decompositions.count) },
    ]
      + columns(of: [.parameters, .multiplyAdds, .accuracy]) + [ReportColumn("loss") { .exact($0.score.loss) }]
      + columns(of: [.stepTime, .inferenceTime])
      + [
        ReportColumn("seeds") { .integer($0.score.seeds) },
        ReportColumn("on_frontier") { .flag($0.onFrontier) },
        ReportColumn("diverged_seeds") { .integer($0.score.divergedSeeds) },
        ReportColumn("kernel_variants") { .texts($0.kernelVariants) },
      ]
      + columns(of: Objective.allCases.filter { !placed.contains($0) })
  }()

  /// Returns the columns that a study has values for: without a table of device times there is no column for them.
  static func all(of denseCost: Cost) -> [ReportColumn] {
    let unknown = Set(columns(of: Objective.allCases.filter { $0.isUnknown(in: denseCost) }).map(\.name))
    return all.filter { !unknown.contains($0.name) }
  }

  /// Returns the columns that follow all others when estimates were asked for.
  /// - Parameter rows: The listed rows.
  static func estimates(of rows: [ReportRow]) -> [ReportColumn] {
    let frontier = FrontierNumbers(rows)
    return [
      ReportColumn("accuracy_estimate") { .exact($0.estimate?.accuracy) },
      ReportColumn("accuracy_low") { .exact($0.estimate?.low) },
      ReportColumn("accuracy_high") { .exact($0.estimate?.high) },
      ReportColumn("frontier_probability") { .exact($0.estimate?.frontierProbability) },
      ReportColumn("within_noise_of") { .texts($0.estimate.map { frontier.names(of: $0.withinNoiseOf) } ?? []) },
      ReportColumn("trained") { .flag(!$0.isUntrained) },
      ReportColumn("confirmed_accuracy") { .exact($0.confirmation?.accuracy) },
      ReportColumn("confirmed_difference") { .exact($0.confirmation?.difference) },
      ReportColumn("confirmed_low") { .exact($0.confirmation?.low) },
      ReportColumn("confirmed_high") { .exact($0.confirmation?.high) },
      ReportColumn("frontier_number") { .number(frontier.numbers[$0.score.candidate]) },
    ]
  }

  private init(_ name: String, _ value: @escaping @Sendable (ReportRow) -> Value) {
    self.name = name
    self.value = value
  }

  private static func columns(of objectives: [Objective]) -> [ReportColumn] {
    objectives.flatMap { objective in
      let ratio = { @Sendable (row: ReportRow) -> Value in .ratio(row.score.ratioToDense(of: objective)) }
      return switch objective.descriptor.quantity {
      case .count(let count, let ratioColumn):
        [ReportColumn(objective.rawValue) { .integer(count($0.score.cost)) }, ReportColumn(ratioColumn, ratio)]
      case .time(_, let ratioColumn):
        [
          ReportColumn(objective.rawValue) { .exact($0.score.value(of: objective)) }, ReportColumn(ratioColumn, ratio),
        ]
      case .fraction(let fraction, let deviation):
        [
          ReportColumn(objective.rawValue) { .exact(fraction($0.score)) },
          ReportColumn(objective.rawValue + "_sd") { .exact(deviation($0.score)) },
        ]
      case .ratio(_, let ratioColumn): [ReportColumn(ratioColumn, ratio)]
      }
    }
  }
}
