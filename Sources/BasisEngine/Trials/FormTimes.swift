import KernelInterface
import SearchCore

/// How long forms of a network take on one core, beside the first of them.
public struct FormTimes: Sendable {
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

  /// Seconds of a training step, median; where updates are skipped, on average over the steps from one update of all
  /// parts to the next.
  public var trainingSeconds: Double
  /// Of a batch with running statistics, median.
  public var inferenceSeconds: Double
  /// Median over the rounds of a form's seconds and those of the first form in the same round.
  public var trainingRatio: Double
  public var inferenceRatio: Double

  /// Times all forms once a round, each round beginning with another of them, so that other load on the machine and
  /// warmer caches come to all alike. Weights are prepared for inference before it is timed.
  ///
  /// - Throws: `EngineError` for a candidate that the network cannot take or a batch beyond this machine's memory,
  ///   `KernelSelectionError`.
  public static func measure(_ forms: [Form], of model: Model, batch: Int = 128, rounds: Int) throws -> [FormTimes] {
    let kernels = try KernelSelection.best()
    let workspace = try Workspace(architecture: Architecture(model), capacity: batch)
    let networks = try forms.map { form in
      TimedNetwork(
        try ResNet(
          architecture: workspace.architecture, candidate: form.candidate, variant: form.variant, batch: batch,
          kernels: kernels, seed: 1, workspace: workspace))
    }
    networks.first?.fillInput(seed: 1)
    var training = forms.map { _ in [Double]() }
    var inference = training
    for round in -1..<max(1, rounds) {
      let order = forms.indices.map { ($0 + max(0, round)) % forms.count }
      for index in order {
        let step = averageStepSeconds(networks[index], skip: forms[index].skip)
        // After a step an inference prepares the weights; the first round warms up.
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
