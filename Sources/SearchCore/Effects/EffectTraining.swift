/// One figure of a sound training, as the model of effects reads it.
package struct EffectTraining: Hashable, Sendable {
  /// Of its candidate (`EffectSpace`).
  package var options: [Int]
  /// Trainings with the same number share a seed.
  package var seed: UInt64
  /// In points: accuracy, 0…100, or what stands for it at a rung below (`TrainingScores`).
  package var score: Double
  /// 0 is the accuracy of the top one, which the frontier is made of; 1, 2, … are below it.
  package var rung: Int

  package init(options: [Int], seed: UInt64, score: Double, rung: Int = 0) {
    self.options = options
    self.seed = seed
    self.score = score
    self.rung = rung
  }
}

/// What the model of effects reads of a training.
public enum TrainingScores: String, Codable, Hashable, Sendable {
  /// The accuracy that each rung has found.
  case accuracies
  /// Accuracies of the top rung, and training losses (the mean over the last epoch) of all rungs: those below are read
  /// by their losses, and the top's losses are one more rung. A loss is a mean over all images of an epoch, and is
  /// known long before the learning rate has fallen: it tells candidates apart where accuracies do not yet.
  case accuraciesAndLosses

  /// A loss of one nat counts as so many points less. Of the order of what accuracies lose by it; the model finds out
  /// how much it is (ρ), and has its deviations in points.
  private static let pointsPerNat = 40.0

  /// A training's figures; none where it says nothing.
  ///
  /// - Parameters:
  ///   - accuracy: 0…1.
  ///   - loss: of the last epoch; nil for a training without one.
  ///   - rung: of the study's rungs, 0 for the top one.
  ///   - count: of the study's rungs.
  package func figures(
    accuracy: Double, loss: Double?, options: [Int], seed: UInt64, rung: Int, of count: Int
  ) -> [EffectTraining] {
    let judged = EffectTraining(options: options, seed: seed, score: accuracy * 100, rung: rung)
    guard self == .accuraciesAndLosses, let loss, loss.isFinite else { return [judged] }
    let lost = EffectTraining(
      options: options, seed: seed, score: -loss * Self.pointsPerNat, rung: rung == 0 ? count : rung)
    return rung == 0 ? [judged, lost] : [lost]
  }
}

extension WorkTemplate {
  /// What the model reads of a work's result; nothing where that is not sound, or no training of the space's
  /// candidates at one of the rungs.
  func figures(_ work: Work, _ result: Observation, in space: EffectSpace) -> [EffectTraining] {
    guard let rung = rungBelowTop(work), !result.diverged, let accuracy = result[.accuracy],
      let options = space.options(of: work.candidate)
    else {
      return []
    }
    // A rung is read by losses where its trainings have any: not where nothing is trained.
    return scores.figures(
      accuracy: accuracy, loss: result[.epochLosses]?.last, options: options, seed: work.seed, rung: rung,
      of: topRung + 1)
  }

  /// 0 for the top one; nil for what is no training of a candidate.
  func rungBelowTop(_ work: Work) -> Int? {
    if topRung > 0 { return rung(of: work).map { topRung - $0 } }
    if case .proxyTraining = work.kind { return 0 }
    return nil
  }
}
