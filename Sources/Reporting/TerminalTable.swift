import SearchCore

extension StudyReport {
  /// The candidates as aligned columns for a terminal of `width` columns (`nil` for as wide as needed), below lines
  /// about the study and what went wrong in it. No line exceeds the width: if room is short, the least important
  /// columns are left out, and a candidate, which is the result, continues on a second line. Candidates are written as
  /// labels, which every command accepts.
  package func terminalTable(_ selection: ReportSelection = .frontier, width: Int? = nil) -> String {
    var lines = Wrapping.lines("\(study): \(setting)", width: width, indent: 2)
    lines += Wrapping.lines("\(extent); dense: \(denseText)", width: width, indent: 2)
    for line in estimateLines + [omission(selection)].compactMap({ $0 }) {
      lines += Wrapping.lines(line, width: width, indent: 2)
    }
    for caveat in caveats { lines += Wrapping.lines(caveat, width: width, indent: 2) }
    let rows = rows(selection)
    if !rows.isEmpty {
      let table = TerminalTable(
        rows: rows, kinds: tableColumns, objectives: objectives, architecture: architecture, width: width)
      lines += [""] + table.lines
      if let omitted = table.omitted { lines += Wrapping.lines(omitted, width: width, indent: 2) }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Chooses the columns that fit, and formats the table.
private struct TerminalTable {
  private typealias Column = CandidateTable.Column

  private let table: CandidateTable
  private let dropped: [TableColumn]

  /// The preferred minimum room for a candidate: most labels of small networks fit, and longer ones need few lines.
  private static let comfortableRoom = 34

  init(
    rows: [ReportRow], kinds: [TableColumn], objectives: [Objective], architecture: Architecture, width: Int?
  ) {
    let labels = rows.map { CandidateLabel($0.score.candidate, in: architecture) }
    // A column with only unknown values is left out.
    var columns = kinds.map { kind in
      (kind: kind, column: Column(heading: kind.heading, cells: rows.map { $0.cell(kind) }))
    }.filter { !$0.column.cells.allSatisfy { $0 == ReportRow.unknown } }
    var dropped: [TableColumn] = []
    if let width {
      let wanted = min(Self.comfortableRoom, labels.map(\.text.count).max() ?? 0)
      for kind in Self.order(objectives) where CandidateTable.room(beside: columns.map(\.column), width) < wanted {
        guard columns.count > 1, let index = columns.firstIndex(where: { $0.kind == kind }) else { continue }
        columns.remove(at: index)
        dropped.append(kind)
        // The column that "of dense" refers to has been removed.
        if case .value(let objective) = kind {
          for index in columns.indices where columns[index].kind == .ofDense(objective) {
            columns[index].column.heading = objective.descriptor.shortHeading
          }
        }
      }
    }
    // If there is hardly any room, the estimate, which the user asked for, takes precedence over the measured accuracy.
    if let width, CandidateTable.room(beside: columns.map(\.column), width) < 0, kinds.contains(.estimate),
      let index = columns.firstIndex(where: { $0.kind == .value(.accuracy) })
    {
      columns.remove(at: index)
      dropped.append(.value(.accuracy))
    }
    let showsAccuracy = columns.contains { $0.kind == .value(.accuracy) }
    let notes = rows.map { row in
      var notes: [String] = []
      if case .allLayers(let label) = row.reference { notes.append("all layers at \(label)") }
      if row.isUntrained, !showsAccuracy { notes.append("untrained") }
      return notes.isEmpty ? "" : "(\(notes.joined(separator: ", ")))"
    }
    table = CandidateTable(columns: columns.map(\.column), labels: labels, notes: notes, width: width)
    self.dropped = dropped
  }

  /// The order in which columns are removed: the least informative first, and costs that are no objective of the study
  /// before its objectives. Of the values relative to the dense network, the first objective stays longest.
  private static func order(_ objectives: [Objective]) -> [TableColumn] {
    let relative = Objective.allCases.filter(\.isRelativeToDense).reversed()
    let amounts = relative.filter(isCount).map(TableColumn.value)
    func shares(_ objectives: some Sequence<Objective>) -> [TableColumn] {
      objectives.map { isCount($0) ? .ofDense($0) : .value($0) }
    }
    let rest = relative.dropLast()
    return [.layers] + amounts + [.loss, .kernels] + shares(rest.filter { !objectives.contains($0) })
      + [.seeds, .unbeaten]
      + shares(rest.filter { objectives.contains($0) }) + [.confirmed] + shares(relative.suffix(1))
  }

  private static func isCount(_ objective: Objective) -> Bool {
    switch objective.descriptor.quantity {
    case .count, .time: true
    case .fraction, .ratio: false
    }
  }

  var omitted: String? {
    guard !dropped.isEmpty else { return nil }
    return "(left out for lack of room: \(dropped.map(\.title).joined(separator: ", ")); export has them)"
  }

  var lines: [String] { table.lines }
}
