import Dispatch
import Synchronization

/// This host's processors at work on things that do not depend on each other.
package struct Processors: Sendable {
  package init() {}

  /// What the function says of 0 to count - 1, in this order, whichever thread asks it.
  package func map<Value: Sendable>(_ count: Int, _ value: @Sendable (Int) -> Value) -> [Value] {
    let values = Mutex<[Value?]>(Array(repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { index in
      let found = value(index)
      values.withLock { $0[index] = found }
    }
    return values.withLock { $0.compactMap(\.self) }
  }
}
