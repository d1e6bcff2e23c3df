import KernelInterface
import SearchCore

/// The ratio of a candidate's time to the dense network's, measured alternately in one process, so that other load on
/// the machine affects both alike.
enum TimeRatios {
  /// The number of pairs of steps to time, after a warm-up pair: as many as fit the seconds, within these bounds.
  private static let pairs = 3...15

  /// Returns the medians of the ratios of training steps and of inference batches; exactly 1 for the dense network. If
  /// the recipe skips updates, steps with and without them are timed separately and weighted by how often they occur.
  ///
  /// Leaves no trace in the trained network: both timed networks are new and share `workspace`.
  /// - Parameters:
  ///   - seconds: The time budget of each of the two ratios; three pairs are timed even if they take longer.
  ///   - basisChannels: The basis channels of the candidate's layers, which decide the forms of these layers.
  static func measure(
    _ candidate: Candidate, basisChannels: [String: [Int]], recipe: TrainingRecipe, seed: UInt64, kernels: KernelTable,
    workspace: Workspace, seconds: Double
  ) throws(EngineError) -> (step: Double, inference: Double) {
    guard candidate != .dense else { return (1, 1) }
    let own = try TimedNetwork(
      candidate, recipe.variant, workspace, kernels, seed: seed, basisChannels: basisChannels)
    let dense = try TimedNetwork(.dense, recipe.variant, workspace, kernels, seed: seed)
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
