import SearchCore

/// How a search names the candidate of a level of cost.
package enum ReplayNaming: String, Codable, Hashable, Sendable {
  /// By the highest estimate of the model of its trainings, of trained and untrained candidates.
  case estimates
  /// By the highest mean of a candidate's own trainings.
  case rawMeans = "raw_means"
}

/// The outcome of one search in one replay.
package struct ReplayMeasures: Codable, Hashable, Sendable {
  package var trainings: Int
  /// V: mean judged accuracy of the named candidates, over all levels of cost, in points.
  package var frontierAccuracy: Double
  /// The accuracy claimed for the named candidates minus the judged accuracy, mean over the levels, in points; `nil` if
  /// none is claimed.
  package var claim: Double?
  /// See `JudgedHypervolume`.
  package var openHypervolume: Double?
  /// The share of judged means within the 90 % interval of their estimates; `nil` without estimates.
  package var coverage: Double?
  /// The sum over the trainings.
  package var trainSeconds: Double
  /// The sum over the trainings: forward, backward and validation.
  package var multiplyAdds: Double
  /// Seconds from the first training's start to the last one's end, with the slots of the settings; `nil` for anything
  /// but a search of a strategy.
  package var clockSeconds: Double?
  /// See `SearchReplay.idleShare`.
  package var idleShare: Double?
  /// See `FrontierJudge.Judgment.squaredError`.
  package var squaredError: Double?
}

/// The judge of one replay, and the references that searches are compared with.
struct ReplayStage: Sendable {
  let draw: ReplayDraw
  let space: EffectSpace
  let naming: ReplayNaming
  /// See `TrainingRecipe.passes`.
  let passes: Double
  private let scores: TrainingScores
  private let judge: FrontierJudge
  private let hypervolume: JudgedHypervolume?
  private let references: [Candidate]
  /// The measures of what the model of all served trainings names.
  let everything: ReplayMeasures

  /// - Parameter references: The dense network, and all layers at each rank.
  init(
    _ draw: ReplayDraw, space: EffectSpace, constraints: CostConstraints, references: [Candidate],
    naming: ReplayNaming, passes: Double, scores: TrainingScores
  ) {
    self.draw = draw
    self.space = space
    self.naming = naming
    self.passes = passes
    self.scores = scores
    self.references = references
    judge = FrontierJudge(draw, space: space, within: constraints)
    let served = draw.everything(seeds: .max)
    let model = TableEstimates.model(served, space: space, scores: scores)
    let judgment = judge.judge(TableEstimates.estimates(model, of: draw.table.candidates))
    hypervolume = JudgedHypervolume(
      draw, space: space, references: references, best: judgment.named.compactMap(\.self))
    everything = Self.measures(
      judgment, served, space, passes, hypervolume, coverage: judge.coverage(of: model))
  }

  /// Returns the measures of what a search with these trainings names.
  func measures(_ served: [TableEstimates.Served]) -> ReplayMeasures {
    switch naming {
    case .rawMeans: return rawMeasures(served)
    case .estimates:
      let model = TableEstimates.model(served, space: space, scores: scores)
      let judgment = judge.judge(TableEstimates.estimates(model, of: draw.table.candidates))
      return Self.measures(judgment, served, space, passes, hypervolume, coverage: judge.coverage(of: model))
    }
  }

  func rawMeasures(_ served: [TableEstimates.Served]) -> ReplayMeasures {
    Self.measures(judge.judge(TableEstimates.rawMeans(served)), served, space, passes, hypervolume, coverage: nil)
  }

  func measures(_ rule: TableEstimates.NoTraining) -> ReplayMeasures {
    var judgment = judge.judge(
      TableEstimates.estimates(rule, of: draw.table.candidates, space: space, references: references))
    // A rule without training claims no accuracies.
    judgment.claim = nil
    judgment.squaredError = nil
    return Self.measures(judgment, [], space, passes, hypervolume, coverage: nil)
  }

  private static func measures(
    _ judgment: FrontierJudge.Judgment, _ served: [TableEstimates.Served], _ space: EffectSpace, _ passes: Double,
    _ hypervolume: JudgedHypervolume?, coverage: Double?
  ) -> ReplayMeasures {
    ReplayMeasures(
      trainings: served.count, frontierAccuracy: judgment.frontierAccuracy, claim: judgment.claim,
      openHypervolume: hypervolume?.share(judgment.named.compactMap(\.self)), coverage: coverage,
      trainSeconds: served.reduce(0) { $0 + $1.training.seconds },
      multiplyAdds: served.reduce(0) { sum, entry in
        let cost = space.options(of: entry.candidate).map { space.cost(options: $0) }
        return sum + Double(cost?.multiplyAdds ?? 0) * passes * entry.training.share
      }, squaredError: judgment.squaredError)
  }
}
