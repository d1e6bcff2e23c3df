/// Counts how often a process was asked to end. Some programs ask twice at once: `timeout` signals its child, and then
/// its group, which includes the child.
package struct RequestCount: Sendable {
  /// The number of seconds after a request within which another one counts as the same. A person's second Ctrl-C takes
  /// longer.
  private static let moment = 0.2

  private var count = 0
  private var last = -Double.infinity

  package init() {}

  /// - Parameter now: seconds of a monotonic clock.
  /// - Returns: The number of requests, including this one; `nil` if this one counts as the one before.
  package mutating func next(at now: Double) -> Int? {
    guard now - last >= Self.moment else { return nil }
    last = now
    count += 1
    return count
  }
}
