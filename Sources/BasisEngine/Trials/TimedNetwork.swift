import KernelInterface
import Randomness
import SearchCore

/// A network whose passes over whole batches of random images are timed.
struct TimedNetwork {
  let network: ResNet
  private let labels: [UInt16]

  /// Makes a network for whole batches in the workspace's memory.
  init(
    _ candidate: Candidate, _ variant: BasisVariant, _ workspace: Workspace, _ kernels: KernelTable, seed: UInt64 = 1,
    basisChannels: [String: [Int]] = [:], times: LayerTimes? = nil
  ) throws(EngineError) {
    network = try ResNet(
      architecture: workspace.architecture, candidate: candidate, variant: variant, batch: workspace.capacity,
      kernels: kernels, seed: seed, basisChannels: basisChannels, workspace: workspace, times: times)
    labels = (0..<workspace.capacity).map { UInt16($0 % workspace.architecture.classCount) }
  }

  /// Fills the input, which all networks of a workspace read, with standard normal pixels.
  func fillInput(seed: UInt64) {
    var random = StableRandom(seed: seed, purpose: "timing")
    let view = network.input
    for block in 0..<BatchExtent(images: labels.count).blocks {
      for channel in 0..<view.channels {
        for row in 0..<view.height {
          let start = block * view.blockStride + channel * view.planeStride + row * view.rowStride
          for column in 0..<view.width {
            // One draw per pixel and a small step from lane to lane: a draw for each lane would take longer than the
            // timing.
            let value = Float(random.normal())
            view.base[start + column] = Lanes(repeating: value) + TimedNetwork.laneSteps
          }
        }
      }
    }
  }

  private static let laneSteps = Lanes(
    -0.15, -0.13, -0.11, -0.09, -0.07, -0.05, -0.03, -0.01, 0.01, 0.03, 0.05, 0.07, 0.09, 0.11, 0.13, 0.15)

  /// Returns the seconds of forward, backward, and update of a whole batch. The learning rate is so small that nothing
  /// can diverge.
  /// - Parameter skipped: The part of decomposed layers that is not trained in this step.
  func trainingStepSeconds(skipped: BasisPart? = nil) -> Double {
    let rule = UpdateRule(learningRate: 1e-6, momentum: 0.9, weightDecay: 1e-4, nesterov: false)
    let start = ContinuousClock.now
    _ = network.trainingStep(labels: labels, rule: rule, skipped: skipped)
    return seconds(since: start)
  }

  /// Returns the seconds of the classification of a whole batch with running statistics.
  func inferenceSeconds() -> Double {
    let start = ContinuousClock.now
    _ = network.inference(labels: labels)
    return seconds(since: start)
  }
}
