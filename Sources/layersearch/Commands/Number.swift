import ArgumentParser
import SearchCore

extension Option where Value: ExpressibleByArgument {
  /// Creates an option with a default that the help shows; for options with a `transform`, it shows none otherwise.
  init(
    wrappedValue: Value, help: ArgumentHelp, reading: @escaping @Sendable (String) throws -> Value
  ) {
    var help = help
    help.abstract += " (default: \(wrappedValue.defaultValueDescription))"
    self.init(wrappedValue: wrappedValue, help: help, transform: reading)
  }
}

/// Functions that read the values of options. Their errors say what is allowed.
enum Number {
  /// Reads a value with `parse`, which returns `nil` if the text is not allowed.
  static func value<Value>(
    _ allowed: String, _ parse: @escaping @Sendable (String) -> Value?
  ) -> @Sendable (String) throws -> Value {
    { text in
      guard let value = parse(text) else { throw ValidationError("it must be \(allowed)") }
      return value
    }
  }

  static func whole<Value: FixedWidthInteger & Sendable>(_ range: ClosedRange<Value>)
    -> @Sendable (String) throws -> Value
  {
    value("a whole number from \(range.lowerBound) to \(range.upperBound)") {
      Value($0).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  static func decimal(_ limit: NumberLimit) -> @Sendable (String) throws -> Double {
    value("a number \(limit)") { Double($0).flatMap { limit.contains($0) ? $0 : nil } }
  }

  static func decimal(_ range: ClosedRange<Double>) -> @Sendable (String) throws -> Double {
    decimal(NumberLimit("from \(text(range.lowerBound)) to \(text(range.upperBound))") { range.contains($0) })
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
