import KernelInterface

/// What the stem or a block hands on: z = relu(batchNorm(y) + shortcut), and its gradient.
struct BlockActivation {
  /// The stem, or the second convolution of a block.
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

/// What a block adds to its second convolution's output, over views of what it reads.
enum ShortcutPath {
  /// Nothing: the stem's.
  case none
  case identity(LaneView)
  /// Option A: the pixels that are left, and the output channel that the first input channel is added to.
  case subsampleAndPad(LaneView, channelOffset: Int)
  /// Option B: the projection and memory for its output.
  case projection(any NormalizedLayer, LaneView)
}

/// A residual block over its views of the workspace.
struct Block {
  let first: any NormalizedLayer
  let second: any NormalizedLayer
  /// What the block reads, of the stem or the block before.
  let input: BlockActivation
  let output: BlockActivation
  /// z between the convolutions, haloed, of one block of images: in inference alone.
  let inferredInner: LaneView
  /// Memory for z between the convolutions, haloed, of one portion and the rows next to it.
  let innerPortion: LaneView
  /// Gradient of z between the convolutions, then g.
  let innerGradient: LaneView

  /// z between the convolutions, as far as the second one reads it for this portion.
  func completeInner(_ portion: BatchPortion) -> LaneView {
    innerPortion.filled(for: portion, height: first.convolutionOutput.height) { rows, target in
      first.normalize(portion, rows: rows, ActivationPass(), output: target)
    }
  }

  /// z of one block of images in inference.
  func infer(_ block: BatchExtent) {
    first.infer(input.values, ActivationPass(), output: inferredInner, block)
    output.infer(inferredInner, blockInput: input.values, block)
  }
}
