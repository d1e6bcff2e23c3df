import SearchCore
import SearchProtocol

/// Which workers may work. The transport rejects unknown keys; this extension handles keys that are no longer
/// authorized, and which key owns a worker's name.
extension CoordinatorMachine {
  /// Replaces the set of authorized keys. Takes time proportional to the number of connected workers.
  mutating func authorize(_ keys: Set<String>, at now: Double) {
    authorizedKeys = keys
    for (peer, session) in sessions.all(where: { !isAuthorized($0.key) }) {
      // Nothing that the worker does counts any more, so another worker may begin the job at once.
      for job in (sessions[peer]?.jobs ?? []).sorted() {
        end(job, .returned(reason: "the key of worker \(session.worker) is not authorized any more"), at: now)
      }
      _ = remove(peer, reason: Self.shutOut, at: now)
      log(.warning, "worker \(session.worker) is shut out: its key is not authorized any more")
      send(.refusal(Refusal(reason: Self.shutOut)), to: peer)
    }
  }

  /// Returns why the worker is not let in; `nil` if it is.
  func reasonToShutOut(_ hello: Hello, key: String?) -> String? {
    guard isAuthorized(key) else { return Self.shutOut }
    if let holder = sessions.session(of: hello.worker)?.session, holder.key != key {
      return "the name \(hello.worker) belongs to a worker with another key"
    }
    return nil
  }

  func isAuthorized(_ key: String?) -> Bool {
    guard let authorizedKeys else { return true }
    return key.map(authorizedKeys.contains) ?? false
  }

  private static let shutOut = "this worker's key is not among the coordinator's authorized keys"
}
