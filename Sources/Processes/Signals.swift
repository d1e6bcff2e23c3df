import Dispatch
import Foundation

/// Signals as calls on a queue of their own, instead of their default effect.
package final class Signals: Sendable {
  /// Safe to share: made in `init`, only cancelled afterwards.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]
  private let registered = DispatchSemaphore(value: 0)

  package static let requestsToEnd = [SIGINT, SIGTERM, SIGHUP]

  /// `handler` is called for each request to end that is one of its own (`RequestCount`): with the signal's number, and
  /// how many there were, this one included.
  package convenience init(requestsToEnd handler: @escaping @Sendable (Int32, Int) -> Void) {
    let count = Count()
    self.init(Self.requestsToEnd) { number in
      if let count = count.next() { handler(number, count) }
    }
  }

  /// `handler` gets the number of each signal.
  package init(_ signals: [Int32], handler: @escaping @Sendable (Int32) -> Void) {
    let queue = DispatchQueue(label: "layersearch.signals")
    let registered = registered
    sources = signals.compactMap { number in
      // Started with nohup: the end of the terminal is not to be the end of the process.
      if number == SIGHUP, Self.isIgnored(number) { return nil }
      // On Linux a source takes the signal over from its default effect when it is registered, on a thread of its own.
      // Ignored until then, a signal that came in between would be lost; so it ends the process, which has not begun
      // anything.
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

  /// Returns when none of the signals has its default effect any more. To be called once, and not by the handler.
  package func awaitRegistration() {
    for _ in sources { registered.wait() }
  }

  /// From now on, and where they were blocked, those that came before.
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

  /// `SIGINT` and so on.
  package static func name(of number: Int32) -> String {
    let names: [Int32: String] = [
      SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
      SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV",
      SIGPIPE: "SIGPIPE", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU",
    ]
    return names[number] ?? "signal \(number)"
  }

  /// Used on the signals' queue only.
  private final class Count: @unchecked Sendable {
    private var count = RequestCount()
    func next() -> Int? { count.next(at: MonotonicClock.now) }
  }
}
