import Synchronization

/// Hosts where starts fail, each with growing waits before the next start, and the errors of hosts that could not be
/// listed last.
final class HostFailures: Sendable {
  private struct Failure {
    var backOff = BackOff(first: HostFailures.firstWaitSeconds, longest: HostFailures.longestWaitSeconds)
    /// Includes the host's name.
    var reason = ""
  }

  private let failures = Mutex<[String: Failure]>([:])
  private let unlisted = Mutex<[String]>([])

  /// Not longer than the launch's own waits (`ScalingSettings`), which begin later.
  static let firstWaitSeconds = 5.0
  static let longestWaitSeconds = 600.0

  /// Records the outcome of a start.
  /// - Parameter reason: why it failed; `nil` if it succeeded.
  func note(_ reason: String?, at host: String, _ now: Double) {
    failures.withLock { failures in
      guard let reason else {
        failures[host] = nil
        return
      }
      var failure = failures[host] ?? Failure()
      _ = failure.backOff.fail(at: now)
      failure.reason = reason
      failures[host] = failure
    }
  }

  func mayStart(on host: String, at now: Double) -> Bool {
    failures.withLock { now >= $0[host]?.backOff.nextStart ?? -.infinity }
  }

  /// The hosts where the last start failed.
  var hosts: Set<String> { failures.withLock { Set($0.keys) } }

  /// The reasons of these failures, in the order of the hosts' names.
  var refused: [String] {
    failures.withLock { failures in failures.sorted { $0.key < $1.key }.map(\.value.reason) }
  }

  func keep(silent: [String]) { unlisted.withLock { $0 = silent } }
  var silent: [String] { unlisted.withLock { $0 } }
}
