import ReadableText
import SearchCore

// The table for documents; TerminalTable has the one for terminals.
extension StudyReport {
  func markdown(_ selection: ReportSelection) -> String {
    var headings = TableColumn.allCases.map(\.heading) + ["Candidate"]
    var alignments = headings.map { $0 == "Candidate" ? ":---" : "---:" }
    if selection == .all {
      headings.insert("Frontier", at: headings.count - 1)
      alignments.insert(":---:", at: alignments.count - 1)
    }
    let lines = rows(selection).map { row in
      var cells = TableColumn.allCases.map { row.cell($0) }
      if selection == .all { cells.append(row.onFrontier ? "●" : "") }
      return cells + ["`\(row.score.candidate)`"]
    }
    let table = ([headings, alignments] + lines).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
    var text = "# \(study): \(selection == .all ? "all candidates" : "frontier")\n\n"
    text += "\(setting). \(extent); objectives: \(objectives.map(\.title).joined(separator: ", ")).\n"
    text += "Dense network: \(denseText). Times are relative to it.\n"
    if let hypervolume { text += "Hypervolume: \(NumberText.fixed(hypervolume, 6)).\n" }
    for caveat in caveats { text += "\n\(caveat.markdownEscaped)\n" }
    return text + "\n" + table
  }

  var denseText: String {
    let cost =
      "\(NumberText.count(denseCost.parameters)) parameters, \(NumberText.count(denseCost.multiplyAdds)) multiply-adds"
    guard let score = dense?.score else { return cost }
    return "\(cost), accuracy \(score.accuracyText)"
  }
}

/// What a table tells of a candidate besides its name, in the order of its columns.
enum TableColumn: CaseIterable {
  case parameters, parameterRatio, multiplyAdds, multiplyAddRatio, accuracy, loss, stepTime, inferenceTime, seeds
  case layers

  var heading: String {
    switch self {
    case .parameters: return "Parameters"
    case .parameterRatio, .multiplyAddRatio: return "of dense"
    case .multiplyAdds: return "Multiply-adds"
    case .accuracy: return "Accuracy"
    case .loss: return "Loss"
    case .stepTime: return "Step time"
    case .inferenceTime: return "Inference"
    case .seeds: return "Seeds"
    case .layers: return "Layers"
    }
  }
}

extension ReportRow {
  static let unknown = "–"

  func cell(_ column: TableColumn) -> String {
    switch column {
    case .parameters: return NumberText.count(score.cost.parameters)
    case .parameterRatio: return NumberText.percent(score.parameterRatio)
    case .multiplyAdds: return NumberText.count(score.cost.multiplyAdds)
    case .multiplyAddRatio: return NumberText.percent(score.multiplyAddRatio)
    case .accuracy: return score.accuracyText
    case .loss: return score.loss.map { NumberText.fixed($0, 3) } ?? Self.unknown
    case .stepTime: return score.value(of: .stepTime).map { NumberText.percent($0, 0) } ?? Self.unknown
    case .inferenceTime: return score.value(of: .inferenceTime).map { NumberText.percent($0, 0) } ?? Self.unknown
    case .seeds: return score.seedsText
    case .layers: return "\(score.candidate.decompositions.count)"
    }
  }
}

extension String {
  /// Reasons of failures are free text: nothing in it is to be taken for a table, a link or HTML.
  fileprivate var markdownEscaped: String {
    reduce(into: "") { text, character in
      if "\\`*_[]<>|#".contains(character) { text.append("\\") }
      text.append(character)
    }
  }
}
