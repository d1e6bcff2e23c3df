import KernelInterface
import SearchCore

/// What lies between two points of a training step at which batch norm needs sums over the whole batch. Each portion of
/// the batch goes through all of a stage while it is in the cache.
///
/// A stage starts with batch norm, and the operations that follow it, of the layers that it *normalizes*, and ends with
/// the convolutions of those that it *convolves*. In the forward pass, it adds to the statistics of the layers that it
/// convolves; in the backward pass, it starts from the gradients of these layers and adds to the gradient sums of those
/// that it normalizes. Each stage normalizes the layers that the stage before it convolved.
protocol Stage {
  var normalized: [any NormalizedLayer] { get }
  var convolved: [any NormalizedLayer] { get }
  /// Divides the batch into the portions that go through the stage, forward and backward.
  func portions(of batch: BatchExtent) -> [BatchPortion]
  func forward(_ portion: BatchPortion, _ pass: borrowing StatisticsPass)
  func backward(_ portion: BatchPortion, _ pass: borrowing GradientPass)
}

extension Stage {
  func forward(_ batch: BatchExtent, source: StatisticsPass.Source = .batch) {
    StatisticsPass.run(over: convolved, batch, portions(of: batch), source: source) { forward($0, $1) }
  }

  func backward(_ batch: BatchExtent, skipped: BasisPart?) {
    GradientPass.run(over: normalized, batch, portions(of: batch), skipped: skipped) { backward($0, $1) }
  }
}

/// From the images to the stem's convolution.
struct StemStage: Stage {
  /// The images, haloed.
  let images: LaneView
  let stem: BlockActivation

  var normalized: [any NormalizedLayer] { [] }
  var convolved: [any NormalizedLayer] { stem.layers }

  func portions(of batch: BatchExtent) -> [BatchPortion] {
    BatchPortion.all(of: batch, size: stem.layer.convolutionOutput.height)
  }

  func forward(_ portion: BatchPortion, _ pass: borrowing StatisticsPass) {
    stem.layer.convolve(read(portion), portion, pass)
  }

  func backward(_ portion: BatchPortion, _ pass: borrowing GradientPass) {
    stem.layer.backward(
      portion, input: read(portion),
      outputGradient: stem.gradient.blocks(from: portion.firstBlock), inputGradient: nil, accumulate: false,
      skipped: pass.skipped)
  }

  private func read(_ portion: BatchPortion) -> LaneView {
    images.portion(portion, rows: portion.inputRows(stride: stem.layer.stride, height: images.height))
  }
}

/// From the stem's statistics to the output of max pooling after it, one block of images at a time.
struct MaxPoolingStage: Stage {
  let stem: BlockActivation
  let pooled: BlockInput
  let kernels: KernelTable

  var normalized: [any NormalizedLayer] { stem.layers }
  var convolved: [any NormalizedLayer] { [] }

  func portions(of batch: BatchExtent) -> [BatchPortion] {
    BatchPortion.wholePlanes(of: batch, size: stem.values.height)
  }

  func forward(_ portion: BatchPortion, _ pass: borrowing StatisticsPass) {
    stem.complete(portion, rows: portion.rows)
    pool(portion)
  }

  func pool(_ portion: BatchPortion) {
    kernels.maxPoolForward(
      stem.values.blocks(from: portion.firstBlock), pooled.values.blocks(from: portion.firstBlock), portion.extent)
  }

  func backward(_ portion: BatchPortion, _ pass: borrowing GradientPass) {
    kernels.maxPoolBackward(
      stem.values.blocks(from: portion.firstBlock), pooled.values.blocks(from: portion.firstBlock),
      pooled.gradient.blocks(from: portion.firstBlock), stem.gradient.blocks(from: portion.firstBlock), portion.extent)
    stem.rectifyGradient(portion, rows: portion.rows, pass)
  }
}

/// From the statistics of the stem or of the block before to a block's first convolution and its projection.
struct FirstStage: Stage {
  let block: Block
  let convolved: [any NormalizedLayer]
  /// An identity shortcut passes g on unchanged: the first convolution adds its share in place, and the same memory is
  /// the gradient of the block's input.
  private let addsInPlace: Bool
  private let add: KernelTable.Add

  init(_ block: Block, _ kernels: KernelTable) {
    self.block = block
    add = kernels.add
    if case .identity = block.output.shortcut { addsInPlace = true } else { addsInPlace = false }
    // Of the layers that end in the block's sum, all but the last convolution.
    convolved = [block.first] + block.output.layers.dropFirst()
  }

  var normalized: [any NormalizedLayer] { block.input.producer?.layers ?? [] }

  func portions(of batch: BatchExtent) -> [BatchPortion] {
    BatchPortion.all(of: batch, size: block.first.convolutionOutput.height)
  }

  func forward(_ portion: BatchPortion, _ pass: borrowing StatisticsPass) {
    let (stride, height) = (block.first.stride, block.input.values.height)
    block.input.producer?.complete(portion, rows: portion.newInputRows(stride: stride, height: height))
    let input = block.input.values.portion(portion, rows: portion.inputRows(stride: stride, height: height))
    block.first.convolve(input, portion, pass)
    if case .projection(let projection, _) = block.output.shortcut {
      projection.convolve(input, block.shortcutPortion(portion), pass)
    }
  }

  /// Computes g of the block's input from g of its first inner activation and g of its sum.
  func backward(_ portion: BatchPortion, _ pass: borrowing GradientPass) {
    let stride = block.first.stride
    let rows = portion.inputRows(stride: stride, height: block.input.values.height)
    let input = block.input.values.portion(portion, rows: rows)
    let inputGradient = block.input.gradient.portion(portion, rows: rows)
    let outputGradient = block.output.gradient.blocks(from: portion.firstBlock)
    block.first.backward(
      portion, input: input, outputGradient: block.inner[0].gradient.blocks(from: portion.firstBlock),
      inputGradient: inputGradient, accumulate: addsInPlace, skipped: pass.skipped)
    let shortcut = block.shortcutPortion(portion)
    switch block.output.shortcut {
    case .none, .identity: break
    case .subsampleAndPad(_, let offset):
      add(
        outputGradient.rows(shortcut.rows).channels(offset..<offset + input.channels),
        inputGradient.subsampled(by: block.stride), portion.extent)
    case .projection(let projection, _):
      projection.backward(
        shortcut, input: input, outputGradient: outputGradient, inputGradient: inputGradient, accumulate: true,
        skipped: pass.skipped)
    }
    block.input.producer?.rectifyGradient(portion, rows: rows, pass)
  }
}

/// From the statistics of one convolution of a block to the next convolution.
struct InnerStage: Stage {
  let block: Block
  /// The index of the convolution that is normalized.
  private let index: Int
  private let before: any NormalizedLayer
  private let after: any NormalizedLayer
  let normalized: [any NormalizedLayer]
  let convolved: [any NormalizedLayer]

  init(_ block: Block, _ index: Int) {
    self.block = block
    self.index = index
    (before, after) = (block.layers[index], block.layers[index + 1])
    (normalized, convolved) = ([before], [after])
  }

  func portions(of batch: BatchExtent) -> [BatchPortion] {
    BatchPortion.all(of: batch, size: after.convolutionOutput.height)
  }

  func forward(_ portion: BatchPortion, _ pass: borrowing StatisticsPass) {
    after.convolve(block.completeInner(index, read(portion)), portion, pass)
  }

  /// Computes g of the later convolution's input from g of the activation that it ends in.
  func backward(_ portion: BatchPortion, _ pass: borrowing GradientPass) {
    let read = read(portion)
    let inner = block.completeInner(index, read)
    let gradient = block.inner[index].gradient
    // If g is not read later, every portion's g overwrites that of the first, whose memory is still in the cache.
    let innerGradient =
      before.readsGradient ? gradient.portion(read, rows: read.rows) : gradient.rows(0..<read.rows.count)
    let outputGradient = index + 1 < block.inner.count ? block.inner[index + 1].gradient : block.output.gradient
    after.backward(
      portion, input: inner, outputGradient: outputGradient.blocks(from: portion.firstBlock),
      inputGradient: innerGradient, accumulate: false, skipped: pass.skipped)
    before.rectifyGradient(read, rows: read.rows, output: inner, outputGradient: innerGradient, pass)
  }

  /// The portion's rows of the later convolution's input.
  private func read(_ portion: BatchPortion) -> BatchPortion {
    var read = portion
    read.rows = portion.inputRows(stride: after.stride, height: before.convolutionOutput.height)
    return read
  }
}

/// From the last block's statistics to the pooled planes.
struct PoolingStage: Stage {
  let last: BlockActivation
  /// The means of planes, one pixel each, and their gradients.
  let pooled: LaneView
  let pooledGradient: LaneView
  let kernels: KernelTable

  var normalized: [any NormalizedLayer] { last.layers }
  var convolved: [any NormalizedLayer] { [] }

  func portions(of batch: BatchExtent) -> [BatchPortion] {
    BatchPortion.wholePlanes(of: batch, size: last.values.height)
  }

  func forward(_ portion: BatchPortion, _ pass: borrowing StatisticsPass) {
    last.complete(portion, rows: portion.rows)
    pool(last.values.blocks(from: portion.firstBlock), portion)
  }

  /// Computes the pooled planes of a portion.
  func pool(_ values: LaneView, _ portion: BatchPortion) {
    kernels.poolForward(values, pooled.blocks(from: portion.firstBlock).base, portion.extent)
  }

  func backward(_ portion: BatchPortion, _ pass: borrowing GradientPass) {
    kernels.poolBackward(
      pooledGradient.blocks(from: portion.firstBlock).base, last.gradient.blocks(from: portion.firstBlock),
      portion.extent)
    last.rectifyGradient(portion, rows: portion.rows, pass)
  }
}
