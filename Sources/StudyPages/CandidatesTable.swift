import ReadableText
import Reporting
import SearchCore
import StudyViews

/// The table of all known candidates in the order of the exports. If not all have room on the page, the most important
/// ones take precedence.
struct CandidatesTable {
  /// The listed rows in the order of the table.
  let rows: [ReportRow]
  /// The row numbers of the listed candidates, starting from 1.
  let numbers: [Candidate: Int]
  /// The number of candidates that were left out.
  let omitted: Int
  private let report: StudyReport
  private let measuredFrontier: Set<Candidate>
  private let strip: LayerStrip

  /// The approximate maximum size of the table, so that the page of a large study remains usable.
  private static let mostBytes = 1_000_000

  init(_ view: StudyView) {
    let report = view.report
    self.report = report
    strip = LayerStrip(report.architecture)
    let measured = Set(view.measured.frontier.map(\.score.candidate))
    measuredFrontier = measured
    // The approximate size of a row: its cells, and its strip.
    func size(_ row: ReportRow) -> Int { 700 + 28 * row.score.candidate.decompositions.count }
    func rank(_ row: ReportRow) -> Int {
      if row.reference != nil || measured.contains(row.score.candidate) { return 0 }
      return row.onFrontier ? row.isUntrained ? 2 : 1 : 3
    }
    var left = Self.mostBytes
    var kept: Set<Int> = []
    for wanted in 0...3 {
      let indices = report.rows.indices.filter { rank(report.rows[$0]) == wanted }
      let whole = indices.reduce(0) { $0 + size(report.rows[$1]) }
      let share = min(1, Double(max(0, left)) / Double(max(1, whole)))
      let count = Int(share * Double(indices.count))
      // An even selection over the order, if not all have room.
      for position in 0..<count {
        let index = indices[position * indices.count / count]
        kept.insert(index)
        left -= size(report.rows[index])
      }
    }
    rows = kept.sorted().map { report.rows[$0] }
    numbers = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1.score.candidate, $0 + 1) })
    omitted = report.rows.count - rows.count
  }

  private var columns: [TableColumn] {
    report.tableColumns.filter { column in rows.contains { $0.cell(column) != ReportRow.unknown } }
  }

  var html: HTML {
    let columns = columns
    let isEstimated = report.estimated != nil
    return .joined([
      strip.network,
      tag("div", ["class": "tall", "tabindex": "0", "role": "region", "aria-label": "All candidates"]) {
        tag("table", ["class": "candidates"]) {
          tag("thead") {
            tag("tr") {
              tag("th", ["class": "name", "scope": "col"]) { "Candidate" }
              tag("th", ["scope": "col"]) { isEstimated ? "Measured frontier" : "Frontier" }
              if isEstimated { tag("th", ["scope": "col"]) { "Estimated" } }
              for column in columns { tag("th", ["scope": "col"]) { column.heading } }
            }
          }
          tag("tbody") { for (index, row) in rows.enumerated() { line(row, index + 1, columns, isEstimated) } }
        }
      },
    ])
  }

  private func line(_ row: ReportRow, _ number: Int, _ columns: [TableColumn], _ isEstimated: Bool) -> HTML {
    let isMeasured = measuredFrontier.contains(row.score.candidate)
    let kind = row.reference?.text ?? ""
    return tag(
      "tr",
      [
        "id": "r\(number)", "class": isMeasured || row.onFrontier ? "frontier" : "", "data-kind": kind,
        "data-layers": "\(row.score.candidate.decompositions.count)",
      ]
    ) {
      tag("td", ["class": "name"]) {
        strip.strip(row.score.candidate)
        if !kind.isEmpty { tag("small", ["class": "faint"]) { kind } }
      }
      tag("td") { isMeasured ? "●" : "" }
      if isEstimated { tag("td") { row.onFrontier ? row.isUntrained ? "○" : "●" : "" } }
      for column in columns { tag("td") { row.cell(column) } }
    }
  }
}
