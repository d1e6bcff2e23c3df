import SearchCore

/// What is left to find once the dense network and all layers at one rank are known, as a volume: that of all that the
/// model of all served trainings names is 1.
///
/// Points have judged accuracies, and parameters and multiply-adds as shares of the dense network's; the reference has
/// the dense network's costs and the accuracy of the worst of the references.
struct OpenHypervolume: Sendable {
  private let space: EffectSpace
  private let judged: [Candidate: ReplayDraw.Judged]
  private let references: [Candidate]
  private let worst: Double
  private let known: Double
  private let open: Double

  /// Nil where a reference has no judge, or nothing is left to find.
  init?(_ draw: ReplayDraw, space: EffectSpace, references: [Candidate], best: [Candidate]) {
    self.space = space
    self.references = references
    judged = draw.judged
    let accuracies = references.compactMap { draw.judged[$0]?.mean }
    guard accuracies.count == references.count, let worst = accuracies.min() else { return nil }
    self.worst = worst
    known = Self.volume(references, space, draw.judged, worst)
    open = Self.volume(references + best, space, draw.judged, worst) - known
    guard open > 0 else { return nil }
  }

  func share(_ named: [Candidate]) -> Double { (Self.volume(references + named, space, judged, worst) - known) / open }

  private static func volume(
    _ candidates: [Candidate], _ space: EffectSpace, _ judged: [Candidate: ReplayDraw.Judged], _ worst: Double
  ) -> Double {
    let points = candidates.compactMap { candidate -> [Double]? in
      guard let accuracy = judged[candidate]?.mean, let options = space.options(of: candidate) else { return nil }
      let saved = space.saved(space.cost(options: options))
      return [-accuracy, 1 - saved.parameters, 1 - saved.multiplyAdds]
    }
    return hypervolume(points: points, reference: [-worst, 1, 1])
  }
}
