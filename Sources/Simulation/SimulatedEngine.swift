import Randomness
import SearchCore

/// How long simulated trainings take.
package enum DurationDistribution: String, CaseIterable, Sendable {
  case constant
  case exponential
  /// With a standard deviation of 0.5 of the logarithm: most near the mean, some twice as long.
  case lognormal
  /// In proportion to the candidate's multiply-adds; the dense network's is the mean that is given.
  case cost

  /// Seconds; their mean is `mean`.
  package func draw(mean: Double, using random: inout StableRandom) -> Double {
    switch self {
    case .constant, .cost: return mean
    case .exponential: return -mean * StableMath.logarithm(1 - random.uniform())
    case .lognormal:
      let deviation = 0.5
      let exponent = deviation * random.normal() - deviation * deviation / 2
      let size = StableMath.exponential(ofNonPositive: -exponent.magnitude)
      return exponent > 0 ? mean / size : mean * size
    }
  }
}

/// What becomes of an attempt that trains nothing.
package enum SimulatedOutcome: Sendable {
  case finished(Observation)
  case failed(reason: String)
}

/// Engines of simulated workers: an attempt takes time, and then something has come of it.
package protocol SimulatedTrainings: Sendable {
  /// An attempt under way.
  associatedtype Attempt: Sendable

  /// - Parameters:
  ///   - work: nil where the job's text cannot be read.
  ///   - epochs: of the work.
  ///   - number: of the attempt at its job, 1, 2, …
  func begin(_ work: WorkText?, epochs: Int, number: Int) -> (seconds: Double, Attempt)
  func end(_ attempt: Attempt) -> SimulatedOutcome
}

/// An engine that trains nothing: what becomes of an attempt, and after how long, follows from the job's seed alone, so
/// that a simulation finds the same however it is run.
package struct SimulatedEngine: SimulatedTrainings {
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

  package struct Attempt: Sendable {
    fileprivate var seed: UInt64
    fileprivate var number: Int32
    fileprivate var epochs: Int32
  }

  package func begin(_ work: WorkText?, epochs: Int, number: Int) -> (seconds: Double, Attempt) {
    let seed = work?.seed ?? 0
    if distribution == .cost, let work, let candidate = Candidate(canonical: String(work.candidate)) {
      let attempt = Attempt(seed: seed, number: Int32(clamping: number), epochs: Int32(clamping: epochs))
      return (meanDuration * Self.share(of: candidate), attempt)
    }
    let attempt = Attempt(seed: seed, number: Int32(clamping: number), epochs: Int32(clamping: epochs))
    return (run(seed: seed, attempt: number, epochs: 0).seconds, attempt)
  }

  /// Of the dense network's multiply-adds, in the network of the study that is simulated.
  private static func share(of candidate: Candidate) -> Double {
    func multiplyAdds(_ candidate: Candidate) -> Double {
      Double(architecture.cost(of: candidate, variant: .remainder).multiplyAdds)
    }
    return multiplyAdds(candidate) / multiplyAdds(.dense)
  }

  private static let architecture = Architecture(SimulatedStudy.model)

  package func end(_ attempt: Attempt) -> SimulatedOutcome {
    run(seed: attempt.seed, attempt: Int(attempt.number), epochs: Int(attempt.epochs)).1
  }

  /// - Parameter attempt: another attempt at the same job takes another time and may end otherwise, but finds the same.
  package func run(seed: UInt64, attempt: Int, epochs: Int) -> (seconds: Double, SimulatedOutcome) {
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
