import KernelInterface
import Processes
import SearchCore

/// The training and inference rates of a network on one core.
public struct Benchmark: Codable, Hashable, Sendable {
  public var model: Model
  public var candidate: String
  public var batch: Int
  /// The median over whole training steps (forward, backward, update) on images already in memory; if updates are
  /// skipped, computed from the medians of both kinds of steps.
  public var trainingImagesPerSecond: Double
  /// The median over whole batches with running statistics.
  public var inferenceImagesPerSecond: Double
  public var peakMemoryBytes: Int
  public var kernelVariant: String
  /// Where a training step's time goes, layer by layer; `nil` if not requested.
  public var layers: [LayerTimes.Layer]?
  /// The updates that the training steps skip; `nil` for none.
  public var skip: SkippedUpdates?

  /// - Parameters:
  ///   - architecture: The model's architecture for images or classes other than CIFAR-10's; `nil` for CIFAR-10's.
  ///   - steps: The number of training steps, and of inference batches, to time after a warm-up of one.
  ///   - measuresLayers: Whether to also time every layer, in separate training steps; if updates are skipped, on
  ///     average.
  ///   - kernels: `nil` for the fastest that the processor can run.
  /// - Throws: `EngineError` for a candidate that the model cannot take, `KernelSelectionError`.
  public static func run(
    model: Model, architecture: Architecture? = nil, candidate: Candidate = .dense, variant: BasisVariant = .remainder,
    batch: Int = 128,
    steps: Int = 15, measuresLayers: Bool = false, skip: SkippedUpdates? = nil,
    kernels: KernelTable? = nil
  ) throws -> Benchmark {
    guard steps > 0 else { throw EngineError.illegalRecipe(reason: "\(steps) steps must be positive") }
    let period = max(1, skip?.every ?? 1)
    let kernels = try kernels ?? KernelSelection.best()
    let workspace = try Workspace(architecture: architecture ?? Architecture(model), capacity: batch)
    let timed = try TimedNetwork(candidate, variant, workspace, kernels)
    timed.fillInput(seed: 1)
    func median(of seconds: () -> Double) -> Double {
      _ = seconds()
      return BasisEngine.median((0..<steps).map { _ in seconds() })
    }
    /// Averages over the steps from one update of all parts to the next.
    func trainingStepSeconds() -> Double {
      let whole = median(of: { timed.trainingStepSeconds() })
      guard let skip, let part = skip.part(skippedIn: 1) else { return whole }
      return skip.average(whole: whole, partial: median(of: { timed.trainingStepSeconds(skipped: part) }))
    }
    func layers() throws(EngineError) -> [LayerTimes.Layer] {
      let times = LayerTimes(kernels)
      let timed = try TimedNetwork(candidate, variant, workspace, kernels, times: times)
      _ = timed.trainingStepSeconds()
      times.reset()
      let whole = (steps + period - 1) / period * period
      for step in 0..<whole { _ = timed.trainingStepSeconds(skipped: skip?.part(skippedIn: step)) }
      return times.layers(steps: whole)
    }
    return Benchmark(
      model: model, candidate: candidate.description, batch: batch,
      trainingImagesPerSecond: Double(batch) / trainingStepSeconds(),
      inferenceImagesPerSecond: Double(batch) / median(of: timed.inferenceSeconds),
      peakMemoryBytes: ProcessMemory.peakBytes(),
      kernelVariant: KernelVariant(KernelSelection.variantDescription(of: kernels)).withoutCoreType.text,
      layers: measuresLayers ? try layers() : nil,
      skip: skip)
  }
}
