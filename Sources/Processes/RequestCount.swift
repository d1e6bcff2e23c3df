/// How often a process was asked to end. What asks may do it twice at once: `timeout` signals its child, and then its
/// group, which the child is in.
package struct RequestCount: Sendable {
  /// Seconds after a request within which others are the same one. A person's second Ctrl-C takes longer.
  private static let moment = 0.2

  private var count = 0
  private var last = -Double.infinity

  package init() {}

  /// - Parameter now: seconds of a monotonic clock.
  /// - Returns: how many there were, this one included where it is one of its own.
  package mutating func next(at now: Double) -> Int {
    if now - last >= Self.moment {
      count += 1
      last = now
    }
    return count
  }
}
