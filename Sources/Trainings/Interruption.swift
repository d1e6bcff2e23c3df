import Processes
import Synchronization

/// Ctrl-C and SIGTERM while a training runs: the first is kept until the step under way is done, the second ends the
/// process.
package final class Interruption: Sendable {
  private let isAsked: Flag
  private let signals: Signals

  /// - Parameter atOnce: called with the second one, on a thread of its own.
  package init(atOnce: @escaping @Sendable () -> Void) {
    let flag = Flag()
    isAsked = flag
    signals = Signals { _, count in
      if count > 1 { atOnce() }
      flag.value.store(true, ordering: .relaxed)
    }
  }

  var isRequested: Bool { isAsked.value.load(ordering: .relaxed) }

  private final class Flag: Sendable {
    let value = Atomic(false)
  }
}
