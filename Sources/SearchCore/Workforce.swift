/// What computes things that do not depend on each other: on as many threads as it has, and with the same results
/// whatever their number, since each is a function of its index alone.
package protocol Workforce: Sendable {
  /// What the function says of 0 to count - 1, in this order.
  func map<Value: Sendable>(_ count: Int, _ value: @Sendable (Int) -> Value) -> [Value]
}

/// One after the other.
package struct OneByOne: Workforce {
  package init() {}

  package func map<Value: Sendable>(_ count: Int, _ value: @Sendable (Int) -> Value) -> [Value] {
    (0..<count).map(value)
  }
}
