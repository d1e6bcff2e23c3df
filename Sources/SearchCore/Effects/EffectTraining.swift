/// One sound training, as the model of effects reads it.
package struct EffectTraining: Hashable, Sendable {
  /// Of its candidate (`EffectSpace`).
  package var options: [Int]
  /// Trainings with the same number share a seed.
  package var seed: UInt64
  /// In points, 0…100.
  package var accuracy: Double

  package init(options: [Int], seed: UInt64, accuracy: Double) {
    self.options = options
    self.seed = seed
    self.accuracy = accuracy
  }
}
