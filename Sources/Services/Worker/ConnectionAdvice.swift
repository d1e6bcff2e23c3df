/// Tells a worker's user why the worker waits: after the first failed attempt, and again when the reason changes.
struct ConnectionAdvice {
  package let endpoint: String
  private var told: String?
  /// The time of the first failure, as text.
  private var since = ""

  init(endpoint: String) { self.endpoint = endpoint }

  package mutating func connected() { told = nil }

  /// Returns `nil` if nothing is new. `breaksOff`: whether the other side broke off the last handshake. `now` as text.
  package mutating func text(for finding: ConnectionProbe.Finding, breaksOff: Bool, now: String) -> String? {
    let reason = Self.reason(finding, breaksOff: breaksOff)
    guard reason != told else { return nil }
    let isFirst = told == nil
    if isFirst { since = now }
    told = reason
    return "no coordinator at \(endpoint) since \(since): \(isFirst ? "" : "now ")\(reason); still trying"
  }

  static func reason(_ finding: ConnectionProbe.Finding, breaksOff: Bool) -> String {
    switch finding {
    case .unresolved(let host, let reason): "the name \(host) does not resolve (\(reason))"
    case .refused: "connection refused, nothing listens there"
    case .unreachable(let reason): "it cannot be reached (\(reason))"
    case .noAnswer(let seconds):
      "no answer within \(seconds) s, the host is off or a firewall blocks the connection"
    case .accepts where breaksOff:
      "the program listening there closes the connection in the handshake, it is not a coordinator or requires keys"
    case .accepts: "a program accepts connections there, but does not answer as a coordinator does"
    case .missingSocket(let path): "there is no socket \(path)"
    }
  }
}
