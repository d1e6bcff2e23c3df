/// What a study at work has in its folder beside its record and configuration.
package enum StudyFileName {
  /// Weights that trainings start from, and what workers gave.
  package static let contents = "contents"
  /// How far the trainings under way are.
  package static let running = "running.json"
  /// A socket at which the coordinator at work takes what its user asks for.
  package static let control = "control"
  /// Of the worker of `run` and `final`: results until they are acknowledged, states of trainings that may go on, and
  /// contents that it has fetched.
  package static let (spool, states, cache) = ("spool", "states", "cache")

  static let all = [contents, running, control, spool, states, cache]
}
