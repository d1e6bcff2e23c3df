import SearchCore

/// A table for a terminal: right-aligned columns of numbers followed by the candidates. A candidate that does not fit
/// on its line continues on further lines and is never truncated.
package struct CandidateTable {
  package struct Column {
    package var heading: String
    /// The cells below the heading, one per row.
    package var cells: [String]
    var width: Int { max(heading.count, cells.map(\.count).max() ?? 0) }

    package init(heading: String, cells: [String]) {
      self.heading = heading
      self.cells = cells
    }
  }

  private let columns: [Column]
  private let labels: [CandidateLabel]
  private let notes: [String]
  private let width: Int?

  /// The minimum room for candidates beside the columns. With less, each candidate goes below its row.
  private static let leastRoom = 20
  private static let gap = 2

  /// - Parameters:
  ///   - notes: The note that follows each candidate; an empty text for none.
  ///   - width: The number of columns of the terminal; `nil` for an unlimited width.
  package init(columns: [Column], labels: [CandidateLabel], notes: [String], width: Int?) {
    self.columns = columns
    self.labels = labels
    self.notes = notes
    self.width = width
  }

  static func room(beside columns: [Column], _ width: Int) -> Int {
    width - columns.reduce(0) { $0 + $1.width + gap }
  }

  package var lines: [String] {
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
