/// Why workers cannot be started, listed or stopped. `description` is one line: what is wrong, where, what to do.
package struct LaunchError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// What the user asked for is impossible: exit code 2.
    case usage
    /// Exit code 1.
    case failure
  }

  package var kind: Kind
  package var description: String

  private init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  package static func usage(_ text: String) -> LaunchError { LaunchError(.usage, text) }
  package static func failure(_ text: String) -> LaunchError { LaunchError(.failure, text) }
}
