/// One figure of a sound training, as the model of effects reads it.
package struct EffectTraining: Hashable, Sendable {
  /// The options of its candidate (`EffectSpace`).
  package var options: [Int]
  /// Trainings with the same number share a seed.
  package var seed: UInt64
  /// In points: the accuracy, 0…100, or the score that replaces it at a lower rung (`TrainingScores`).
  package var score: Double
  /// 0 is the top rung, whose accuracies form the frontier; 1, 2, … are the rungs below it.
  package var rung: Int

  package init(options: [Int], seed: UInt64, score: Double, rung: Int = 0) {
    self.options = options
    self.seed = seed
    self.score = score
    self.rung = rung
  }
}

/// The figures of a training that the model of effects reads.
public enum TrainingScores: String, Codable, Hashable, Sendable {
  /// The accuracy at each rung.
  case accuracies
  /// Accuracies at the top rung, and training losses (the mean over the last epoch) at all rungs: lower rungs are read
  /// by their losses, and the top's losses are one more rung. A loss is a mean over all images of an epoch, and is
  /// informative long before the learning rate has fallen: it separates candidates when accuracies do not yet.
  case accuraciesAndLosses

  /// The number of points that a loss of one nat subtracts. It is of the order of the corresponding loss of accuracy;
  /// the model fits the actual ratio (ρ), and its deviations are in points.
  private static let pointsPerNat = 40.0

  /// Losses beyond this say nothing but that, and would make the model's sums infinite.
  private static let soundLosses = -1e6...1e6

  /// Returns a training's figures.
  ///
  /// - Parameters:
  ///   - accuracy: 0…1.
  ///   - loss: the training loss of the last epoch; `nil` for a training without one. Read only if it is sound.
  ///   - rung: the rung, counted from the study's top one, which is 0.
  ///   - count: the number of the study's rungs.
  package func figures(
    accuracy: Double, loss: Double?, options: [Int], seed: UInt64, rung: Int, of count: Int
  ) -> [EffectTraining] {
    let judged = EffectTraining(options: options, seed: seed, score: accuracy * 100, rung: rung)
    guard self == .accuraciesAndLosses, let loss, Self.soundLosses.contains(loss) else { return [judged] }
    let lost = EffectTraining(
      options: options, seed: seed, score: -loss * Self.pointsPerNat, rung: rung == 0 ? count : rung)
    return rung == 0 ? [judged, lost] : [lost]
  }
}

extension WorkTemplate {
  /// Returns the figures that the model reads from a work's result; none if the result is not sound, or if the work is
  /// not a training of one of the space's candidates at one of the rungs.
  func figures(_ work: Work, _ result: Observation, in space: EffectSpace) -> [EffectTraining] {
    guard let rung = rungBelowTop(work), !result.diverged, let accuracy = result[.accuracy],
      let options = space.options(of: work.candidate)
    else {
      return []
    }
    // A rung is read by losses if its trainings have any, which they do not if nothing is trained.
    return scores.figures(
      accuracy: accuracy, loss: result[.epochLosses]?.last, options: options, seed: work.seed, rung: rung,
      of: topRung + 1)
  }

  /// Returns the rung of a work, counted from the top one, which is 0; `nil` if the work is not a training of a
  /// candidate.
  func rungBelowTop(_ work: Work) -> Int? {
    if topRung > 0 { return rung(of: work).map { topRung - $0 } }
    if case .proxyTraining = work.kind { return 0 }
    return nil
  }
}
