import SearchCore
import SearchProtocol

/// The trained network that a study's trainings start from. It is a content that either exists from the beginning, or
/// that a worker delivers with the result of the start's training.
extension CoordinatorMachine {
  /// The weights that a work needs.
  enum Weights {
    /// None: the work starts from scratch.
    case none
    case here(ContentDescription)
    /// The training of the weights was struck out and is being repeated.
    case awaited
    /// The training of the weights did not yield any.
    case unmade
    /// The weights were stored, or reported, but are not available.
    case lost(hash: String)
  }

  func weights(for work: Work) -> Weights {
    guard let start = work.kind.start else { return .none }
    let hash: String
    switch start.origin {
    case .checkpoint(let weights): hash = weights
    case .dense:
      // A search asks for no such work before the start is trained.
      guard let trainedWeights else { return jobs.isStartToCome ? .awaited : .unmade }
      hash = trainedWeights.hash
    }
    guard let content = ContentHash(hash).flatMap({ contents.stored[$0] }) else { return .lost(hash: hash) }
    return .here(content.description)
  }

  /// Returns whether a result's weights have not arrived yet. The result does not count until then, and its worker
  /// sends it again.
  func awaitsWeights(_ work: Work, _ result: Observation) -> Bool {
    guard work.kind.leavesWeights, !result.diverged, let weights = result.artifacts[Artifact.weights] else {
      return false
    }
    return ContentHash(weights.hash).flatMap { contents.stored[$0] } == nil
  }

  mutating func keepWeights(_ result: Observation, of work: Work) {
    if case .startTraining = work.kind { trainedWeights = result.artifacts[Artifact.weights] }
  }

  /// Gives the study up: nothing more can be trained until the user restores the weights.
  mutating func giveUpForLostWeights(_ hash: String) {
    let name = ContentHash(hash)?.short ?? "without a name"
    giveUp(
      "the weights that the study's trainings start from (content \(name)) cannot be read in the study's folder "
        + "'contents'; restore them, or start a new study")
  }

  mutating func giveUpForUnmadeWeights() {
    let job = jobs.startJob ?? 1
    let end =
      jobs[job]?.result == nil
      ? "was set aside: retry it (control STUDY retry \(job)), or start a new study"
      : "diverged: start a new study with another recipe"
    giveUp("job \(job), whose network the study's trainings start from, \(end)")
  }

  private mutating func giveUp(_ reason: String) {
    turn.perform(.giveUp(reason))
    stop()
  }
}
