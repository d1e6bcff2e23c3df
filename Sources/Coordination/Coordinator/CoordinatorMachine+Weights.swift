import SearchCore
import SearchProtocol

/// The trained network that a study's trainings start from: a content, which a worker leaves with the result of the
/// start's training, or which is there from the beginning.
extension CoordinatorMachine {
  /// What a work needs besides its text.
  enum Weights {
    /// It starts from scratch.
    case none
    case here(ContentDescription)
    /// Their training was struck out, and is done again.
    case awaited
    /// Their training came to nothing.
    case unmade
    /// They were here, or were said to be.
    case lost(hash: String)
  }

  func weights(for work: Work) -> Weights {
    guard let start = work.kind.start else { return .none }
    let hash: String
    switch start.origin {
    case .checkpoint(let weights): hash = weights
    case .dense:
      // No search asks for anything of the kind before.
      guard let trainedWeights else { return jobs.isStartToCome ? .awaited : .unmade }
      hash = trainedWeights.hash
    }
    guard let content = ContentHash(hash).flatMap({ contents.stored[$0] }) else { return .lost(hash: hash) }
    return .here(content.description)
  }

  /// A result that is weights counts once they are here: until then its worker sends it again.
  func awaitsWeights(_ work: Work, _ result: Observation) -> Bool {
    guard work.kind.leavesWeights, !result.diverged, let weights = result.artifacts[Artifact.weights] else {
      return false
    }
    return ContentHash(weights.hash).flatMap { contents.stored[$0] } == nil
  }

  mutating func keepWeights(_ result: Observation, of work: Work) {
    if case .startTraining = work.kind { trainedWeights = result.artifacts[Artifact.weights] }
  }

  /// Nothing more can be trained: a person has to bring them back.
  mutating func giveUpForLostWeights(_ hash: String) {
    let name = ContentHash(hash)?.short ?? "of no name"
    giveUp(
      "the weights that its trainings start from (content \(name)) cannot be read in the study's folder 'contents'; "
        + "bring them back, or begin a new study")
  }

  mutating func giveUpForUnmadeWeights() {
    let job = jobs.startJob ?? 1
    let end =
      jobs[job]?.result == nil
      ? "was set aside: try it again (control STUDY retry \(job)), or begin a new study"
      : "diverged: begin a new study with another recipe"
    giveUp("job \(job), whose network its trainings start from, \(end)")
  }

  private mutating func giveUp(_ reason: String) {
    turn.perform(.giveUp(reason))
    stop()
  }
}
