/// One sound training, as the model of effects reads it.
package struct EffectTraining: Hashable, Sendable {
  /// Of its candidate (`EffectSpace`).
  package var options: [Int]
  /// Trainings with the same number share a seed.
  package var seed: UInt64
  /// In points, 0…100.
  package var accuracy: Double
  /// 0 is the top one, which the frontier is made of; 1, 2, … are below it.
  package var rung: Int

  package init(options: [Int], seed: UInt64, accuracy: Double, rung: Int = 0) {
    self.options = options
    self.seed = seed
    self.accuracy = accuracy
    self.rung = rung
  }

  /// What a work found; nil where it is not sound, or its candidate is not of the space.
  ///
  /// - Parameter rung: 0 for the top one.
  init?(_ work: Work, _ result: Observation, in space: EffectSpace, rung: Int = 0) {
    guard case .proxyTraining = work.kind, !result.diverged, let accuracy = result[.accuracy],
      let options = space.options(of: work.candidate)
    else {
      return nil
    }
    self.init(options: options, seed: work.seed, accuracy: accuracy * 100, rung: rung)
  }
}
