import KernelInterface
import SearchCore

/// A candidate's time over the dense network's, measured alternately in one process, so that other load on the machine
/// affects both alike.
enum TimeRatios {
  /// Pairs of steps that are timed, after one pair that warms up: as many as fit the seconds, within these bounds.
  private static let pairs = 3...15

  /// Medians of the ratios of training steps and of inference batches. Exactly 1 for the dense network. Where the
  /// recipe skips updates, steps with and without them are timed apart and weighted as they occur.
  ///
  /// Neither times nor weights leave a trace: both networks are fresh and share `workspace`.
  /// - Parameters:
  ///   - seconds: the time budget of each of the two ratios; three pairs are timed even if they take longer.
  ///   - basisChannels: of the candidate's layers, which decide what forms they take.
  static func measure(
    _ candidate: Candidate, basisChannels: [String: [Int]], recipe: TrainingRecipe, seed: UInt64, kernels: KernelTable,
    workspace: Workspace, seconds: Double
  ) throws(EngineError) -> (step: Double, inference: Double) {
    guard candidate != .dense else { return (1, 1) }
    func stepper(
      _ candidate: Candidate, _ basisChannels: [String: [Int]] = [:]
    ) throws(EngineError) -> TimedNetwork {
      TimedNetwork(
        try ResNet(
          architecture: workspace.architecture, candidate: candidate, variant: recipe.variant,
          batch: workspace.capacity, kernels: kernels, seed: seed, basisChannels: basisChannels,
          workspace: workspace))
    }
    let own = try stepper(candidate, basisChannels)
    let dense = try stepper(.dense)
    own.fillInput(seed: seed)
    func stepRatio(skipped: BasisPart?, within seconds: Double) -> Double {
      ratio({ own.trainingStepSeconds(skipped: skipped) }, { dense.trainingStepSeconds() }, within: seconds)
    }
    let step: Double
    if let skip = recipe.skip?.orNone {
      let (whole, partial) = (
        stepRatio(skipped: nil, within: seconds / 2), stepRatio(skipped: skip.part, within: seconds / 2)
      )
      step = partial + (whole - partial) / Double(max(1, skip.every))
    } else {
      step = stepRatio(skipped: nil, within: seconds)
    }
    return (step, ratio(own.inferenceSeconds, dense.inferenceSeconds, within: seconds))
  }

  private static func ratio(_ own: () -> Double, _ dense: () -> Double, within seconds: Double) -> Double {
    var spent = own() + dense()
    var ratios: [Double] = []
    while ratios.count < pairs.lowerBound || (ratios.count < pairs.upperBound && spent < seconds) {
      // Alternate which runs first: the second finds warmer caches.
      let isOwnFirst = ratios.count.isMultiple(of: 2)
      let early = isOwnFirst ? own() : dense()
      let late = isOwnFirst ? dense() : own()
      ratios.append(isOwnFirst ? early / late : late / early)
      spent += early + late
    }
    return median(ratios)
  }
}
