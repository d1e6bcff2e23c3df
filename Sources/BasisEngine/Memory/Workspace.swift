import KernelInterface
import Processes
import SearchCore

/// The activations and activation gradients of one architecture at one batch size.
///
/// Nothing in it outlives a training step or an inference pass, so networks of the same architecture, whatever their
/// forms, may share one workspace as long as they take turns. All tensors lie in one piece of memory, divided up by a
/// `WorkspaceLayout`; halos are zeroed once and never written.
public final class Workspace {
  public let architecture: Architecture
  /// Most images in a batch.
  public let capacity: Int

  /// The images: haloed.
  let input: LaneView
  let pooled: LaneView
  let pooledGradient: LaneView
  /// y of the classifier.
  let logits: LaneView
  let logitsGradient: LaneView
  private let views: [WorkspaceLayout.Region: LaneView]
  private let memory: AlignedBuffer<Lanes>

  /// Bytes of activations and gradients.
  public var byteCount: Int { memory.count * MemoryLayout<Lanes>.stride }

  /// - Throws: `illegalRecipe` for a batch that is not positive, or whose activations this machine's memory cannot
  ///   hold.
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

  /// z of the stem or of a block, by the index of the layer that ends there.
  func activation(of index: Int) -> LaneView { views[.activation(layer: index)]! }

  /// What max pooling leaves of the stem; nil where there is none.
  var pooledStem: LaneView? { views[.pooledStem] }

  /// Of what max pooling leaves of the stem: dz.
  func pooledGradient(of stem: LaneView) -> LaneView {
    views[.blockGradient(size: stem.height, channels: stem.channels)]!
  }

  /// Of the block, or the stem, that ends with `layer`: dz and then g of what it hands on.
  func blockGradient(of layer: Layer) -> LaneView {
    views[.blockGradient(size: layer.outputSize, channels: layer.outputChannels)]!
  }

  /// The input of the block that ends with `layer`, projected: until the backward pass, in its gradient's memory.
  func projectedInput(of layer: Layer) -> LaneView { blockGradient(of: layer) }

  /// dz and then g of z behind a block's convolution, its first (`place` 0) or second.
  func innerGradient(of layer: Layer, place: Int = 0) -> LaneView {
    shared(.innerGradient(size: layer.outputSize, place: place), layer)
  }

  /// z behind it in inference.
  func inferredInner(of layer: Layer, place: Int = 0) -> LaneView {
    shared(.inferredInner(size: layer.outputSize, place: place), layer)
  }

  /// z behind it in a training step: one portion of the `next` convolution.
  func innerPortion(of layer: Layer, readFor next: Layer) -> LaneView {
    shared(.innerPortion(size: layer.outputSize, outputSize: next.outputSize), layer)
  }

  /// dy of a layer: one portion.
  func convolutionGradientPortion(of layer: Layer) -> LaneView {
    shared(.convolutionGradientPortion(size: layer.outputSize), layer)
  }

  /// A region of a layer's output size, narrowed to its channels.
  private func shared(_ region: WorkspaceLayout.Region, _ layer: Layer) -> LaneView {
    views[region]!.channels(0..<layer.outputChannels)
  }
}
