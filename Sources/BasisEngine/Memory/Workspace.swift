import KernelInterface
import Processes
import SearchCore

/// The activations and activation gradients of one architecture at one batch size.
///
/// Nothing in it outlives a training step or an inference pass, so networks of the same architecture, whatever their
/// forms, may share one workspace as long as they take turns. All tensors lie in one piece of memory; halos are
/// zeroed once and never written: the layout is the same for every form.
public final class Workspace {
  public let architecture: Architecture
  /// Most images in a batch.
  public let capacity: Int

  /// The images: haloed.
  let input: LaneView
  /// y of every layer, in the architecture's order: what the convolution left. The last are the logits.
  let outputs: [LaneView]
  /// z of the stem and of every block, haloed: at the index of the layer that makes it. Between a block's convolutions z is made
  /// anew where it is needed.
  let activations: [LaneView?]
  let pooled: LaneView
  let pooledGradient: LaneView
  let logitsGradient: LaneView
  /// z between a block's convolutions in inference, haloed, of one block of images, by output size.
  private let inners: [Int: LaneView]
  private let gradients: [Int: GradientBuffers]
  private let scratches: [Int: Scratch]
  private let memory: AlignedBuffer<Lanes>

  /// Gradient buffers that all layers of one output size share, with the channels of the widest.
  struct GradientBuffers {
    /// Gradient of a block's output, then of its input where the shape stays.
    var block: LaneView
    /// Gradient of z between a block's convolutions.
    var inner: LaneView
  }

  /// Memory for one portion and the rows next to it, that all layers of one output size share: small, so that it stays in
  /// the cache.
  struct Scratch {
    /// z between a block's convolutions.
    var activation: LaneView
    /// dy
    var gradient: LaneView
  }

  /// Bytes of activations and gradients.
  public var byteCount: Int { memory.count * MemoryLayout<Lanes>.stride }

  /// - Throws: `illegalRecipe` for a batch that is not positive, or whose activations this machine's memory cannot
  ///   hold.
  public init(architecture: Architecture, capacity: Int) throws(EngineError) {
    // The upper bound only keeps the arithmetic below from overflowing.
    guard (1...1 << 24).contains(capacity) else {
      throw .illegalRecipe(reason: "batch \(capacity) must be from 1 to \(1 << 24)")
    }
    let blocks = BatchExtent(images: capacity).blocks
    var end = 0
    func place(
      channels: Int, size: Int, halo: Int, rows: Int? = nil, blocks: Int = blocks
    ) -> Placement {
      let placement = Placement(offset: end, channels: channels, rows: rows ?? size, size: size, halo: halo)
      end += LaneView.elementCount(
        blocks: blocks, channels: channels, height: rows ?? size, width: size, halo: halo)
      return placement
    }
    let layers = architecture.layers
    let stem = layers[architecture.stem]
    let inputPlace = place(channels: stem.inputChannels, size: stem.inputSize, halo: 1)
    let kept = Set(architecture.blocks.map(\.second) + [architecture.stem])
    var outputPlaces: [Placement] = []
    var activationPlaces: [Placement?] = []
    var widest: [Int: Int] = [:]
    for (index, layer) in layers.enumerated() {
      outputPlaces.append(place(channels: layer.outputChannels, size: layer.outputSize, halo: 0))
      activationPlaces.append(
        kept.contains(index) ? place(channels: layer.outputChannels, size: layer.outputSize, halo: 1) : nil)
      guard index != architecture.classifier else { continue }
      widest[layer.outputSize] = max(widest[layer.outputSize] ?? 0, layer.outputChannels)
    }
    let classifier = layers[architecture.classifier]
    let pooledPlaces = (0..<2).map { _ in place(channels: classifier.inputChannels, size: 1, halo: 0) }
    let logitsPlace = place(channels: classifier.outputChannels, size: 1, halo: 0)
    let gradientPlaces = widest.sorted { $0.key > $1.key }.map { size, channels in
      (size, (0..<2).map { _ in place(channels: channels, size: size, halo: 0) })
    }
    let innerPlaces = widest.sorted { $0.key > $1.key }.map { size, channels in
      (size, place(channels: channels, size: size, halo: 1, blocks: 1))
    }
    let scratchPlaces = widest.sorted { $0.key > $1.key }.map { size, channels in
      let portion = min(blocks, BatchPortion.blocks(size: size))
      let rows = BatchPortion.rows(size: size)
      return (
        size, (0..<2).map { _ in place(channels: channels, size: size, halo: 1, rows: rows, blocks: portion) }
      )
    }
    let bytes = end * MemoryLayout<Lanes>.stride
    if let physical = ProcessMemory.physicalBytes(), bytes > physical {
      throw .illegalRecipe(
        reason: "batch \(capacity) needs \(bytes >> 20) MiB of memory, the machine has \(physical >> 20); lower it")
    }
    let memory = AlignedBuffer<Lanes>(count: end)
    self.architecture = architecture
    self.capacity = capacity
    self.memory = memory
    input = inputPlace.view(in: memory)
    outputs = outputPlaces.map { $0.view(in: memory) }
    activations = activationPlaces.map { $0?.view(in: memory) }
    pooled = pooledPlaces[0].view(in: memory)
    pooledGradient = pooledPlaces[1].view(in: memory)
    logitsGradient = logitsPlace.view(in: memory)
    inners = Dictionary(uniqueKeysWithValues: innerPlaces.map { ($0, $1.view(in: memory)) })
    gradients = Dictionary(
      uniqueKeysWithValues: gradientPlaces.map { size, places in
        let views = places.map { $0.view(in: memory) }
        return (size, GradientBuffers(block: views[0], inner: views[1]))
      })
    scratches = Dictionary(
      uniqueKeysWithValues: scratchPlaces.map { size, places in
        let views = places.map { $0.view(in: memory) }
        return (size, Scratch(activation: views[0], gradient: views[1]))
      })
  }

  /// The inner activation of inference of a layer's output size, narrowed to its channels.
  func inner(of layer: Layer) -> LaneView { inners[layer.outputSize]!.channels(0..<layer.outputChannels) }

  /// The buffers of a layer's output size, narrowed to its channels.
  func gradients(of layer: Layer) -> GradientBuffers {
    var buffers = gradients[layer.outputSize]!
    let channels = 0..<layer.outputChannels
    buffers.block = buffers.block.channels(channels)
    buffers.inner = buffers.inner.channels(channels)
    return buffers
  }

  /// The scratch of a layer's output size, narrowed to its channels.
  func scratch(of layer: Layer) -> Scratch {
    var scratch = scratches[layer.outputSize]!
    let channels = 0..<layer.outputChannels
    scratch.activation = scratch.activation.channels(channels)
    scratch.gradient = scratch.gradient.channels(channels)
    return scratch
  }

  private struct Placement {
    let offset: Int
    let channels: Int
    let rows: Int
    let size: Int
    let halo: Int

    func view(in memory: AlignedBuffer<Lanes>) -> LaneView {
      LaneView(memory: memory.base + offset, channels: channels, height: rows, width: size, halo: halo)
    }
  }
}
