// The kinds of fields in messages. Each defines how its value is written and read, and which values are allowed.

/// A whole number.
struct Whole<Value: FixedWidthInteger>: FieldKind {
  var range: ClosedRange<Value>

  init(_ range: ClosedRange<Value> = .min ... .max) { self.range = range }

  func write(_ value: Value, to writer: inout PlainJSONWriter) { writer.write(value) }
  func read(from reader: inout PlainJSONReader) -> Value? { reader.unsigned() }
  func check(_ value: Value, _ name: StaticString) throws(ProtocolError) { try Check.range(value, range, name) }
}

struct Number: FieldKind {
  /// A finite number that is not negative.
  static var amount: Number { Number(0...Double.greatestFiniteMagnitude) }

  var range: ClosedRange<Double>

  init(_ range: ClosedRange<Double>) { self.range = range }

  func write(_ value: Double, to writer: inout PlainJSONWriter) { writer.write(value) }
  func read(from reader: inout PlainJSONReader) -> Double? { reader.double() }
  func check(_ value: Double, _ name: StaticString) throws(ProtocolError) { try Check.range(value, range, name) }
}

struct FiniteNumber: FieldKind {
  func write(_ value: Double, to writer: inout PlainJSONWriter) { writer.write(value) }
  func read(from reader: inout PlainJSONReader) -> Double? { reader.double() }
  func check(_ value: Double, _ name: StaticString) throws(ProtocolError) {
    guard value.isFinite else { throw .field("\(name)", problem: "is not finite") }
  }
}

/// A number whose limits are checked by the record as a whole.
struct UncheckedNumber: FieldKind {
  func write(_ value: Double, to writer: inout PlainJSONWriter) { writer.write(value) }
  func read(from reader: inout PlainJSONReader) -> Double? { reader.double() }
  func check(_ value: Double, _ name: StaticString) {}
}

struct Flag: FieldKind {
  func write(_ value: Bool, to writer: inout PlainJSONWriter) { writer.write(value) }
  func read(from reader: inout PlainJSONReader) -> Bool? { reader.flag() }
  func check(_ value: Bool, _ name: StaticString) {}
}

/// A line of text.
struct Text: FieldKind {
  /// The maximum length in bytes.
  var limit: Int
  var mayBeEmpty = false

  static var name: Text { Text(limit: FieldLimits.nameBytes) }
  static var nameOrNothing: Text { Text(limit: FieldLimits.nameBytes, mayBeEmpty: true) }
  static var reason: Text { Text(limit: FieldLimits.reasonBytes, mayBeEmpty: true) }

  func write(_ value: String, to writer: inout PlainJSONWriter) { writer.write(value) }
  func read(from reader: inout PlainJSONReader) -> String? { reader.string() }
  func check(_ value: String, _ name: StaticString) throws(ProtocolError) {
    try Check.text(value, name, limit: limit, mayBeEmpty: mayBeEmpty)
  }
}

/// The path of a folder: absolute, and without `..`.
struct FolderPath: FieldKind {
  func write(_ value: String, to writer: inout PlainJSONWriter) { writer.write(value) }
  func read(from reader: inout PlainJSONReader) -> String? { reader.string() }
  func check(_ value: String, _ name: StaticString) throws(ProtocolError) {
    try Check.text(value, name, limit: FieldLimits.pathBytes)
    guard value.hasPrefix("/") else { throw .field("\(name)", problem: "is not absolute") }
    guard !value.split(separator: "/").contains("..") else { throw .field("\(name)", problem: "contains '..'") }
  }
}

/// One of a fixed set of strings.
struct Choice<Value: RawRepresentable<String>>: FieldKind {
  init(_: Value.Type = Value.self) {}

  func write(_ value: Value, to writer: inout PlainJSONWriter) { writer.write(value.rawValue) }
  func read(from reader: inout PlainJSONReader) -> Value? { reader.string().flatMap(Value.init(rawValue:)) }
  func check(_ value: Value, _ name: StaticString) {}
}

/// A nested object.
struct Nested<Value: Record>: FieldKind {
  init(_: Value.Type = Value.self) {}

  func write(_ value: Value, to writer: inout PlainJSONWriter) { writer.write(record: value) }
  func read(from reader: inout PlainJSONReader) -> Value? { reader.record() }
  func check(_ value: Value, _ name: StaticString) throws(ProtocolError) { try value.checkFields() }
}

struct List<Element: FieldKind>: FieldKind {
  /// The maximum number of entries.
  var limit: Int
  var element: Element

  init(_ element: Element, limit: Int) {
    self.limit = limit
    self.element = element
  }

  func write(_ value: [Element.Value], to writer: inout PlainJSONWriter) {
    writer.write(list: value) { element.write($1, to: &$0) }
  }

  func read(from reader: inout PlainJSONReader) -> [Element.Value]? { reader.list { element.read(from: &$0) } }

  func check(_ value: [Element.Value], _ name: StaticString) throws(ProtocolError) {
    try Check.count(value.count, limit, name)
    for each in value { try element.check(each, name) }
  }
}

/// The data sets of a worker: name → content hash.
struct DataHashes: FieldKind {
  func write(_ value: [String: String], to writer: inout PlainJSONWriter) {
    // The general encoder decides the order of several entries.
    guard value.count <= 1 else { return writer.giveUp() }
    writer.literal("{")
    for (set, hash) in value {
      writer.write(set)
      writer.literal(":")
      writer.write(hash)
    }
    writer.literal("}")
  }

  func read(from reader: inout PlainJSONReader) -> [String: String]? {
    guard reader.skip("{") else { return nil }
    var hashes: [String: String] = [:]
    if reader.skip("}") { return hashes }
    while true {
      guard let set = reader.string(), reader.skip(":"), let hash = reader.string(),
        hashes.updateValue(hash, forKey: set) == nil
      else { return nil }
      if reader.skip("}") { return hashes }
      guard reader.skip(",") else { return nil }
    }
  }

  func check(_ value: [String: String], _ name: StaticString) throws(ProtocolError) {
    try Check.count(value.count, 64, name)
    for (set, hash) in value {
      try Text.name.check(set, "a data set's name")
      try Text.name.check(hash, "a data set's hash")
    }
  }
}

/// How an attempt ended, without the account of a failure. The only key names the kind of ending:
/// `{"finished":{"_0":…}}`, `{"failed":{"reason":…}}`.
struct OutcomeField: FieldKind {
  func write(_ value: AttemptReport.Outcome, to writer: inout PlainJSONWriter) {
    switch value {
    case .finished(let result):
      writer.literal("{\"finished\":{\"_0\":")
      writer.write(record: ObservationContent(result))
    case .failed(let reason, _):
      writer.literal("{\"failed\":{\"reason\":")
      writer.write(reason)
    case .returned(let reason):
      writer.literal("{\"returned\":{\"reason\":")
      writer.write(reason)
    }
    writer.literal("}}")
  }

  func read(from reader: inout PlainJSONReader) -> AttemptReport.Outcome? {
    let outcome: AttemptReport.Outcome?
    if reader.skip("{\"finished\":{\"_0\":") {
      outcome = reader.record(ObservationContent.self).map { .finished($0.observation) }
    } else if reader.skip("{\"failed\":{\"reason\":") {
      outcome = reader.string().map { .failed(reason: $0) }
    } else if reader.skip("{\"returned\":{\"reason\":") {
      outcome = reader.string().map { .returned(reason: $0) }
    } else {
      return nil
    }
    return reader.skip("}}") ? outcome : nil
  }

  func check(_ value: AttemptReport.Outcome, _ name: StaticString) throws(ProtocolError) {
    switch value {
    case .finished(let result): try result.validate()
    case .failed(let reason, _), .returned(let reason): try Text.reason.check(reason, "reason")
    }
  }
}
