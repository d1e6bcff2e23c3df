import KernelInterface
import Processes
import SearchCore

/// The resources that trainings of a recipe need, estimated before the first training.
public enum TrainingDemand {
  /// Returns the approximate number of bytes of a process that trains by this recipe: the peak of this process so far,
  /// which is the same program, and a training's images, activations, and parameters, including those of the dense
  /// network that it is timed against.
  /// - Parameter images: The number of images held at the same time; `nil` for the recipe's.
  public static func processBytes(of recipe: TrainingRecipe, images: Int? = nil) -> Int {
    let architecture = recipe.architecture
    let activations =
      WorkspaceLayout(architecture, capacity: recipe.batch).elementCount * MemoryLayout<Lanes>.stride
    let parameters = architecture.cost(of: .dense, variant: recipe.variant).parameters
    // Values, gradients, and velocities of two networks.
    let networks = 2 * 3 * parameters * MemoryLayout<Float>.stride
    // The trained network's tensors, and the conversions that are kept.
    let start = recipe.start == nil ? 0 : parameters * MemoryLayout<Float>.stride + (64 << 20)
    let side = recipe.data.shape.imageSize
    let pixels = (images ?? recipe.data.trainImages + recipe.data.validationImages) * 3 * side * side
    let program = ProcessMemory.peakBytes()
    return program + activations + networks + start + pixels
  }

  /// Returns the training rate of the dense network on one core, in images per second: the median of as many steps as
  /// fit in `seconds`, at least three, after a warm-up of one, on images already in memory.
  ///
  /// - Throws: `EngineError` for a batch beyond this machine's memory, `KernelSelectionError`.
  public static func denseImagesPerSecond(of recipe: TrainingRecipe, seconds: Double) throws -> Double {
    let workspace = try Workspace(architecture: recipe.architecture, capacity: recipe.batch)
    let kernels = try KernelSelection.table(for: recipe.kernels?.native)
    let timed = try TimedNetwork(.dense, recipe.variant, workspace, kernels)
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
