import Dispatch
import Foundation

/// Signals as calls on a queue of their own, instead of their default effect.
final class Signals: Sendable {
  /// Safe to share: made in `init`, only cancelled afterwards.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  static let requestsToEnd = [SIGINT, SIGTERM, SIGHUP]

  /// `handler` gets the signal's number and how many signals have come, this one included.
  init(_ signals: [Int32] = requestsToEnd, handler: @escaping @Sendable (Int32, Int) -> Void) {
    let queue = DispatchQueue(label: "layersearch.signals")
    let count = Count()
    sources = signals.compactMap { number in
      let earlier = signal(number, SIG_IGN)
      // Started with nohup: the end of the terminal is not to be the end of the process.
      if number == SIGHUP, unsafeBitCast(earlier, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { return nil }
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { handler(number, count.next()) }
      source.resume()
      return source
    }
  }

  deinit { for source in sources { source.cancel() } }

  /// `SIGINT` and so on.
  static func name(of number: Int32) -> String {
    let names: [Int32: String] = [
      SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
      SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV",
      SIGPIPE: "SIGPIPE", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU",
    ]
    return names[number] ?? "signal \(number)"
  }

  /// Used on the signals' queue only.
  private final class Count: @unchecked Sendable {
    private var value = 0
    func next() -> Int {
      value += 1
      return value
    }
  }
}
