import Foundation
import Randomness
import SearchCore
import SearchProtocol

/// How long simulated trainings take.
package enum DurationDistribution: String, CaseIterable, Sendable {
  case constant
  case exponential
  /// With a standard deviation of 0.5 of the logarithm: most near the mean, some twice as long.
  case lognormal

  /// Seconds; their mean is `mean`.
  package func draw(mean: Double, using random: inout StableRandom) -> Double {
    switch self {
    case .constant: return mean
    case .exponential: return -mean * log(1 - random.uniform())
    case .lognormal:
      let deviation = 0.5
      return mean * exp(deviation * random.normal() - deviation * deviation / 2)
    }
  }
}

/// An engine that trains nothing: what becomes of an attempt, and after how long, follows from the job's seed alone, so
/// that a simulation finds the same however it is run.
package struct SimulatedEngine: Sendable {
  let distribution: DurationDistribution
  /// Seconds.
  let meanDuration: Double
  /// Of the attempts, 0…1.
  let failureRate: Double

  package init(distribution: DurationDistribution, meanDuration: Double, failureRate: Double) {
    self.distribution = distribution
    self.meanDuration = meanDuration
    self.failureRate = failureRate
  }

  package static let kernelVariant = "simulated"

  package enum Outcome: Sendable {
    case finished(Observation)
    case failed(reason: String)
  }

  /// - Parameter attempt: another attempt at the same job takes another time and may end otherwise, but finds the same.
  package func run(seed: UInt64, attempt: Int, epochs: Int) -> (seconds: Double, Outcome) {
    var random = StableRandom(seed: seed)
    let accuracy = 0.5 + random.uniform() / 2
    let loss = 1.5 - accuracy
    var fate = StableRandom(seed: seed &+ UInt64(truncatingIfNeeded: attempt) &* 0x9e37_79b9_7f4a_7c15)
    let seconds = distribution.draw(mean: meanDuration, using: &fate)
    if fate.uniform() < failureRate { return (seconds, .failed(reason: "simulated failure")) }
    let result = Observation(
      accuracy: accuracy, loss: loss, epochLosses: (0..<min(epochs, 100)).map { loss + 1 / Double($0 + 1) },
      diverged: false, stepTimeRatio: nil, inferenceTimeRatio: nil, trainSeconds: seconds,
      imagesPerSecond: 0, peakMemoryBytes: 0, kernelVariant: Self.kernelVariant)
    return (seconds, .finished(result))
  }
}
