import KernelInterface
import SearchCore

/// The times of one form of a network on one core, and their ratios to those of the first form measured with it.
public struct FormTimes: Sendable {
  /// A form of a network.
  public struct Form: Sendable {
    public var candidate: Candidate
    public var variant: BasisVariant
    public var skip: SkippedUpdates?

    public init(candidate: Candidate, variant: BasisVariant, skip: SkippedUpdates? = nil) {
      self.candidate = candidate
      self.variant = variant
      self.skip = skip
    }
  }

  /// The median seconds of a training step; if updates are skipped, of the average step from one update of all parts to
  /// the next.
  public var trainingSeconds: Double
  /// The median seconds of a batch with running statistics.
  public var inferenceSeconds: Double
  /// The median, over the rounds, of the ratio of a form's seconds to those of the first form in the same round.
  public var trainingRatio: Double
  public var inferenceRatio: Double

  /// Times every form once per round. Each round begins with another form, so that other load on the machine and warmer
  /// caches affect all forms alike. Weights are prepared for inference before inference is timed.
  ///
  /// - Throws: `EngineError` for a candidate that the network cannot take or a batch beyond this machine's memory,
  ///   `KernelSelectionError`.
  public static func measure(_ forms: [Form], of model: Model, batch: Int = 128, rounds: Int) throws -> [FormTimes] {
    let kernels = try KernelSelection.best()
    let workspace = try Workspace(architecture: Architecture(model), capacity: batch)
    let networks = try forms.map { try TimedNetwork($0.candidate, $0.variant, workspace, kernels) }
    networks.first?.fillInput(seed: 1)
    var training = forms.map { _ in [Double]() }
    var inference = training
    for round in -1..<max(1, rounds) {
      let order = forms.indices.map { ($0 + max(0, round)) % forms.count }
      for index in order {
        let step = averageStepSeconds(networks[index], skip: forms[index].skip)
        // The first inference after a step prepares the weights, so it is not recorded. The first round is a warm-up.
        _ = networks[index].inferenceSeconds()
        if round >= 0 { training[index].append(step) }
      }
      for index in order {
        let batch = networks[index].inferenceSeconds()
        if round >= 0 { inference[index].append(batch) }
      }
    }
    func ratio(_ seconds: [[Double]], _ index: Int) -> Double {
      median(zip(seconds[index], seconds[0]).map { $0 / $1 })
    }
    return forms.indices.map { index in
      FormTimes(
        trainingSeconds: median(training[index]), inferenceSeconds: median(inference[index]),
        trainingRatio: ratio(training, index), inferenceRatio: ratio(inference, index))
    }
  }

  private static func averageStepSeconds(_ network: TimedNetwork, skip: SkippedUpdates?) -> Double {
    let whole = network.trainingStepSeconds()
    guard let skip, let part = skip.part(skippedIn: 1) else { return whole }
    return skip.average(whole: whole, partial: network.trainingStepSeconds(skipped: part))
  }
}
