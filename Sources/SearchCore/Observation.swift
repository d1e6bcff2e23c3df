/// A content that is kept elsewhere, under its hash.
public struct Artifact: Codable, Hashable, Sendable {
  /// SHA-256 in lower-case hexadecimal digits.
  public var hash: String
  public var bytes: Int

  public init(hash: String, bytes: Int) {
    self.hash = hash
    self.bytes = bytes
  }

  /// Name of the trained network that a work leaves (`WorkKind.leavesWeights`).
  public static let weights = "weights"
}

/// What a work found. Metrics of cost and measured ones aside, a function of (work, data, kernel variant).
public struct Observation: Hashable, Sendable {
  public var metrics: NamedValues<Metric, Double>
  /// By epoch.
  public var curves: NamedValues<Curve, [Double]>
  /// Contents that it left, by name.
  public var artifacts: NamedValues<String, Artifact>
  /// True where loss or weights became infinite or not a number, or the validation loss is more than ten times that of
  /// a guess: the training found nothing, and its accuracy, at chance, counts for nothing (see `CandidateScore`).
  public var diverged: Bool
  /// Instruction set of the kernels and core type of OpenBLAS, such as `avx512+SkylakeX`.
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

  /// Nil where it was not found.
  public subscript(metric: Metric) -> Double? {
    get { metrics[metric] }
    set { metrics[metric] = newValue }
  }

  /// Nil where it was not recorded.
  public subscript(curve: Curve) -> [Double]? {
    get { curves[curve] }
    set { curves[curve] = newValue }
  }

  /// What it cost: time and memory.
  public var cost: [NamedValues<Metric, Double>.Entry] { metrics.filter { $0.name.repeatability == .cost } }

  /// The same without what differs from run to run.
  public var repeatable: Observation {
    var observation = self
    observation.metrics.removeAll { $0.name.repeatability != .exact }
    return observation
  }
}

extension Observation {
  /// Of a training. `loss` is nil where it diverged, the ratios where it did not measure.
  public init(
    accuracy: Double, loss: Double?, epochLosses: [Double], diverged: Bool, stepTimeRatio: Double?,
    inferenceTimeRatio: Double?, trainSeconds: Double, imagesPerSecond: Double, peakMemoryBytes: Int,
    kernelVariant: String
  ) {
    self.init(curves: [.epochLosses: epochLosses], diverged: diverged, kernelVariant: kernelVariant)
    metrics.reserveCapacity(7)
    // In the order of their names, so that nothing moves.
    metrics[.accuracy] = accuracy
    metrics[.imagesPerSecond] = imagesPerSecond
    metrics[.inferenceTimeRatio] = inferenceTimeRatio
    metrics[.loss] = loss
    metrics[.peakMemoryBytes] = Double(peakMemoryBytes)
    metrics[.stepTimeRatio] = stepTimeRatio
    metrics[.trainSeconds] = trainSeconds
  }
}
