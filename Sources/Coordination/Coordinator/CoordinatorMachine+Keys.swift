import SearchCore
import SearchProtocol

/// Who may work at all. The transport keeps unknown keys out; here is decided about those that are not authorized any
/// more, and about whose name is whose.
extension CoordinatorMachine {
  /// Takes time in proportion to the workers that are connected.
  mutating func authorize(_ keys: Set<String>, at now: Double) {
    authorizedKeys = keys
    for (peer, session) in sessions.all(where: { !isAuthorized($0.key) }) {
      // Nothing that it does counts any more, so that another worker may begin at once.
      for job in (sessions[peer]?.jobs ?? []).sorted() {
        end(job, .returned(reason: "the key of worker \(session.worker) is not authorized any more"), at: now)
      }
      _ = remove(peer, reason: Self.shutOut, at: now)
      log(.warning, "worker \(session.worker) is shut out: its key is not authorized any more")
      send(.refusal(Refusal(reason: Self.shutOut)), to: peer)
    }
  }

  /// Nil for who may come in.
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
