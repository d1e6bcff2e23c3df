/// The names that a running study uses in its folder besides its record and configuration.
package enum StudyFileName {
  /// Weights that trainings start from, and contents that workers gave.
  package static let contents = "contents"
  /// The progress of the trainings under way.
  package static let running = "running.json"
  /// The socket at which the running coordinator takes its user's requests.
  package static let control = "control"
  /// Folders of the worker of `run` and `final`: results until they are acknowledged, states of trainings that may be
  /// continued, and contents that it has fetched.
  package static let (spool, states, cache) = ("spool", "states", "cache")

  static let all = [contents, running, control, spool, states, cache]
}
