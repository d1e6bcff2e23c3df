/// Computes values that do not depend on each other, on as many threads as it has. Each is a function of its index
/// alone, so that the results do not depend on the number of threads.
package protocol Workforce: Sendable {
  /// Returns the function's values for 0 to count − 1, in this order.
  func map<Value: Sendable>(_ count: Int, _ value: @Sendable (Int) -> Value) -> [Value]
}

/// Computes the values one after the other.
package struct OneByOne: Workforce {
  package init() {}

  package func map<Value: Sendable>(_ count: Int, _ value: @Sendable (Int) -> Value) -> [Value] {
    (0..<count).map(value)
  }
}
