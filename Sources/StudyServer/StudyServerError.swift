/// The reason why a page cannot be served, on one line that names no options of a command.
package enum StudyServerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Not an address, or not one of this machine.
  case address(String, problem: String)
  case inUse(String)
  /// The system refused to listen, for this reason.
  case unbound(String, reason: String)
  /// The token file cannot be read, may be read by other users, or contains no valid token.
  case token(String, problem: String)

  package var description: String {
    switch self {
    case .address(let text, let problem): "\(text): \(problem); write something like \(HTTPAddress.example)"
    case .inUse(let text): "\(text): another process listens there; choose another port, or 0 for any free one"
    case .unbound(let text, let reason): "\(text): cannot listen there: \(reason)"
    case .token(let path, let problem): "\(path): \(problem)"
    }
  }

  /// Whether the request itself was wrong, regardless of the state of the machine.
  package var isUsage: Bool {
    switch self {
    case .address, .token: true
    case .inUse, .unbound: false
    }
  }
}
