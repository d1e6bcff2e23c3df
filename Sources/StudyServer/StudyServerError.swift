/// Why a page cannot be served, in one line without the names of a command's options.
package enum StudyServerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No address, or none that this machine has.
  case address(String, problem: String)
  case inUse(String)
  /// With what the system said.
  case unbound(String, reason: String)
  /// A file of a token that cannot be read, or must not be trusted.
  case token(String, problem: String)

  package var description: String {
    switch self {
    case .address(let text, let problem): "\(text): \(problem); write something like \(HTTPAddress.example)"
    case .inUse(let text): "\(text): another process listens there; choose another port, or 0 for any free one"
    case .unbound(let text, let reason): "\(text): nothing can listen there: \(reason)"
    case .token(let path, let problem): "\(path): \(problem)"
    }
  }

  /// What was asked for cannot be, whatever the machine does.
  package var isUsage: Bool {
    switch self {
    case .address, .token: true
    case .inUse, .unbound: false
    }
  }
}
