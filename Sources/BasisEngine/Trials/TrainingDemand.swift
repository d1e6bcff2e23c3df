import KernelInterface
import Processes
import SearchCore

/// What trainings of a recipe need, known before any is done.
public enum TrainingDemand {
  /// Bytes of a process that trains by this recipe, about: what this process has had so far, which is the same program,
  /// and a training's images, activations and parameters; those of the dense network, which it is timed beside, too.
  /// - Parameter images: that are held at the same time; nil for those of the recipe.
  public static func processBytes(of recipe: TrainingRecipe, images: Int? = nil) -> Int {
    let architecture = recipe.architecture
    let activations =
      WorkspaceLayout(architecture, capacity: recipe.batch).elementCount * MemoryLayout<Lanes>.stride
    let parameters = architecture.cost(of: .dense, variant: recipe.variant).parameters
    // Values, gradients and velocity of two networks.
    let networks = 2 * 3 * parameters * MemoryLayout<Float>.stride
    // The trained network's tensors, and what is kept of conversions.
    let start = recipe.start == nil ? 0 : parameters * MemoryLayout<Float>.stride + (64 << 20)
    let side = recipe.data.shape.imageSize
    let pixels = (images ?? recipe.data.trainImages + recipe.data.validationImages) * 3 * side * side
    let program = ProcessMemory.peakBytes()
    return program + activations + networks + start + pixels
  }

  /// Images a second that the dense network trains on one core: the median of as many steps as `seconds` have room for,
  /// three at least, after a warm-up of one, on images that lie ready.
  ///
  /// - Throws: `EngineError` for a batch beyond this machine's memory, `KernelSelectionError`.
  public static func denseImagesPerSecond(of recipe: TrainingRecipe, seconds: Double) throws -> Double {
    let workspace = try Workspace(architecture: recipe.architecture, capacity: recipe.batch)
    let timed = TimedNetwork(
      try ResNet(
        architecture: workspace.architecture, candidate: .dense, variant: recipe.variant, batch: recipe.batch,
        kernels: try KernelSelection.table(for: recipe.kernels?.native), seed: 1, workspace: workspace))
    timed.fillInput(seed: 1)
    _ = timed.trainingStepSeconds()
    var steps: [Double] = []
    var total = 0.0
    while total < seconds || steps.count < 3 {
      steps.append(timed.trainingStepSeconds())
      total += steps.last ?? 0
    }
    return Double(recipe.batch) / median(steps)
  }
}
