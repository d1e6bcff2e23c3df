import Dispatch
import Synchronization

/// Runs independent tasks on the processors that this process may use.
package struct Processors: Sendable {
  package init() {}

  /// Returns the values of the function for 0 to `count - 1`, in this order, whichever threads compute them.
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
