/// The type and the allowed values of a field, in words for the protocol's page.
struct FieldWords {
  /// Such as `whole number` or `text`.
  var type: String
  /// Such as `1 to 4096`; empty if the type alone says it.
  var allowed = ""
  /// The type of the nested object, if any.
  var record: (any Record.Type)?
}

extension Whole {
  var words: FieldWords { FieldWords(type: "whole number", allowed: BoundText.range(range)) }
}

extension Number {
  var words: FieldWords {
    let isOpen = range.upperBound == .greatestFiniteMagnitude
    let isAny = isOpen && range.lowerBound == -.greatestFiniteMagnitude
    let allowed =
      isAny ? "finite" : isOpen ? "\(BoundText.number(range.lowerBound)) and more, finite" : BoundText.range(range)
    return FieldWords(type: "number", allowed: allowed)
  }
}

extension FiniteNumber {
  var words: FieldWords { FieldWords(type: "number", allowed: "finite") }
}

extension UncheckedNumber {
  var words: FieldWords { FieldWords(type: "number", allowed: "finite") }
}

extension Flag {
  var words: FieldWords { FieldWords(type: "`true` or `false`") }
}

extension Text {
  var words: FieldWords {
    FieldWords(type: "text", allowed: (mayBeEmpty ? "at most" : "1 to") + " \(limit) bytes, no control characters")
  }
}

extension FolderPath {
  var words: FieldWords {
    FieldWords(type: "text", allowed: "an absolute path without `..`, at most \(FieldLimits.pathBytes) bytes")
  }
}

extension Choice {
  var words: FieldWords {
    func names<Cases: CaseIterable>(of cases: Cases.Type) -> [String] {
      cases.allCases.compactMap { ($0 as? Value)?.rawValue }
    }
    let known = (Value.self as? any CaseIterable.Type).map { names(of: $0) } ?? []
    return FieldWords(type: "text", allowed: known.map { "`\($0)`" }.joined(separator: ", "))
  }
}

extension Nested {
  var words: FieldWords { FieldWords(type: "object \(Value.pageLink)", record: Value.self) }
}

extension List {
  var words: FieldWords {
    let each = element.words
    let bounds = each.allowed.isEmpty ? "" : "; each: \(each.allowed)"
    return FieldWords(
      type: "list of: \(each.type)", allowed: "at most \(limit) entries\(bounds)", record: each.record)
  }
}

extension DataHashes {
  var words: FieldWords { FieldWords(type: "object: name → text", allowed: "at most 64 entries") }
}

extension ByName {
  var words: FieldWords {
    let each = element.words
    let bounds = each.allowed.isEmpty ? "" : "; each: \(each.allowed)"
    return FieldWords(
      type: "object: name → \(each.type)",
      allowed: "at most \(FieldLimits.observed) entries, names of `a` to `z`, `0` to `9` and `_`\(bounds)",
      record: each.record)
  }
}

extension OutcomeField {
  var words: FieldWords {
    FieldWords(
      type: "object with one key",
      allowed: "`{\"finished\": {\"_0\": OBSERVATION}}` with an object \(ObservationContent.pageLink), "
        + "`{\"failed\": {\"reason\": TEXT}}` or `{\"returned\": {\"reason\": TEXT}}`, texts of at most "
        + "\(FieldLimits.reasonBytes) bytes",
      record: ObservationContent.self)
  }
}

extension HashText {
  var words: FieldWords { FieldWords(type: "text", allowed: "64 hexadecimal digits, lower-case: a SHA-256") }
}

extension HashField {
  var words: FieldWords { FieldWords(type: "text", allowed: "64 hexadecimal digits, lower-case: a SHA-256") }
}

private enum BoundText {
  static func range<Value: Comparable>(_ range: ClosedRange<Value>) -> String {
    "\(number(range.lowerBound)) to \(number(range.upperBound))"
  }

  /// The number as text: whole numbers without a decimal point, large powers of two as `2^n`.
  static func number(_ value: some Comparable) -> String {
    if let whole = value as? any BinaryInteger { return number(whole) }
    guard let value = value as? Double else { return "\(value)" }
    return Int64(exactly: value).map { number($0) } ?? "\(value)"
  }

  private static func number(_ value: some BinaryInteger) -> String {
    for exponent in 20...64 {
      if let power = Int64(exactly: value), exponent < 63, power == 1 << exponent { return "2^\(exponent)" }
      if UInt64(exactly: value) == (exponent == 64 ? .max : (1 << UInt64(exponent)) - 1), exponent > 31 {
        return "2^\(exponent) − 1"
      }
    }
    return "\(value)"
  }
}
