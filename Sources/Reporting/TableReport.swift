import SearchCore

// Tables for people: Markdown for documents, aligned text for the terminal.
extension StudyReport {
  private static let headings = [
    "Parameters", "of dense", "Multiply-adds", "of dense", "Accuracy", "Loss", "Step time", "Inference", "Seeds",
    "Layers",
    "Candidate",
  ]

  func markdown(_ selection: ReportSelection) -> String {
    var headings = Self.headings
    var alignments = headings.map { $0 == "Candidate" ? ":---" : "---:" }
    if selection == .all {
      headings.insert("Frontier", at: headings.count - 1)
      alignments.insert(":---:", at: alignments.count - 1)
    }
    let lines = rows(selection).map { row in
      var cells = row.cells
      let candidate = cells.removeLast()
      if selection == .all { cells.append(row.onFrontier ? "●" : "") }
      return cells + ["`\(candidate)`"]
    }
    let table = ([headings, alignments] + lines).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
    var text = "# \(study): \(selection == .all ? "all candidates" : "frontier")\n\n"
    text += "\(setting). \(extent); objectives: \(objectives.map(\.title).joined(separator: ", ")).\n"
    text += "Dense network: \(denseText). Times are relative to it.\n"
    if let hypervolume { text += "Hypervolume: \(NumberText.fixed(hypervolume, 6)).\n" }
    return text + "\n" + table
  }

  /// The frontier as aligned columns for a terminal of `width` columns (nil: as wide as needed), with a line above that says
  /// what it is. Candidates that do not fit are cut off with an ellipsis.
  public func terminalTable(_ selection: ReportSelection = .frontier, width: Int? = nil) -> String {
    let rows = rows(selection)
    var text = "\(study): \(setting)\n\(extent); dense: \(denseText)\n"
    guard !rows.isEmpty else { return text + "No candidate has a result yet.\n" }
    var lines =
      [Self.headings]
      + rows.map { row in
        guard case .allLayers(let label) = row.reference else { return row.cells }
        return row.cells.dropLast() + ["all layers at \(label)"]
      }
    // A column that holds nothing but unknown values tells nothing.
    for column in Self.headings.indices.reversed() {
      if lines.dropFirst().allSatisfy({ $0[column] == ReportRow.unknown }) {
        for line in lines.indices { lines[line].remove(at: column) }
      }
    }
    let last = lines[0].count - 1
    let widths = (0..<last).map { column in lines.map { $0[column].count }.max() ?? 0 }
    let room = width.map { max(12, $0 - widths.reduce(0) { $0 + $1 + 2 }) }
    for line in lines {
      for (cell, width) in zip(line, widths) { text += String(repeating: " ", count: width - cell.count) + cell + "  " }
      let candidate = line[last]
      if let room, candidate.count > room {
        text += candidate.prefix(room - 1) + "…\n"
      } else {
        text += candidate + "\n"
      }
    }
    return text
  }

  private var denseText: String {
    let cost =
      "\(NumberText.count(denseCost.parameters)) parameters, \(NumberText.count(denseCost.multiplyAdds)) multiply-adds"
    guard let score = dense?.score else { return cost }
    return "\(cost), accuracy \(score.accuracyText)"
  }
}

extension ReportRow {
  fileprivate static let unknown = "–"

  /// In the order of the headings.
  fileprivate var cells: [String] {
    [
      NumberText.count(score.cost.parameters), NumberText.percent(score.parameterRatio),
      NumberText.count(score.cost.multiplyAdds), NumberText.percent(score.multiplyAddRatio), score.accuracyText,
      score.loss.map { NumberText.fixed($0, 3) } ?? Self.unknown,
      score.stepTimeRatio.map { NumberText.percent($0, 0) } ?? Self.unknown,
      score.inferenceTimeRatio.map { NumberText.percent($0, 0) } ?? Self.unknown, "\(score.seeds)",
      "\(score.candidate.ranks.count)", "\(score.candidate)",
    ]
  }
}
