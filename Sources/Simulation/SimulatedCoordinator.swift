/// How to start the coordinator of a simulated study.
package struct SimulatedCoordinator: Sendable {
  /// The arguments with which this program becomes a coordinator that leaves when its standard input ends. With an
  /// endpoint, it resumes the study there; without one, it begins the study at a port of its choice.
  package var arguments: @Sendable (_ configuration: String, _ study: String, _ endpoint: String?) -> [String]
  /// Called with each line that the coordinator writes to standard error.
  package var onLogLine: @Sendable (String) -> Void

  package init(
    arguments: @escaping @Sendable (_ configuration: String, _ study: String, _ endpoint: String?) -> [String],
    onLogLine: @escaping @Sendable (String) -> Void
  ) {
    self.arguments = arguments
    self.onLogLine = onLogLine
  }
}
