import KernelInterface
import SearchCore

extension ResNet {
  /// Gradients of all parameters, from those of the logits in the workspace; uses what the last training pass left
  /// there. They are added to what is there.
  ///
  /// Like the forward pass in stages between statistics: from one batch norm's sums to those of the one before it.
  func backward(images: Int) {
    let batch = BatchExtent(images: images)
    classifier.backward(
      workspace.pooled, logits, outputGradient: workspace.logitsGradient, inputGradient: workspace.pooledGradient,
      accumulate: false, BatchPortion(firstBlock: 0, extent: batch, rows: 0..<1))
    let lastGradient = blocks.last?.outputGradient ?? stemGradient
    collectGradients(
      of: outputUnits(before: blocks.count), batch,
      BatchPortion.wholePlanes(of: batch, size: lastOutput.height)
    ) { portion in
      kernels.poolBackward(
        workspace.pooledGradient.base + portion.firstBlock * workspace.pooledGradient.blockStride,
        lastGradient.blocks(from: portion.firstBlock), portion.extent)
      rectifyOutputGradient(before: blocks.count, portion, rows: portion.rows)
    }
    for (index, block) in blocks.enumerated().reversed() {
      let portions = BatchPortion.all(of: batch, size: block.first.raw.height)
      collectGradients(of: [block.first], batch, portions) { backwardSecond(block, $0) }
      collectGradients(of: outputUnits(before: index), batch, portions) { backwardFirst(index, $0) }
    }
    for portion in BatchPortion.all(of: batch, size: stem.raw.height) {
      stem.backward(
        portion, input: workspace.input.portion(portion, rows: portion.rows),
        outputGradient: stemGradient.blocks(from: portion.firstBlock), inputGradient: nil, accumulate: false)
    }
  }

  /// Runs `pass` over `portions`; it adds to the sums of `units`, which take their gradients at the end.
  private func collectGradients(
    of units: [any NormalizedLayer], _ batch: BatchExtent, _ portions: [BatchPortion], _ pass: (BatchPortion) -> Void
  ) {
    for unit in units { unit.beginGradients() }
    for portion in portions { pass(portion) }
    for unit in units { unit.takeGradients(batch) }
  }

  /// The units whose sum is what block `index` reads.
  private func outputUnits(before index: Int) -> [any NormalizedLayer] {
    guard index > 0 else { return [stem] }
    return [blocks[index - 1].second] + (blocks[index - 1].projection.map { [$0] } ?? [])
  }

  /// g of what block `index` reads, from its gradient, in place.
  private func rectifyOutputGradient(before index: Int, _ portion: BatchPortion, rows: Range<Int>) {
    let (output, gradient) =
      index > 0 ? (blocks[index - 1].output, blocks[index - 1].outputGradient) : (stemOutput, stemGradient)
    let outputGradient = gradient.portion(portion, rows: rows)
    let units = outputUnits(before: index)
    units[0].rectifyGradient(
      portion, rows: rows, output: output.portion(portion, rows: rows), outputGradient: outputGradient)
    // The projection's is the same g, rectified already.
    for unit in units.dropFirst() {
      unit.rectifyGradient(portion, rows: rows, output: nil, outputGradient: outputGradient)
    }
  }

  /// From g of a block's sum to g of its inner activation.
  private func backwardSecond(_ block: Block, _ portion: BatchPortion) {
    let inner = completeInner(block, portion)
    // Where nobody reads it later, every portion's goes where the first one's was, which is still in the cache.
    let innerGradient =
      block.first.readsGradient
      ? block.innerGradient.portion(portion, rows: portion.rows) : block.innerGradient.rows(0..<portion.rows.count)
    block.second.backward(
      portion, input: inner, outputGradient: block.outputGradient.blocks(from: portion.firstBlock),
      inputGradient: innerGradient, accumulate: false)
    block.first.rectifyGradient(portion, rows: portion.rows, output: inner, outputGradient: innerGradient)
  }

  /// From g of a block's inner activation, and of its sum, to g of what it reads.
  private func backwardFirst(_ index: Int, _ portion: BatchPortion) {
    let block = blocks[index]
    let stride = block.first.stride
    let inputRows = portion.inputRows(stride: stride, height: block.input.height)
    let input = block.input.portion(portion, rows: inputRows)
    let inputGradient = block.inputGradient.portion(portion, rows: inputRows)
    let outputGradient = block.outputGradient.blocks(from: portion.firstBlock)
    // An identity shortcut hands g on as it is: the first convolution adds its share in place, and the same memory is the
    // gradient of the block's input.
    block.first.backward(
      portion, input: input, outputGradient: block.innerGradient.blocks(from: portion.firstBlock),
      inputGradient: inputGradient, accumulate: block.shortcut == .identity)
    switch block.shortcut {
    case .identity: break
    case .subsampleAndPad:
      let offset = (block.output.channels - block.input.channels) / 2
      kernels.add(
        outputGradient.rows(portion.rows).channels(offset..<offset + block.input.channels),
        inputGradient.subsampled(by: stride), portion.extent)
    case .projection:
      block.projection!.backward(
        portion, input: input, outputGradient: outputGradient, inputGradient: inputGradient, accumulate: true)
    }
    rectifyOutputGradient(before: index, portion, rows: inputRows)
  }
}
