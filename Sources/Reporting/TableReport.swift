import ReadableText
import SearchCore

// The table for documents. TerminalTable is the one for terminals.
extension StudyReport {
  func markdown(_ selection: ReportSelection) -> String {
    let columns = tableColumns
    var headings = columns.map(\.heading) + ["Candidate"]
    var alignments = headings.map { $0 == "Candidate" ? ":---" : "---:" }
    if selection == .all {
      headings.insert("Frontier", at: headings.count - 1)
      alignments.insert(":---:", at: alignments.count - 1)
    }
    let lines = rows(selection).map { row in
      var cells = columns.map { row.cell($0) }
      if selection == .all { cells.append(row.onFrontier ? "●" : "") }
      return cells + ["`\(row.score.candidate)`"]
    }
    let table = ([headings, alignments] + lines).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
    var text = "# \(study): \(selection == .all ? "all candidates" : frontierTitle)\n\n"
    text += "\(setting). \(extent); objectives: \(objectives.map(\.title).joined(separator: ", ")).\n"
    let times = denseCost.deviceTime == nil ? "Times" : "Measured times"
    text += "Dense network: \(denseText). \(times) are relative to it.\n"
    if let hypervolume { text += "Hypervolume: \(NumberText.fixed(hypervolume, 6)).\n" }
    for line in estimateLines + [omission(selection)].compactMap({ $0 }) { text += "\(line)\n" }
    for caveat in caveats { text += "\n\(caveat.markdownEscaped)\n" }
    return text + "\n" + table
  }

  package var denseText: String {
    guard let score = dense?.score, score.seeds > 0 else { return denseCost.text }
    return "\(denseCost.text), accuracy \(score.accuracyText)"
  }
}

/// A column of a table of candidates, besides the candidate's name.
package enum TableColumn: Hashable, Sendable {
  /// The value in its own unit, or as a multiple of the dense network's value if it is measured as such.
  case value(Objective)
  /// A count or a time, as a share of the dense network's.
  case ofDense(Objective)
  case loss, seeds, layers
  /// The estimate with its interval; the share of draws in which no candidate beats this one; the confirmations.
  case estimate, unbeaten, confirmed
  /// The kernel variants that computed the trainings, in a study that mixes variants.
  case kernels

  /// All columns in their order: costs that are known without training, results of training, measured times.
  static let all = columns(estimates: [])
  static let allWithEstimates = columns(estimates: [.estimate, .unbeaten, .confirmed])

  private static func columns(estimates: [TableColumn]) -> [TableColumn] {
    var costs: [TableColumn] = []
    var findings: [TableColumn] = []
    var measurements: [TableColumn] = []
    for objective in Objective.allCases {
      switch objective.descriptor.quantity {
      case .count, .time: costs += [.value(objective), .ofDense(objective)]
      case .fraction: findings.append(.value(objective))
      case .ratio: measurements.append(.value(objective))
      }
    }
    return costs + findings + estimates + [.loss] + measurements + [.seeds, .layers]
  }

  package var heading: String {
    switch self {
    case .value(let objective): objective.descriptor.heading
    case .ofDense: "of dense"
    case .loss: "Loss"
    case .seeds: "Seeds"
    case .layers: "Layers"
    case .estimate: "Estimate"
    case .unbeaten: "Unbeaten"
    case .confirmed: "Confirmed"
    case .kernels: "Kernels"
    }
  }

  /// The column's name within a sentence.
  package var title: String {
    switch self {
    case .ofDense(let objective): "\(objective.title) of dense"
    case .value, .loss, .seeds, .layers, .estimate, .unbeaten, .confirmed, .kernels: heading.lowercased()
    }
  }
}

extension StudyReport {
  package var tableColumns: [TableColumn] {
    let kernels: [TableColumn] = mixesKernelVariants ? [.kernels] : []
    let known = { (column: TableColumn) in
      switch column {
      case .value(let objective), .ofDense(let objective): !objective.isUnknown(in: denseCost)
      default: true
      }
    }
    guard let estimated else { return TableColumn.all.filter(known) + kernels }
    return TableColumn.allWithEstimates.filter { known($0) && ($0 != .confirmed || estimated.confirmations > 0) }
      + kernels
  }

  package var frontierTitle: String { estimated == nil ? "frontier" : "estimated frontier" }
}

extension ReportRow {
  package static let unknown = "–"

  package func cell(_ column: TableColumn) -> String {
    switch column {
    case .value(let objective): score.text(of: objective) ?? Self.unknown
    case .ofDense(let objective): score.ratioToDense(of: objective).map { NumberText.percent($0) } ?? Self.unknown
    case .loss: score.loss.map { NumberText.fixed($0, 3) } ?? Self.unknown
    case .seeds: score.seedsText
    case .layers: "\(score.candidate.decompositions.count)"
    case .estimate: estimate?.text ?? Self.unknown
    case .unbeaten: estimate.map { NumberText.percent($0.frontierProbability, 0) } ?? Self.unknown
    case .confirmed: confirmation?.text ?? Self.unknown
    case .kernels: kernelVariants.isEmpty ? Self.unknown : kernelVariants.joined(separator: ", ")
    }
  }
}

extension String {
  /// The text with Markdown's special characters escaped. Failure reasons are free text, and none may become a table, a
  /// link or HTML.
  fileprivate var markdownEscaped: String {
    reduce(into: "") { text, character in
      if "\\`*_[]<>|#".contains(character) { text.append("\\") }
      text.append(character)
    }
  }
}
