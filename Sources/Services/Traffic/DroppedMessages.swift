import SearchProtocol

/// Messages that do not validate: the first of each peer is logged, with what was wrong; the others are counted and
/// summed up. Times are seconds of a monotonic clock. Pure.
struct DroppedMessages<Peer: Hashable> {
  /// The largest number of peers whose first message is logged; messages of further ones are only counted.
  private static var mostPeers: Int { 10_000 }
  private static var secondsBetweenSums: Double { 60 }

  private var told: Set<Peer> = []
  private var others = 0
  private var nextSum = 0.0

  /// - Parameter name: the peer's name in the log.
  /// - Returns: the line for the log; `nil` if the message is only counted.
  package mutating func record(_ problem: some Error, of peer: Peer, named name: String, now: Double) -> String? {
    guard told.count < Self.mostPeers, told.insert(peer).inserted else {
      if others == 0 { nextSum = now + Self.secondsBetweenSums }
      others += 1
      return nil
    }
    return "dropped a message of \(name): \(problem); further ones are only counted".oneLine()
  }

  /// Returns the line with the sum if it is due. Must be called in every turn of a loop.
  package mutating func sum(now: Double) -> String? {
    guard others > 0, now >= nextSum else { return nil }
    defer { others = 0 }
    return "dropped \(others) more invalid messages"
  }
}
