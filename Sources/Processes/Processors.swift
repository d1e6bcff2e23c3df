import Dispatch
import Synchronization

/// The processors that this process may use, at work on things that do not depend on each other.
package struct Processors: Sendable {
  package init() {}

  /// What the function says of 0 to count - 1, in this order, whichever thread asks it.
  package func map<Value: Sendable>(_ count: Int, _ value: @Sendable (Int) -> Value) -> [Value] {
    let values = Mutex<[Value?]>(Array(repeating: nil, count: count))
    let next = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: min(count, UsableProcessors.current.count)) { _ in
      while true {
        let index = next.withLock { next in
          defer { next += 1 }
          return next
        }
        guard index < count else { return }
        let found = value(index)
        values.withLock { $0[index] = found }
      }
    }
    return values.withLock { $0.compactMap(\.self) }
  }
}
