import ReadableText
import SearchCore

// Comma-separated values for scripts, quoted as in RFC 4180, with a line feed at the end of each line. Accuracy, its
// deviation and loss are written as the shortest text that reads back to the same bits, so that two frontiers can be
// compared as files. Ratios have six decimals, and an unknown value is an empty field. Accuracy and loss cover only the
// trainings that did not diverge.
extension StudyReport {
  func csv(_ selection: ReportSelection) -> String {
    let rows = rows(selection)
    let columns = columns(of: rows)
    let lines = [columns.map(\.name)] + rows.map { row in columns.map { $0.value(row).field } }
    return Self.csv(lines)
  }

  /// Returns the text of a CSV file with these rows of fields.
  package static func csv(_ rows: [[String]]) -> String {
    rows.map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  func columns(of rows: [ReportRow]) -> [ReportColumn] {
    ReportColumn.all(of: denseCost) + (estimated == nil ? [] : ReportColumn.estimates(of: rows))
  }

  static func quoted(_ field: String) -> String {
    // Works on bytes, because a carriage return and a line feed together are one Character, and because fields may be
    // long.
    let bytes = field.utf8
    guard bytes.contains(where: { [0x2c, 0x22, 0x0a, 0x0d].contains($0) }) else { return field }
    guard bytes.contains(0x22) else { return "\"\(field)\"" }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

extension ReportColumn.Value {
  fileprivate var field: String {
    func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    switch self {
    case .text(let text): return text
    case .texts(let texts): return texts.joined(separator: ";")
    case .flag(let flag): return flag ? "true" : "false"
    case .integer(let integer): return "\(integer)"
    case .number(let number): return number.map { "\($0)" } ?? ""
    case .exact(let value): return finite(value).map { "\($0)" } ?? ""
    case .ratio(let value): return finite(value).map { NumberText.ratio($0) } ?? ""
    }
  }
}
