import KernelInterface
import Processes
import SearchCore

/// The activations and activation gradients of one architecture at one batch size.
///
/// No contents outlive a training step or an inference pass, so that networks of the same architecture, in any forms,
/// may share a workspace if they take turns. All tensors lie in one block of memory, which a `WorkspaceLayout` divides.
/// Halos are zeroed once and stay zero, except for the rows next to a portion.
public final class Workspace {
  public let architecture: Architecture
  /// The maximum number of images in a batch.
  public let capacity: Int

  /// The images, haloed.
  let input: LaneView
  let pooled: LaneView
  let pooledGradient: LaneView
  /// y of the classifier.
  let logits: LaneView
  let logitsGradient: LaneView
  private let views: [WorkspaceLayout.Region: LaneView]
  private let memory: AlignedBuffer<Lanes>

  /// The size of the activations and gradients in bytes.
  public var byteCount: Int { memory.count * MemoryLayout<Lanes>.stride }

  /// - Throws: `illegalRecipe` if the batch is not from 1 to 2²⁴ images, or if this machine's memory cannot hold its
  ///   activations.
  public init(architecture: Architecture, capacity: Int) throws(EngineError) {
    // The upper bound only keeps the arithmetic below from overflowing.
    guard (1...1 << 24).contains(capacity) else {
      throw .illegalRecipe(reason: "batch \(capacity) must be from 1 to \(1 << 24)")
    }
    let layout = WorkspaceLayout(architecture, capacity: capacity)
    let bytes = layout.elementCount * MemoryLayout<Lanes>.stride
    if let physical = ProcessMemory.physicalBytes(), bytes > physical {
      throw .illegalRecipe(
        reason: "batch \(capacity) needs \(bytes >> 20) MiB of memory, the machine has \(physical >> 20); lower it")
    }
    let memory = AlignedBuffer<Lanes>(count: layout.elementCount)
    let views = Dictionary(uniqueKeysWithValues: layout.places.map { ($0.region, $0.view(in: memory.base)) })
    self.architecture = architecture
    self.capacity = capacity
    self.memory = memory
    self.views = views
    input = views[.images]!
    pooled = views[.pooled]!
    pooledGradient = views[.pooledGradient]!
    logits = views[.convolutionOutput(layer: architecture.classifier)]!
    logitsGradient = views[.logitsGradient]!
  }

  /// y of a layer, by its index.
  func convolutionOutput(of index: Int) -> LaneView { views[.convolutionOutput(layer: index)]! }

  /// z of the stem or of a block, by the index of its last layer.
  func activation(of index: Int) -> LaneView { views[.activation(layer: index)]! }

  /// The output of max pooling after the stem; `nil` if there is none.
  var pooledStem: LaneView? { views[.pooledStem] }

  /// dz of the output of max pooling after the stem.
  func pooledGradient(of stem: LaneView) -> LaneView {
    views[.blockGradient(size: stem.height, channels: stem.channels)]!
  }

  /// dz, then g, of the output of the block, or the stem, whose last layer is `layer`.
  func blockGradient(of layer: Layer) -> LaneView {
    views[.blockGradient(size: layer.outputSize, channels: layer.outputChannels)]!
  }

  /// The projected input of the block whose last layer is `layer`; until the backward pass, in the memory of its
  /// gradient.
  func projectedInput(of layer: Layer) -> LaneView { blockGradient(of: layer) }

  /// dz, then g, of z after a block's convolution: its first (`place` 0) or second.
  func innerGradient(of layer: Layer, place: Int = 0) -> LaneView {
    shared(.innerGradient(size: layer.outputSize, place: place), layer)
  }

  /// z after a block's convolution in inference.
  func inferredInner(of layer: Layer, place: Int = 0) -> LaneView {
    shared(.inferredInner(size: layer.outputSize, place: place), layer)
  }

  /// z after a block's convolution in a training step: one portion of the `next` convolution.
  func innerPortion(of layer: Layer, readFor next: Layer) -> LaneView {
    shared(.innerPortion(size: layer.outputSize, outputSize: next.outputSize), layer)
  }

  /// dy of a layer, one portion.
  func convolutionGradientPortion(of layer: Layer) -> LaneView {
    shared(.convolutionGradientPortion(size: layer.outputSize), layer)
  }

  /// A region that layers of one output size share, narrowed to the channels of `layer`.
  private func shared(_ region: WorkspaceLayout.Region, _ layer: Layer) -> LaneView {
    views[region]!.channels(0..<layer.outputChannels)
  }
}
