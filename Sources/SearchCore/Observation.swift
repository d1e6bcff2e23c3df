/// A content that is stored elsewhere, under its hash.
public struct Artifact: Codable, Hashable, Sendable {
  /// SHA-256 in lower-case hexadecimal digits.
  public var hash: String
  public var bytes: Int

  public init(hash: String, bytes: Int) {
    self.hash = hash
    self.bytes = bytes
  }

  /// The name of the trained network that a work leaves (`WorkKind.leavesWeights`).
  public static let weights = "weights"
}

/// What a work found. Apart from metrics of cost and measured ones, it is a function of (work, data, kernel variant).
public struct Observation: Hashable, Sendable {
  public var metrics: NamedValues<Metric, Double>
  /// Series of numbers, most of them by epoch.
  public var curves: NamedValues<Curve, [Double]>
  /// The contents that the work left, by name.
  public var artifacts: NamedValues<String, Artifact>
  /// Whether the loss or the weights became infinite or NaN, or the validation loss is more than ten times that of a
  /// guess. The training then found nothing, and its accuracy, at chance, counts for nothing (see `CandidateScore`).
  public var diverged: Bool
  /// What the result was computed with, such as `avx512-0abf+SkylakeX`; see `KernelVariant`.
  public var kernelVariant: String

  public init(
    metrics: NamedValues<Metric, Double> = .init(), curves: NamedValues<Curve, [Double]> = .init(),
    artifacts: NamedValues<String, Artifact> = .init(), diverged: Bool, kernelVariant: String
  ) {
    self.metrics = metrics
    self.curves = curves
    self.artifacts = artifacts
    self.diverged = diverged
    self.kernelVariant = kernelVariant
  }

  /// `nil` if the metric was not found.
  public subscript(metric: Metric) -> Double? {
    get { metrics[metric] }
    set { metrics[metric] = newValue }
  }

  /// `nil` if the curve was not recorded.
  public subscript(curve: Curve) -> [Double]? {
    get { curves[curve] }
    set { curves[curve] = newValue }
  }

  /// The metrics of what the work cost: time and memory.
  public var cost: [NamedValues<Metric, Double>.Entry] { metrics.filter { $0.name.repeatability == .cost } }

  /// The observation without what differs from run to run.
  public var repeatable: Observation {
    var observation = self
    observation.metrics.removeAll { $0.name.repeatability != .exact }
    return observation
  }
}

extension Observation {
  /// Creates the observation of a training. `loss` is `nil` if the training diverged, the ratios if it did not measure.
  public init(
    accuracy: Double, loss: Double?, epochLosses: [Double], diverged: Bool, stepTimeRatio: Double?,
    inferenceTimeRatio: Double?, trainSeconds: Double, imagesPerSecond: Double, peakMemoryBytes: Int,
    kernelVariant: String
  ) {
    self.init(curves: [.epochLosses: epochLosses], diverged: diverged, kernelVariant: kernelVariant)
    metrics.reserveCapacity(7)
    // In the order of their names, so that each one is appended.
    metrics[.accuracy] = accuracy
    metrics[.imagesPerSecond] = imagesPerSecond
    metrics[.inferenceTimeRatio] = inferenceTimeRatio
    metrics[.loss] = loss
    metrics[.peakMemoryBytes] = Double(peakMemoryBytes)
    metrics[.stepTimeRatio] = stepTimeRatio
    metrics[.trainSeconds] = trainSeconds
  }
}
