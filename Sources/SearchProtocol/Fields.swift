/// A value that is a JSON object on the wire. Its fields are declared once, in `visitFields`: that declaration is used
/// to write them, to read them and to check their limits.
///
/// The written form is identical to that of `JSONEncoder` with sorted keys. `Codable` reads all other legal JSON. Tests
/// check that both produce the same bytes and values, which reveals a field that is missing from one of them or is in
/// another order.
protocol Record {
  /// The value that reading starts from; every field is replaced.
  static var blank: Self { get }

  /// Passes each field to the visitor, in the order of the keys.
  mutating func visitFields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(Visitor.Failure)

  /// An error in the record as a whole, although each field is within its limits; `nil` if there is none.
  var inconsistency: ProtocolError? { get }
}

extension Record {
  var inconsistency: ProtocolError? { nil }

  /// Checks all fields. Throws `ProtocolError.field` for the first one out of its range.
  func checkFields() throws(ProtocolError) {
    var copy = self
    var check = FieldCheck()
    try copy.visitFields(&check)
    if let inconsistency { throw inconsistency }
  }
}

/// An operation on the fields of a record, one after the other.
protocol FieldVisitor {
  associatedtype Failure: Error

  mutating func field<Kind: FieldKind>(
    _ key: StaticString, _ value: inout Kind.Value, _ kind: Kind
  ) throws(Failure)

  /// Visits a field that is omitted if it is `nil`.
  mutating func optional<Kind: FieldKind>(
    _ key: StaticString, _ value: inout Kind.Value?, _ kind: Kind
  ) throws(Failure)
}

/// How a value is written and read, and its limits.
protocol FieldKind<Value> {
  associatedtype Value

  func write(_ value: Value, to writer: inout PlainJSONWriter)
  /// Returns `nil` if the next value is not of this kind, or does not have the form that `write` produces.
  func read(from reader: inout PlainJSONReader) -> Value?
  /// Throws `ProtocolError.field` with this name if the value is not allowed.
  func check(_ value: Value, _ name: StaticString) throws(ProtocolError)
  /// The description of the kind on the protocol's page.
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

/// The input does not have the form that `PlainJSONWriter` writes.
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
