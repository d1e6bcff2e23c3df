import KernelInterface
import SearchCore

extension ResNet {
  /// What of the network lies between two batch norms' statistics: a portion of the batch goes through it at a stretch.
  private enum Stage {
    case stem
    /// From the statistics of the stem or of the block before to the first convolution (and projection) of a block.
    case first(Int)
    /// From the first convolution's statistics to the second convolution.
    case second(Int)
    /// From the last block's statistics to the pooled planes.
    case pooling
  }

  private var stages: [Stage] {
    [.stem] + blocks.indices.flatMap { [.first($0), .second($0)] } + [.pooling]
  }

  /// Logits of the first `images` images of `input`.
  func forward(images: Int, mode: PassMode) {
    precondition(images > 0 && images <= workspace.capacity)
    let batch = BatchExtent(images: images)
    prepareWeights(for: mode)
    switch mode {
    case .training:
      for stage in stages {
        let units = units(of: stage)
        for unit in units { unit.beginStatistics() }
        for portion in portions(batch, of: stage) { forward(stage, portion) }
        for unit in units { unit.takeStatistics(batch) }
      }
    case .inference: infer(batch)
    }
    classifier.forward(
      workspace.pooled, logits, BatchPortion(firstBlock: 0, extent: batch, rows: 0..<1), statistics: nil)
  }

  /// Once for all batches of an evaluation: weights change between training steps only.
  private func prepareWeights(for mode: PassMode) {
    if mode == .inference, preparedRevision == parameters.revision { return }
    for unit in units { unit.prepare(for: mode) }
    classifier.prepare(for: mode)
    preparedRevision = parameters.revision
  }

  /// Whose convolutions a stage holds.
  private func units(of stage: Stage) -> [any NormalizedLayer] {
    switch stage {
    case .stem: [stem]
    case .first(let index): [blocks[index].first] + (blocks[index].projection.map { [$0] } ?? [])
    case .second(let index): [blocks[index].second]
    case .pooling: []
    }
  }

  private func portions(_ batch: BatchExtent, of stage: Stage) -> [BatchPortion] {
    guard let unit = units(of: stage).first else {
      return BatchPortion.wholePlanes(of: batch, size: lastOutput.height)
    }
    return BatchPortion.all(of: batch, size: unit.raw.height)
  }

  var lastOutput: LaneView { blocks.last?.output ?? stemOutput }

  private func forward(_ stage: Stage, _ portion: BatchPortion) {
    switch stage {
    case .stem: stem.convolve(workspace.input.portion(portion, rows: portion.rows), portion)
    case .first(let index):
      let block = blocks[index]
      let (stride, height) = (block.first.stride, block.input.height)
      completeOutput(before: index, portion, rows: portion.newInputRows(stride: stride, height: height))
      let input = block.input.portion(portion, rows: portion.inputRows(stride: stride, height: height))
      block.first.convolve(input, portion)
      block.projection?.convolve(input, portion)
    case .second(let index):
      let inner = completeInner(blocks[index], portion)
      blocks[index].second.convolve(inner, portion)
    case .pooling:
      completeOutput(before: blocks.count, portion, rows: portion.rows)
      kernels.poolForward(
        lastOutput.blocks(from: portion.firstBlock),
        workspace.pooled.base + portion.firstBlock * workspace.pooled.blockStride, portion.extent)
    }
  }

  /// Rows of z of the stem, or of the block before `index`: of what block `index` reads.
  private func completeOutput(before index: Int, _ portion: BatchPortion, rows: Range<Int>) {
    guard index > 0 else {
      return stem.normalize(portion, rows: rows, output: stemOutput.portion(portion, rows: rows))
    }
    let block = blocks[index - 1]
    let output = block.output.portion(portion, rows: rows)
    var residual = block.input.blocks(from: portion.firstBlock)
    var offset = 0
    switch block.shortcut {
    case .identity: residual = residual.rows(rows)
    case .subsampleAndPad:
      residual = residual.subsampled(by: block.first.stride).rows(rows)
      offset = (block.output.channels - block.input.channels) / 2
    case .projection:
      // No gradient is under way: its memory takes the projected input.
      residual = block.outputGradient.portion(portion, rows: rows)
      block.projection!.normalize(portion, rows: rows, rectified: false, output: residual)
    }
    block.second.normalize(
      portion, rows: rows, residual: residual, residualChannelOffset: offset, rectified: true, output: output)
  }

  /// z between a block's convolutions, in the scratch, as far as the second one reads it for this portion.
  func completeInner(_ block: Block, _ portion: BatchPortion) -> LaneView {
    block.first.scratch.activation.filled(for: portion, height: block.first.raw.height) { rows, target in
      block.first.normalize(portion, rows: rows, output: target)
    }
  }
}
