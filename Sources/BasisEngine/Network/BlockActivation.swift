import KernelInterface

/// What the stem or a block hands on: z = relu(batchNorm(y) + shortcut), and its gradient.
struct BlockActivation {
  /// The stem, or the last convolution of a block.
  let layer: any NormalizedLayer
  /// What is added to the layer's output.
  let shortcut: ShortcutPath
  /// The layers that end here, `layer` first: the shortcut's projection is the other.
  let layers: [any NormalizedLayer]
  /// z, haloed.
  let values: LaneView
  /// dz, then g.
  let gradient: LaneView

  init(layer: any NormalizedLayer, shortcut: ShortcutPath, values: LaneView, gradient: LaneView) {
    self.layer = layer
    self.shortcut = shortcut
    self.values = values
    self.gradient = gradient
    if case .projection(let projection, _) = shortcut { layers = [layer, projection] } else { layers = [layer] }
  }

  /// z in `rows` of a portion's blocks.
  func complete(_ portion: BatchPortion, rows: Range<Int>) {
    var activation = ActivationPass()
    switch shortcut {
    case .none: break
    case .identity(let input): activation.residual = input.portion(portion, rows: rows)
    case .subsampleAndPad(let input, let channelOffset):
      activation.residual = input.portion(portion, rows: rows)
      activation.residualChannelOffset = channelOffset
    case .projection(let projection, let memory):
      let projected = memory.portion(portion, rows: rows)
      projection.normalize(portion, rows: rows, ActivationPass(appliesReLU: false), output: projected)
      activation.residual = projected
    }
    layer.normalize(portion, rows: rows, activation, output: values.portion(portion, rows: rows))
  }

  /// z of one block of images in inference, in the memory of the first.
  /// - Parameters:
  ///   - layerInput: what `layer` reads.
  ///   - blockInput: what the shortcut reads.
  func infer(_ layerInput: LaneView, blockInput: LaneView, _ block: BatchExtent) {
    var activation = ActivationPass()
    switch shortcut {
    case .none: break
    case .identity(let input): activation.residual = input
    case .subsampleAndPad(let input, let channelOffset):
      activation.residual = input
      activation.residualChannelOffset = channelOffset
    case .projection(let projection, let memory):
      projection.infer(blockInput, ActivationPass(appliesReLU: false), output: memory, block)
      activation.residual = memory
    }
    layer.infer(layerInput, activation, output: values, block)
  }

  /// g from dz in `rows` of a portion's blocks, in place.
  func rectifyGradient(_ portion: BatchPortion, rows: Range<Int>, _ pass: borrowing GradientPass) {
    let outputGradient = gradient.portion(portion, rows: rows)
    layer.rectifyGradient(
      portion, rows: rows, output: values.portion(portion, rows: rows), outputGradient: outputGradient, pass)
    // The projection's is the same g, rectified already.
    if case .projection(let projection, _) = shortcut {
      projection.rectifyGradient(portion, rows: rows, output: nil, outputGradient: outputGradient, pass)
    }
  }
}

/// What a block adds to its last convolution's output, over views of what it reads.
enum ShortcutPath {
  /// Nothing: the stem's.
  case none
  case identity(LaneView)
  /// Option A: the pixels that are left, and the output channel that the first input channel is added to.
  case subsampleAndPad(LaneView, channelOffset: Int)
  /// Option B: the projection and memory for its output.
  case projection(any NormalizedLayer, LaneView)
}

/// What a block reads: what the stem or the block before hands on, or what max pooling left of it.
struct BlockInput {
  /// z, haloed.
  let values: LaneView
  /// dz, then g where the block completes it.
  let gradient: LaneView
  /// What is completed where the block reads it; nil for pooled values, which are ready.
  let producer: BlockActivation?

  init(_ producer: BlockActivation) {
    (values, gradient, self.producer) = (producer.values, producer.gradient, producer)
  }

  init(pooled values: LaneView, gradient: LaneView) {
    (self.values, self.gradient, producer) = (values, gradient, nil)
  }
}

/// What lies between two convolutions of a block.
struct BlockInner {
  /// z, haloed, of one block of images: in inference alone.
  let inferred: LaneView
  /// Memory for z, haloed, of one portion and the rows next to it.
  let portion: LaneView
  /// Gradient of z, then g.
  let gradient: LaneView
}

/// A residual block over its views of the workspace.
struct Block {
  /// The convolutions in their order; the last ends in the block's sum.
  let layers: [any NormalizedLayer]
  /// Behind each of them but the last.
  let inner: [BlockInner]
  let input: BlockInput
  let output: BlockActivation
  var first: any NormalizedLayer { layers[0] }
  /// Of all convolutions together, and of the shortcut.
  let stride: Int

  init(_ layers: [any NormalizedLayer], _ inner: [BlockInner], input: BlockInput, output: BlockActivation) {
    self.layers = layers
    self.inner = inner
    self.input = input
    self.output = output
    stride = layers.reduce(1) { $0 * $1.stride }
  }

  /// z behind a convolution, as far as the next one reads it for this portion of it.
  func completeInner(_ index: Int, _ portion: BatchPortion) -> LaneView {
    let layer = layers[index]
    return inner[index].portion.filled(
      for: portion, height: layer.convolutionOutput.height, reach: layers[index + 1].reach
    ) { rows, target in
      layer.normalize(portion, rows: rows, ActivationPass(), output: target)
    }
  }

  /// The shortcut's share of a portion of the first convolution, which may have a smaller stride.
  func shortcutPortion(_ portion: BatchPortion) -> BatchPortion {
    stride == first.stride ? portion : portion.everyRow(stride / first.stride)
  }

  /// z of one block of images in inference.
  func infer(_ block: BatchExtent) {
    var values = input.values
    for (layer, inner) in zip(layers, inner) {
      layer.infer(values, ActivationPass(), output: inner.inferred, block)
      values = inner.inferred
    }
    output.infer(values, blockInput: input.values, block)
  }
}
