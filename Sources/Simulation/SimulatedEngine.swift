import Randomness
import SearchCore

/// How the durations of simulated trainings are distributed.
package enum DurationDistribution: String, CaseIterable, Sendable {
  case constant
  case exponential
  /// The logarithm has a standard deviation of 0.5: most durations are near the mean, some are twice as long.
  case lognormal
  /// Proportional to the candidate's multiply-adds; the dense network takes the given mean.
  case cost

  /// Draws a duration in seconds with the mean `mean`.
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

/// The outcome of an attempt that trains nothing.
package enum SimulatedOutcome: Sendable {
  case finished(Observation)
  case failed(reason: String)
}

/// The engines of simulated workers: an attempt takes some time and then has an outcome.
package protocol SimulatedTrainings: Sendable {
  /// A running attempt.
  associatedtype Attempt: Sendable

  /// - Parameters:
  ///   - work: `nil` if the job's text cannot be read.
  ///   - epochs: The number of epochs of the work.
  ///   - number: The number of the attempt at its job, starting at 1.
  func begin(_ work: WorkText?, epochs: Int, number: Int) -> (seconds: Double, Attempt)
  func end(_ attempt: Attempt) -> SimulatedOutcome
}

/// An engine that trains nothing. The outcome and duration of an attempt are functions of the job and the attempt's
/// number, so that every run of a simulation has the same results.
package struct SimulatedEngine: SimulatedTrainings {
  let distribution: DurationDistribution
  /// In seconds.
  let meanDuration: Double
  /// The fraction of attempts that fail, from 0 to 1.
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

  /// The candidate's share of the dense network's multiply-adds, in the network of the simulated study.
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

  /// - Parameter attempt: The number of the attempt. Different attempts at a job have different durations and may end
  ///   differently, but all that finish have the same result.
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
