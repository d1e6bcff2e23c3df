import ArgumentParser
import SearchCore

/// Numbers of options: `transform`s that say what is allowed where the text is none of it.
enum Number {
  /// A whole number in a range.
  static func whole<Value: FixedWidthInteger & Sendable>(
    _ range: ClosedRange<Value>
  ) -> @Sendable (String) throws -> Value {
    { text in
      guard let value = Value(text), range.contains(value) else {
        throw ValidationError("it must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
  }

  /// A decimal number.
  static func decimal(_ limit: NumberLimit) -> @Sendable (String) throws -> Double {
    { text in
      guard let value = Double(text), limit.contains(value) else {
        throw ValidationError("it must be a number \(limit)")
      }
      return value
    }
  }

  static func decimal(_ range: ClosedRange<Double>) -> @Sendable (String) throws -> Double {
    decimal(NumberLimit("from \(text(range.lowerBound)) to \(text(range.upperBound))") { range.contains($0) })
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
