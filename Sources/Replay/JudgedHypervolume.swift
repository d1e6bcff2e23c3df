import SearchCore

/// What is left to find beyond the dense network and all layers at one rank, by judged accuracies. 1 is everything that
/// the model of all served trainings names.
struct JudgedHypervolume: Sendable {
  private let space: EffectSpace
  private let judged: [Candidate: ReplayDraw.Judged]
  private let volume: OpenHypervolume

  /// Returns `nil` if a reference has no judge, or if nothing is left to find.
  init?(_ draw: ReplayDraw, space: EffectSpace, references: [Candidate], best: [Candidate]) {
    self.space = space
    judged = draw.judged
    let known = Self.points(references, space, draw.judged)
    guard known.count == references.count,
      let volume = OpenHypervolume(references: known, best: Self.points(best, space, draw.judged))
    else { return nil }
    self.volume = volume
  }

  func share(_ named: [Candidate]) -> Double { volume.share(Self.points(named, space, judged)) }

  /// Returns 1 − accuracy, and shares of the dense network's parameters and effort.
  private static func points(
    _ candidates: [Candidate], _ space: EffectSpace, _ judged: [Candidate: ReplayDraw.Judged]
  ) -> [[Double]] {
    candidates.compactMap { candidate in
      guard let accuracy = judged[candidate]?.mean, let options = space.options(of: candidate) else { return nil }
      let saved = space.savedCosts(space.cost(options: options))
      return [1 - accuracy / 100, 1 - saved.parameters, 1 - saved.effort]
    }
  }
}
