import SearchCore

/// The text of docs/protocol-fields.md: all messages and all their fields, from their declarations. A test compares the
/// page with it.
package enum ProtocolPage {
  package static var text: String {
    var page = """
      # Fields of the messages

      Written by `layersearch protocol-fields` from the declarations that write, read and check the messages: do not
      edit. What the messages are for and in which order they come: [protocol.md](protocol.md); how a worker is written:
      [foreign-workers.md](foreign-workers.md).

      Every payload is a JSON object, or empty. Bytes of texts are counted in UTF-8. A field that is not always there is
      left out where there is nothing to say (`null` counts as left out). Keys that are not listed are ignored.

      ## Messages


      """
    page += "| code | name | who says it | since version | payload | bytes at most |\n|---|---|---|---|---|---|\n"
    var records: [any Record.Type] = []
    for message in messages {
      var payload = message.note
      if let record = message.record {
        payload = record.pageLink
        add(record, to: &records)
      }
      page +=
        "| \(message.code) | `\(message.name)` | \(message.speaker) | \(message.since) | \(payload) | "
        + "\(message.bytes) |\n"
    }
    page += "\n## Objects\n"
    for record in records { page += section(of: record) }
    return page + WorkPage.text
  }

  /// The names of fields, such as `Hello.slots`, that have no description, and the names that are described although no
  /// such field exists.
  static var unexplained: (missing: [String], surplus: [String]) {
    var records: [any Record.Type] = []
    for message in messages { if let record = message.record { add(record, to: &records) } }
    let names = Set(records.flatMap { record in record.fieldRows.map { "\(record.pageName).\($0.key)" } })
    let explained = Set(FieldMeanings.texts.keys)
    return (names.subtracting(explained).sorted(), explained.subtracting(names).sorted())
  }

  private static func section(of record: any Record.Type) -> String {
    var text = "\n### \(record.pageName)\n\n"
    text += "| key | type | allowed | always there | what it is |\n|---|---|---|---|---|\n"
    for row in record.fieldRows {
      let meaning = FieldMeanings.texts["\(record.pageName).\(row.key)"] ?? ""
      text +=
        "| `\(row.key)` | \(row.words.type) | \(row.words.allowed) | \(row.isOptional ? "no" : "yes") | \(meaning) |\n"
    }
    return text
  }

  private static func add(_ record: any Record.Type, to records: inout [any Record.Type]) {
    guard !records.contains(where: { $0 == record }) else { return }
    records.append(record)
    for row in record.fieldRows { if let inner = row.words.record { add(inner, to: &records) } }
  }

  private struct Message {
    var code: UInt8
    var name: String
    var speaker: String
    var since: Int
    var bytes: Int
    var record: (any Record.Type)?
    /// The text for a payload that is not an object.
    var note: String
  }

  private static var messages: [Message] {
    messages(of: WorkerMessage.self, "worker") + messages(of: CoordinatorMessage.self, "coordinator")
  }

  private static func messages<Kind: WireMessage>(of: Kind.Type, _ speaker: String) -> [Message] {
    Kind.Code.allCases.map { code in
      let content = ContentOfCode()
      _ = try? Kind.read(code, from: content)
      let isEmpty = content.type == NoContent.self
      return Message(
        code: code.rawValue, name: "\(code)", speaker: speaker, since: code.since,
        bytes: isEmpty ? 0 : code.maximumPayloadBytes, record: content.type as? any Record.Type,
        note: isEmpty ? "none" : "bytes: [protocol.md](protocol.md#pieces-of-contents)")
    }
  }

  /// A content source that records the type of the requested content and provides none.
  private final class ContentOfCode: ContentSource {
    var type: (any MessageContent.Type)?

    func content<Content: MessageContent>(of code: some MessageCode) throws(ProtocolError) -> Content {
      type = Content.self
      throw .notThisProtocol
    }
  }
}

struct FieldRow {
  var key: String
  var words: FieldWords
  var isOptional: Bool
}

/// Collects the declared fields.
private struct FieldRows: FieldVisitor {
  typealias Failure = Never

  var rows: [FieldRow] = []

  mutating func field<Kind: FieldKind>(_ key: StaticString, _ value: inout Kind.Value, _ kind: Kind) {
    rows.append(FieldRow(key: "\(key)", words: kind.words, isOptional: false))
  }

  mutating func optional<Kind: FieldKind>(_ key: StaticString, _ value: inout Kind.Value?, _ kind: Kind) {
    rows.append(FieldRow(key: "\(key)", words: kind.words, isOptional: true))
  }
}

extension Record {
  static var fieldRows: [FieldRow] {
    var record = blank
    var rows = FieldRows()
    record.visitFields(&rows)
    return rows.rows
  }

  static var pageName: String {
    let name = String(describing: Self.self)
    return name.hasSuffix("Content") ? String(name.dropLast("Content".count)) : name
  }

  static var pageLink: String { "[\(pageName)](#\(pageName.lowercased()))" }
}
