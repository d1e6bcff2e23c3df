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
    for unit in units { unit.convolution.prepare(for: mode) }
    classifier.prepare(for: mode)
    switch mode {
    case .training:
      for stage in stages {
        let units = units(of: stage)
        for unit in units { unit.batchNorm.beginStatistics() }
        for portion in portions(batch, of: stage) { forward(stage, portion, mode) }
        for unit in units { unit.takeStatistics(batch) }
      }
    case .inference:
      for unit in units { unit.batchNorm.takeRunningStatistics() }
      for block in BatchPortion.wholePlanes(of: batch, size: 1) {
        for stage in stages {
          for var portion in portions(block.extent, of: stage) {
            portion.firstBlock = block.firstBlock
            forward(stage, portion, mode)
          }
        }
      }
    }
    classifier.forward(
      workspace.pooled, logits, BatchPortion(firstBlock: 0, extent: batch, rows: 0..<1), sums: nil)
  }

  /// Whose convolutions a stage holds.
  private func units(of stage: Stage) -> [NormalizedConvolution] {
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

  private var lastOutput: LaneView { blocks.last?.output ?? stemOutput }

  private func forward(_ stage: Stage, _ portion: BatchPortion, _ mode: PassMode) {
    switch stage {
    case .stem: stem.convolve(workspace.input.portion(portion, rows: portion.rows), portion, mode: mode)
    case .first(let index):
      let block = blocks[index]
      let (stride, height) = (block.first.convolution.shape.stride, block.input.height)
      completeOutput(before: index, portion, rows: portion.newInputRows(stride: stride, height: height))
      let input = block.input.portion(portion, rows: portion.inputRows(stride: stride, height: height))
      block.first.convolve(input, portion, mode: mode)
      block.projection?.convolve(input, portion, mode: mode)
    case .second(let index):
      let inner = completeInner(blocks[index], portion)
      blocks[index].second.convolve(inner, portion, mode: mode)
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
      residual = residual.subsampled(by: block.first.convolution.shape.stride).rows(rows)
      offset = (block.output.channels - block.input.channels) / 2
    case .projection:
      // The projected input waits where the sum will be: normalisation reads and writes each element once.
      block.projection!.normalize(portion, rows: rows, rectified: false, output: output)
      residual = output
    }
    block.second.normalize(portion, rows: rows, residual: residual, residualChannelOffset: offset, output: output)
  }

  /// z between a block's convolutions, in the scratch, as far as the second one reads it for this portion.
  private func completeInner(_ block: Block, _ portion: BatchPortion) -> LaneView {
    block.first.scratch.activation.filled(for: portion, height: block.first.raw.height) { rows, target in
      block.first.normalize(portion, rows: rows, output: target)
    }
  }

  /// Gradients of all parameters, from those of the logits in the workspace; uses what the last training pass left
  /// there. They are added to what is there.
  ///
  /// Like the forward pass in stages between statistics: from one batch norm's sums to those of the one before it.
  private func backward(images: Int) {
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
    of units: [NormalizedConvolution], _ batch: BatchExtent, _ portions: [BatchPortion], _ pass: (BatchPortion) -> Void
  ) {
    for unit in units { unit.batchNorm.beginGradients() }
    for portion in portions { pass(portion) }
    for unit in units { unit.takeGradients(batch) }
  }

  /// The units whose sum is what block `index` reads.
  private func outputUnits(before index: Int) -> [NormalizedConvolution] {
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
    let innerGradient = block.innerGradient.portion(portion, rows: portion.rows)
    block.second.backward(
      portion, input: inner, outputGradient: block.outputGradient.blocks(from: portion.firstBlock),
      inputGradient: innerGradient, accumulate: false)
    block.first.rectifyGradient(portion, rows: portion.rows, output: inner, outputGradient: innerGradient)
  }

  /// From g of a block's inner activation, and of its sum, to g of what it reads.
  private func backwardFirst(_ index: Int, _ portion: BatchPortion) {
    let block = blocks[index]
    let stride = block.first.convolution.shape.stride
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

  /// The classifier's output without bias, in its internal order.
  var logits: LaneView { workspace.outputs[architecture.classifier] }

  /// Scores the logits of the last pass; with `gradients`, starts the backward pass.
  func score(labels: [UInt8], gradients: Bool) -> Score {
    SoftmaxCrossEntropy.score(
      logits: logits, channelMap: classifier.channelMap, bias: classifierBias.values, labels: labels,
      gradient: gradients ? workspace.logitsGradient : nil,
      biasGradient: gradients ? classifierBias.gradients : nil)
  }

  /// Forward and backward over the first `labels.count` images of `input`; returns their mean loss.
  func computeGradients(labels: [UInt8]) -> Double {
    parameters.clearGradients()
    forward(images: labels.count, mode: .training)
    let score = score(labels: labels, gradients: true)
    backward(images: labels.count)
    return score.loss / Double(labels.count)
  }

  /// One step of stochastic gradient descent on the images that lie in `input`.
  /// - Returns: their mean loss before the step; NaN where the network is no longer finite.
  public func trainingStep(labels: [UInt8], rule: UpdateRule) -> Double {
    let loss = computeGradients(labels: labels)
    kernels.updateWeights(
      parameters.valuePointer, parameters.gradientPointer, parameters.velocityPointer, parameters.paddedCount, rule)
    return isFinite ? loss : .nan
  }

  /// Inference on the images that lie in `input`, with running statistics.
  func inference(labels: [UInt8]) -> Score {
    forward(images: labels.count, mode: .inference)
    return score(labels: labels, gradients: false)
  }
}
