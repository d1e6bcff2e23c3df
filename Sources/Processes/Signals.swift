import Dispatch
import Foundation

/// Delivers signals as calls on a dedicated queue, instead of their default action.
package final class Signals: Sendable {
  /// Safe to share: set in `init`, only cancelled afterwards.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]
  private let registered = DispatchSemaphore(value: 0)

  package static let requestsToEnd = [SIGINT, SIGTERM, SIGHUP]

  /// Calls `handler` for each distinct request to end (`RequestCount`), with the signal's number and the number of
  /// requests so far, including this one.
  package convenience init(requestsToEnd handler: @escaping @Sendable (Int32, Int) -> Void) {
    let count = Count()
    self.init(Self.requestsToEnd) { number in
      if let count = count.next() { handler(number, count) }
    }
  }

  /// Calls `handler` with the number of each signal.
  package init(_ signals: [Int32], handler: @escaping @Sendable (Int32) -> Void) {
    let queue = DispatchQueue(label: "layersearch.signals")
    let registered = registered
    sources = signals.compactMap { number in
      // Started with nohup: the end of the terminal must not end the process.
      if number == SIGHUP, Self.isIgnored(number) { return nil }
      // On Linux a source replaces the signal's default action when it is registered, asynchronously on another thread.
      // If the signal were ignored until then, one that arrives in between would be lost. With the default action it
      // ends the process, which has not begun anything.
      #if !os(Linux)
        signal(number, SIG_IGN)
      #endif
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { handler(number) }
      source.setRegistrationHandler { registered.signal() }
      source.resume()
      return source
    }
  }

  /// Returns once none of the signals has its default action any more. Call it once, and not from the handler.
  package func awaitRegistration() {
    for _ in sources { registered.wait() }
  }

  /// Ignores the signals from now on. If they were blocked, also those that arrived before.
  package static func ignore(_ signals: [Int32]) {
    var set = sigset_t()
    sigemptyset(&set)
    for number in signals {
      signal(number, SIG_IGN)
      sigaddset(&set, number)
    }
    pthread_sigmask(Int32(SIG_UNBLOCK), &set, nil)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    #if os(Linux)
      let handler = action.__sigaction_handler.sa_handler
    #else
      let handler = action.__sigaction_u.__sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  deinit { for source in sources { source.cancel() } }

  /// The signal's name, such as `SIGINT`.
  package static func name(of number: Int32) -> String {
    let names: [Int32: String] = [
      SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
      SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV",
      SIGPIPE: "SIGPIPE", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU",
    ]
    return names[number] ?? "signal \(number)"
  }

  /// Used only on the signals' queue.
  private final class Count: @unchecked Sendable {
    private var count = RequestCount()
    func next() -> Int? { count.next(at: MonotonicClock.now) }
  }
}
