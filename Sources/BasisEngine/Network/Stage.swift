import KernelInterface
import SearchCore

/// What lies between two points of a training step at which batch norm needs sums over the whole batch: a portion of
/// the batch goes through a stage at a stretch, while it is in the cache.
///
/// A stage starts with batch norm and what follows it, of the layers that it *normalizes*, and ends with the
/// convolutions of those that it *convolves*. Forward it adds to the statistics of the layers that it convolves;
/// backward, from their gradients, to the gradient sums of those that it normalizes. Each stage normalizes what the
/// one before it convolved.
protocol Stage {
  var normalized: [any NormalizedLayer] { get }
  var convolved: [any NormalizedLayer] { get }
  /// The batch as it goes through, forward and backward.
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
    stem.layer.convolve(images.portion(portion, rows: portion.rows), portion, pass)
  }

  func backward(_ portion: BatchPortion, _ pass: borrowing GradientPass) {
    stem.layer.backward(
      portion, input: images.portion(portion, rows: portion.rows),
      outputGradient: stem.gradient.blocks(from: portion.firstBlock), inputGradient: nil, accumulate: false,
      skipped: pass.skipped)
  }
}

/// From the statistics of the stem or of the block before to the first convolution and the projection of a block.
struct FirstStage: Stage {
  let block: Block
  let convolved: [any NormalizedLayer]
  /// An identity shortcut hands g on as it is: the first convolution adds its share in place, and the same memory is
  /// the gradient of the block's input.
  private let addsInPlace: Bool
  private let add: KernelTable.Add

  init(_ block: Block, _ kernels: KernelTable) {
    self.block = block
    add = kernels.add
    if case .identity = block.output.shortcut { addsInPlace = true } else { addsInPlace = false }
    // Of the layers that end in the block's sum all but the second convolution.
    convolved = [block.first] + block.output.layers.dropFirst()
  }

  var normalized: [any NormalizedLayer] { block.input.layers }

  func portions(of batch: BatchExtent) -> [BatchPortion] {
    BatchPortion.all(of: batch, size: block.first.convolutionOutput.height)
  }

  func forward(_ portion: BatchPortion, _ pass: borrowing StatisticsPass) {
    let (stride, height) = (block.first.stride, block.input.values.height)
    block.input.complete(portion, rows: portion.newInputRows(stride: stride, height: height))
    let input = block.input.values.portion(portion, rows: portion.inputRows(stride: stride, height: height))
    block.first.convolve(input, portion, pass)
    if case .projection(let projection, _) = block.output.shortcut { projection.convolve(input, portion, pass) }
  }

  /// From g of the block's inner activation, and of its sum, to g of what it reads.
  func backward(_ portion: BatchPortion, _ pass: borrowing GradientPass) {
    let stride = block.first.stride
    let rows = portion.inputRows(stride: stride, height: block.input.values.height)
    let input = block.input.values.portion(portion, rows: rows)
    let inputGradient = block.input.gradient.portion(portion, rows: rows)
    let outputGradient = block.output.gradient.blocks(from: portion.firstBlock)
    block.first.backward(
      portion, input: input, outputGradient: block.innerGradient.blocks(from: portion.firstBlock),
      inputGradient: inputGradient, accumulate: addsInPlace, skipped: pass.skipped)
    switch block.output.shortcut {
    case .none, .identity: break
    case .subsampleAndPad(_, let offset):
      add(
        outputGradient.rows(portion.rows).channels(offset..<offset + input.channels),
        inputGradient.subsampled(by: stride), portion.extent)
    case .projection(let projection, _):
      projection.backward(
        portion, input: input, outputGradient: outputGradient, inputGradient: inputGradient, accumulate: true,
        skipped: pass.skipped)
    }
    block.input.rectifyGradient(portion, rows: rows, pass)
  }
}

/// From the first convolution's statistics to the second convolution of a block.
struct SecondStage: Stage {
  let block: Block
  let normalized: [any NormalizedLayer]
  let convolved: [any NormalizedLayer]

  init(_ block: Block) {
    self.block = block
    normalized = [block.first]
    convolved = [block.second]
  }

  func portions(of batch: BatchExtent) -> [BatchPortion] {
    BatchPortion.all(of: batch, size: block.second.convolutionOutput.height)
  }

  func forward(_ portion: BatchPortion, _ pass: borrowing StatisticsPass) {
    block.second.convolve(block.completeInner(portion), portion, pass)
  }

  /// From g of the block's sum to g of its inner activation.
  func backward(_ portion: BatchPortion, _ pass: borrowing GradientPass) {
    let inner = block.completeInner(portion)
    // Where nothing reads it later, every portion's goes where the first one's was, which is still in the cache.
    let innerGradient =
      block.first.readsGradient
      ? block.innerGradient.portion(portion, rows: portion.rows) : block.innerGradient.rows(0..<portion.rows.count)
    block.second.backward(
      portion, input: inner, outputGradient: block.output.gradient.blocks(from: portion.firstBlock),
      inputGradient: innerGradient, accumulate: false, skipped: pass.skipped)
    block.first.rectifyGradient(portion, rows: portion.rows, output: inner, outputGradient: innerGradient, pass)
  }
}

/// From the last block's statistics to the pooled planes.
struct PoolingStage: Stage {
  let last: BlockActivation
  /// Means of planes, a pixel each, and their gradients.
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

  /// Pooled planes of a portion.
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
