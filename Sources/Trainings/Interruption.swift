import Processes
import Synchronization

/// Handles Ctrl-C and SIGTERM while a training runs: the first signal takes effect when the current step is done, the
/// second one ends the process.
package final class Interruption: Sendable {
  private let isAsked: Flag
  private let signals: Signals

  /// - Parameter atOnce: Called on the second signal, on a thread other than the training's.
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
