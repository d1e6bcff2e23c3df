/// How a coordinator of a simulated study is started.
package struct SimulatedCoordinator: Sendable {
  /// Arguments of this program, to be a coordinator that leaves when its standard input ends. It goes on with a study
  /// at an endpoint that is given, and begins one at a port of its choice without.
  package var arguments: @Sendable (_ configuration: String, _ study: String, _ endpoint: String?) -> [String]
  /// Called with what it writes on standard error.
  package var onLogLine: @Sendable (String) -> Void

  package init(
    arguments: @escaping @Sendable (_ configuration: String, _ study: String, _ endpoint: String?) -> [String],
    onLogLine: @escaping @Sendable (String) -> Void
  ) {
    self.arguments = arguments
    self.onLogLine = onLogLine
  }
}
