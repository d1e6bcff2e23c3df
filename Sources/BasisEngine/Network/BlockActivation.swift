import KernelInterface

/// The output of the stem or of a block, z = relu(batchNorm(y) + shortcut), and its gradient.
struct BlockActivation {
  /// The stem, or the last convolution of a block.
  let layer: any NormalizedLayer
  /// What is added to the layer's output.
  let shortcut: ShortcutPath
  /// The layers that end here: `layer`, then the shortcut's projection if there is one.
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

  /// Computes z in `rows` of a portion's blocks.
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

  /// Computes z of one block of images in inference, in the memory of the first block.
  /// - Parameters:
  ///   - layerInput: The input of `layer`.
  ///   - blockInput: The input of the shortcut.
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

  /// Turns dz into g in place, in `rows` of a portion's blocks.
  func rectifyGradient(_ portion: BatchPortion, rows: Range<Int>, _ pass: borrowing GradientPass) {
    let outputGradient = gradient.portion(portion, rows: rows)
    layer.rectifyGradient(
      portion, rows: rows, output: values.portion(portion, rows: rows), outputGradient: outputGradient, pass)
    // The projection's g is the same, already rectified.
    if case .projection(let projection, _) = shortcut {
      projection.rectifyGradient(portion, rows: rows, output: nil, outputGradient: outputGradient, pass)
    }
  }
}

/// What a block adds to the output of its last convolution, as views of the block's input.
enum ShortcutPath {
  /// Nothing, as for the stem.
  case none
  case identity(LaneView)
  /// Option A: the remaining pixels, and the output channel to which the first input channel is added.
  case subsampleAndPad(LaneView, channelOffset: Int)
  /// Option B: the projection and memory for its output.
  case projection(any NormalizedLayer, LaneView)
}

/// The input of a block: the output of the stem or of the block before, or of max pooling after the stem.
struct BlockInput {
  /// z, haloed.
  let values: LaneView
  /// dz; then g, if there is a `producer`.
  let gradient: LaneView
  /// The activation that is completed when the block reads it; `nil` for pooled values, which are complete.
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
  /// z, haloed, of one block of images; used only in inference.
  let inferred: LaneView
  /// Memory for z, haloed, of one portion and its neighboring rows.
  let portion: LaneView
  /// dz, then g.
  let gradient: LaneView
}

/// A residual block over its views of the workspace.
struct Block {
  /// The convolutions in order; the last one's output enters the block's sum.
  let layers: [any NormalizedLayer]
  /// What follows each convolution except the last.
  let inner: [BlockInner]
  let input: BlockInput
  let output: BlockActivation
  var first: any NormalizedLayer { layers[0] }
  /// The stride of all convolutions together, and of the shortcut.
  let stride: Int

  init(_ layers: [any NormalizedLayer], _ inner: [BlockInner], input: BlockInput, output: BlockActivation) {
    self.layers = layers
    self.inner = inner
    self.input = input
    self.output = output
    stride = layers.reduce(1) { $0 * $1.stride }
  }

  /// Computes z after a convolution, in the rows of `portion` and those next to them that the following convolution
  /// reads.
  func completeInner(_ index: Int, _ portion: BatchPortion) -> LaneView {
    let layer = layers[index]
    return inner[index].portion.filled(
      for: portion, height: layer.convolutionOutput.height, reach: layers[index + 1].reach
    ) { rows, target in
      layer.normalize(portion, rows: rows, ActivationPass(), output: target)
    }
  }

  /// The shortcut's portion for a portion of the first convolution, which may have a smaller stride.
  func shortcutPortion(_ portion: BatchPortion) -> BatchPortion {
    stride == first.stride ? portion : portion.everyRow(stride / first.stride)
  }

  /// Computes z of one block of images in inference.
  func infer(_ block: BatchExtent) {
    var values = input.values
    for (layer, inner) in zip(layers, inner) {
      layer.infer(values, ActivationPass(), output: inner.inferred, block)
      values = inner.inferred
    }
    output.infer(values, blockInput: input.values, block)
  }
}
