/// Comma-separated values according to RFC 4180: a field that contains a comma, a quote or a line end is in quotes, and
/// a quote within it is doubled. Lines end with a line feed, optionally preceded by a carriage return.
package enum SeparatedValues {
  package struct Row: Hashable, Sendable {
    /// The number of the line where the row begins, starting at 1.
    package var line: Int
    package var fields: [String]
  }

  package struct Problem: Error, Hashable, Sendable {
    package var line: Int
    package var text: String
  }

  /// Returns all rows except empty lines.
  package static func rows(of text: String) throws(Problem) -> [Row] {
    var reader = Reader()
    for byte in text.utf8 { try reader.read(byte) }
    return try reader.end()
  }

  private struct Reader {
    private enum State {
      case start, plain, quoted, quoteInQuoted
    }

    private var rows: [Row] = []
    private var fields: [String] = []
    private var field: [UInt8] = []
    private var state = State.start
    private var line = 1
    private var rowLine = 1

    mutating func read(_ byte: UInt8) throws(Problem) {
      switch (state, byte) {
      case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
      case (.quoted, _):
        field.append(byte)
        if byte == UInt8(ascii: "\n") { line += 1 }
      case (.quoteInQuoted, UInt8(ascii: "\"")):
        field.append(byte)
        state = .quoted
      case (_, UInt8(ascii: ",")): endField()
      case (_, UInt8(ascii: "\n")): endRow()
      case (.quoteInQuoted, UInt8(ascii: "\r")): break
      case (.quoteInQuoted, _): throw Problem(line: line, text: "a comma must follow a quoted field")
      case (.start, UInt8(ascii: "\"")): state = .quoted
      case (.plain, UInt8(ascii: "\"")):
        throw Problem(line: line, text: "a field has a quote in it, but does not begin with one")
      default:
        field.append(byte)
        state = .plain
      }
    }

    mutating func end() throws(Problem) -> [Row] {
      if state == .quoted { throw Problem(line: rowLine, text: "a quoted field does not end") }
      if state != .start || !fields.isEmpty { endRow() }
      return rows
    }

    private mutating func endField() {
      fields.append(String(decoding: field, as: UTF8.self))
      field = []
      state = .start
    }

    private mutating func endRow() {
      if field.last == UInt8(ascii: "\r") { field.removeLast() }
      let isEmpty = fields.isEmpty && field.isEmpty && state != .quoteInQuoted
      endField()
      if !isEmpty { rows.append(Row(line: rowLine, fields: fields)) }
      fields = []
      line += 1
      rowLine = line
    }
  }
}
