import Randomness

/// One training that the search asks for: a candidate and which of its repetitions.
public struct Trial: Hashable, Sendable {
  public var candidate: Candidate
  /// 0, 1, … : repetitions differ in their seed only.
  public var replicate: Int

  public init(candidate: Candidate, replicate: Int) {
    self.candidate = candidate
    self.replicate = replicate
  }

  /// Every trial has a seed of its own, a function of the study's seed and of what is trained, so that it does not
  /// depend on the order or the place in which trials run.
  public func seed(studySeed: UInt64) -> UInt64 {
    // 53 bits, so that the number survives every JSON reader.
    StableHash.fnv1a64("\(studySeed)/\(candidate)/\(replicate)") >> 11
  }

  /// Step and inference time are measured beside the dense network once a candidate, with its first repetition.
  public var measuresTime: Bool { replicate == 0 }
}

/// What a training found. Timing fields aside, a function of (candidate, recipe, seed, data, kernel variant).
public struct TrialResult: Codable, Hashable, Sendable {
  /// Fraction of the held-out validation images classified rightly, 0…1.
  public var accuracy: Double
  /// Mean cross-entropy on the validation images; nil where the training diverged.
  public var loss: Double?
  /// Mean training loss of each epoch; ends early where the training diverged.
  public var epochLosses: [Double]
  /// True where loss or weights became infinite or not a number, or the validation loss is more than ten times that of a guess: the
  /// training found nothing, and its accuracy, at chance, counts for nothing (see `CandidateScore`).
  public var diverged: Bool
  /// Training step and inference batch, this candidate's time over the dense network's, interleaved in one process, medians;
  /// nil where the trial did not measure.
  public var stepTimeRatio: Double?
  public var inferenceTimeRatio: Double?
  public var trainSeconds: Double
  public var imagesPerSecond: Double
  public var peakMemoryBytes: Int
  /// Instruction set of the kernels and core type of OpenBLAS, such as `avx512+SkylakeX`.
  public var kernelVariant: String

  public init(
    accuracy: Double, loss: Double?, epochLosses: [Double], diverged: Bool, stepTimeRatio: Double?,
    inferenceTimeRatio: Double?, trainSeconds: Double, imagesPerSecond: Double, peakMemoryBytes: Int,
    kernelVariant: String
  ) {
    self.accuracy = accuracy
    self.loss = loss
    self.epochLosses = epochLosses
    self.diverged = diverged
    self.stepTimeRatio = stepTimeRatio
    self.inferenceTimeRatio = inferenceTimeRatio
    self.trainSeconds = trainSeconds
    self.imagesPerSecond = imagesPerSecond
    self.peakMemoryBytes = peakMemoryBytes
    self.kernelVariant = kernelVariant
  }
}
