import KernelInterface
import Processes
import SearchCore

/// How fast a network trains and classifies on one core.
public struct Benchmark: Codable, Hashable, Sendable {
  public var model: Model
  public var candidate: String
  public var batch: Int
  /// Median over whole training steps (forward, backward, update) on images that lie ready.
  public var trainingImagesPerSecond: Double
  /// Median over whole batches with running statistics.
  public var inferenceImagesPerSecond: Double
  public var peakMemoryBytes: Int
  public var kernelVariant: String
  /// Where a training step's time goes, layer by layer; nil where it was not asked for.
  public var layers: [LayerTimes.Layer]?

  /// - Parameters:
  ///   - steps: training steps and inference batches that are timed each, after a warm-up of one.
  ///   - measuresLayers: also time every layer, in training steps of their own.
  ///   - kernels: nil for the fastest that the processor can run.
  /// - Throws: `EngineError` for a candidate that the model cannot take, `KernelSelectionError`.
  public static func run(
    model: Model, candidate: Candidate = .dense, variant: BasisVariant = .remainder, batch: Int = 128,
    steps: Int = 15, measuresLayers: Bool = false, kernels: KernelTable? = nil
  ) throws -> Benchmark {
    guard steps > 0 else { throw EngineError.illegalRecipe(reason: "\(steps) steps must be positive") }
    let kernels = try kernels ?? KernelSelection.best()
    let workspace = try Workspace(architecture: Architecture(model), capacity: batch)
    func network(_ times: LayerTimes?) throws(EngineError) -> TimedNetwork {
      TimedNetwork(
        try ResNet(
          architecture: workspace.architecture, candidate: candidate, variant: variant, batch: batch,
          kernels: kernels, seed: 1, workspace: workspace, times: times))
    }
    let timed = try network(nil)
    timed.fillInput(seed: 1)
    func rate(_ seconds: () -> Double) -> Double {
      _ = seconds()
      return Double(batch) / median((0..<steps).map { _ in seconds() })
    }
    func layers() throws(EngineError) -> [LayerTimes.Layer] {
      let times = LayerTimes(kernels)
      let timed = try network(times)
      _ = timed.trainingStepSeconds()
      times.reset()
      for _ in 0..<steps { _ = timed.trainingStepSeconds() }
      return times.layers(steps: steps)
    }
    return Benchmark(
      model: model, candidate: candidate.description, batch: batch,
      trainingImagesPerSecond: rate(timed.trainingStepSeconds),
      inferenceImagesPerSecond: rate(timed.inferenceSeconds), peakMemoryBytes: ProcessMemory.peakBytes(),
      kernelVariant: KernelSelection.variantDescription(of: kernels), layers: measuresLayers ? try layers() : nil)
  }
}
