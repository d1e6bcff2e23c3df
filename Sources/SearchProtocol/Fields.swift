/// A value that is a JSON object on the wire. Its fields are declared once, in `visitFields`: that writes them, reads
/// them and checks their limits.
///
/// What is written has the form that `JSONEncoder` gives the same value with sorted keys; `Codable` reads whatever else
/// is legal JSON. Tests hold both to the same bytes and values, so that a field that is missing in one of them, or
/// stands in another order, is found.
protocol Record {
  /// What reading begins with: every field is replaced.
  static var blank: Self { get }

  /// Shows each field to the visitor, in the order of their keys.
  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure)

  /// What is wrong although each field is within its limits.
  var inconsistency: ProtocolError? { get }
}

extension Record {
  var inconsistency: ProtocolError? { nil }

  /// Throws `ProtocolError.field` for the first field out of its range.
  func checkFields() throws(ProtocolError) {
    var copy = self
    var check = FieldCheck()
    try copy.visitFields(&check)
    if let inconsistency { throw inconsistency }
  }
}

/// What is done with the fields of a record, one after the other.
protocol FieldVisitor {
  associatedtype Failure: Error

  mutating func field<Kind: FieldKind>(
    _ key: StaticString, _ value: inout Kind.Value, _ kind: Kind
  ) throws(Failure)

  /// A field that is left out where it is nil.
  mutating func optional<Kind: FieldKind>(
    _ key: StaticString, _ value: inout Kind.Value?, _ kind: Kind
  ) throws(Failure)
}

/// How one value is written and read, and its limits.
protocol FieldKind<Value> {
  associatedtype Value

  func write(_ value: Value, to writer: inout PlainJSONWriter)
  /// Nil where something else comes, or comes in another form than `write`'s.
  func read(from reader: inout PlainJSONReader) -> Value?
  /// Throws `ProtocolError.field` with this name.
  func check(_ value: Value, _ name: StaticString) throws(ProtocolError)
  /// As the protocol's page says it.
  var words: FieldWords { get }
}

/// Checks each field's limits.
struct FieldCheck: FieldVisitor {
  typealias Failure = ProtocolError

  @inline(__always)
  mutating func field<Kind: FieldKind>(
    _ key: StaticString, _ value: inout Kind.Value, _ kind: Kind
  ) throws(ProtocolError) {
    try kind.check(value, key)
  }

  @inline(__always)
  mutating func optional<Kind: FieldKind>(
    _ key: StaticString, _ value: inout Kind.Value?, _ kind: Kind
  ) throws(ProtocolError) {
    if let value { try kind.check(value, key) }
  }
}

extension PlainJSONWriter: FieldVisitor {
  typealias Failure = Never

  @inline(__always)
  mutating func field<Kind: FieldKind>(_ key: StaticString, _ value: inout Kind.Value, _ kind: Kind) {
    self.key(key)
    kind.write(value, to: &self)
  }

  @inline(__always)
  mutating func optional<Kind: FieldKind>(_ key: StaticString, _ value: inout Kind.Value?, _ kind: Kind) {
    guard let value else { return }
    self.key(key)
    kind.write(value, to: &self)
  }

  mutating func write(record: some Record) {
    literal("{")
    var record = record
    record.visitFields(&self)
    literal("}")
  }
}

/// What comes is not what `PlainJSONWriter` writes.
struct NotPlain: Error {}

extension PlainJSONReader: FieldVisitor {
  typealias Failure = NotPlain

  @inline(__always)
  mutating func field<Kind: FieldKind>(
    _ key: StaticString, _ value: inout Kind.Value, _ kind: Kind
  ) throws(NotPlain) {
    guard skip(key: key), let read = kind.read(from: &self) else { throw NotPlain() }
    value = read
  }

  @inline(__always)
  mutating func optional<Kind: FieldKind>(
    _ key: StaticString, _ value: inout Kind.Value?, _ kind: Kind
  ) throws(NotPlain) {
    guard skip(key: key) else {
      value = nil
      return
    }
    guard let read = kind.read(from: &self) else { throw NotPlain() }
    value = read
  }

  mutating func record<Value: Record>(_: Value.Type = Value.self) -> Value? {
    guard skip("{") else { return nil }
    var value = Value.blank
    do { try value.visitFields(&self) } catch { return nil }
    return skip("}") ? value : nil
  }
}
