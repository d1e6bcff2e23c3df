/// How often a process was asked to end. What asks may do it twice at once: `timeout` signals its child, and then its
/// group, which the child is in.
package struct RequestCount: Sendable {
  /// Seconds after a request within which others are the same one. A person's second Ctrl-C takes longer.
  private static let moment = 0.2

  private var count = 0
  private var last = -Double.infinity

  package init() {}

  /// - Parameter now: seconds of a monotonic clock.
  /// - Returns: how many there were, this one included; nil where it is the same as the one before.
  package mutating func next(at now: Double) -> Int? {
    guard now - last >= Self.moment else { return nil }
    last = now
    count += 1
    return count
  }
}
