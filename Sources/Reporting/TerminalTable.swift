import SearchCore

extension StudyReport {
  /// The candidates as aligned columns for a terminal of `width` columns (nil: as wide as needed), with lines above
  /// that say what it is and what went wrong. No line is wider: where room is short the least important columns are
  /// left out, and a candidate, which is the result, goes on in a second line. Candidates are labels, which every
  /// command reads.
  package func terminalTable(_ selection: ReportSelection = .frontier, width: Int? = nil) -> String {
    var lines = Wrapping.lines("\(study): \(setting)", width: width, indent: 2)
    lines += Wrapping.lines("\(extent); dense: \(denseText)", width: width, indent: 2)
    for caveat in caveats { lines += Wrapping.lines(caveat, width: width, indent: 2) }
    let rows = rows(selection)
    if !rows.isEmpty {
      let table = TerminalTable(rows: rows, objectives: objectives, architecture: architecture, width: width)
      lines += [""] + table.lines
      if let omitted = table.omitted { lines += Wrapping.lines(omitted, width: width, indent: 2) }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Which columns there is room for, and the lines that follow.
private struct TerminalTable {
  private struct Column {
    var kind: TableColumn
    var heading: String
    /// Without the heading.
    var cells: [String]
    var width: Int { max(heading.count, cells.map(\.count).max() ?? 0) }
  }

  private let columns: [Column]
  private let labels: [CandidateLabel]
  private let notes: [String]
  private let width: Int?
  private let dropped: [TableColumn]

  /// Room that a candidate should have at least: most labels of small networks fit, and longer ones need few lines.
  private static let comfortableRoom = 34
  /// With less than this it goes below its row instead.
  private static let leastRoom = 20
  private static let gap = 2

  init(rows: [ReportRow], objectives: [Objective], architecture: Architecture, width: Int?) {
    labels = rows.map { CandidateLabel($0.score.candidate, in: architecture) }
    notes = rows.map { row in
      guard case .allLayers(let label) = row.reference else { return "" }
      return "(all layers at \(label))"
    }
    self.width = width
    // A column that holds nothing but unknown values tells nothing.
    var columns = TableColumn.all.map { kind in
      Column(kind: kind, heading: kind.heading, cells: rows.map { $0.cell(kind) })
    }.filter { !$0.cells.allSatisfy { $0 == ReportRow.unknown } }
    var dropped: [TableColumn] = []
    if let width {
      let wanted = min(Self.comfortableRoom, labels.map(\.text.count).max() ?? 0)
      for kind in Self.order(objectives) where Self.room(beside: columns, width) < wanted {
        guard columns.count > 1, let index = columns.firstIndex(where: { $0.kind == kind }) else { continue }
        columns.remove(at: index)
        dropped.append(kind)
        // What "of dense" refers to has gone.
        if case .value(let objective) = kind {
          Self.rename(.ofDense(objective), objective.descriptor.shortHeading, in: &columns)
        }
      }
    }
    self.columns = columns
    self.dropped = dropped
  }

  /// The first to go first: what tells least, and what the study does not look for. Of what is told as a share of the
  /// dense network's, the first objective stays longest.
  private static func order(_ objectives: [Objective]) -> [TableColumn] {
    let relative = Objective.allCases.filter(\.isRelativeToDense).reversed()
    let amounts = relative.filter(isCount).map(TableColumn.value)
    func shares(_ objectives: some Sequence<Objective>) -> [TableColumn] {
      objectives.map { isCount($0) ? .ofDense($0) : .value($0) }
    }
    let rest = relative.dropLast()
    return [.layers] + amounts + [.loss] + shares(rest.filter { !objectives.contains($0) }) + [.seeds]
      + shares(rest.filter { objectives.contains($0) }) + shares(relative.suffix(1))
  }

  private static func isCount(_ objective: Objective) -> Bool {
    if case .count = objective.descriptor.quantity { true } else { false }
  }

  private static func rename(_ kind: TableColumn, _ heading: String, in columns: inout [Column]) {
    for index in columns.indices where columns[index].kind == kind { columns[index].heading = heading }
  }

  private static func room(beside columns: [Column], _ width: Int) -> Int {
    width - columns.reduce(0) { $0 + $1.width + gap }
  }

  var omitted: String? {
    guard !dropped.isEmpty else { return nil }
    return "(left out for want of room: \(dropped.map(\.title).joined(separator: ", ")); export has them)"
  }

  var lines: [String] {
    let room = width.map { Self.room(beside: columns, $0) }
    let isBelow = room.map { $0 < Self.leastRoom } ?? false
    let heading = columns.map { Self.right($0.heading, $0.width) }
    let margin = isBelow ? Self.gap : columns.reduce(0) { $0 + $1.width + Self.gap }
    var lines = [(heading + (isBelow ? [] : ["Candidate"])).joined(separator: "  ")]
    for row in labels.indices {
      let cells = columns.map { Self.right($0.cells[row], $0.width) }.joined(separator: "  ")
      var candidate = width.map { labels[row].lines(width: max(1, $0 - margin)) } ?? [labels[row].text]
      if !notes[row].isEmpty {
        let last = candidate.removeLast()
        let whole = "\(last)  \(notes[row])"
        let noteRoom = width.map { $0 - margin } ?? .max
        candidate += whole.count > noteRoom ? [last] + Wrapping.lines(notes[row], width: noteRoom) : [whole]
      }
      let indent = String(repeating: " ", count: margin)
      if isBelow {
        lines.append(cells)
        lines += candidate.map { indent + $0 }
      } else {
        lines.append("\(cells)  \(candidate[0])")
        lines += candidate.dropFirst().map { indent + $0 }
      }
    }
    return lines
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
