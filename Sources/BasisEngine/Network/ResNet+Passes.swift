import KernelInterface
import SearchCore

extension ResNet {
  /// What of the network lies between two batch norms' statistics: a group of blocks goes through it at a stretch.
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
        for group in batch.groups(of: units.first?.scratch.blocks ?? 1) { forward(stage, group, mode) }
        for unit in units { unit.takeStatistics(batch) }
      }
    case .inference:
      for unit in units { unit.batchNorm.takeRunningStatistics() }
      for group in batch.groups(of: 1) {
        for stage in stages { forward(stage, group, mode) }
      }
    }
    let all = BlockGroup(firstBlock: 0, extent: batch)
    classifier.forward(workspace.pooled, logits, all, sums: nil)
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

  private func forward(_ stage: Stage, _ group: BlockGroup, _ mode: PassMode) {
    switch stage {
    case .stem: stem.convolve(workspace.input.blocks(from: group.firstBlock), group, mode: mode)
    case .first(let index):
      completeOutput(before: index, group)
      let input = blocks[index].input.blocks(from: group.firstBlock)
      blocks[index].first.convolve(input, group, mode: mode)
      blocks[index].projection?.convolve(input, group, mode: mode)
    case .second(let index):
      let inner = blocks[index].first.scratch.activation
      blocks[index].first.normalize(group, output: inner)
      blocks[index].second.convolve(inner, group, mode: mode)
    case .pooling:
      completeOutput(before: blocks.count, group)
      let output = (blocks.last?.output ?? stemOutput).blocks(from: group.firstBlock)
      kernels.poolForward(
        output, workspace.pooled.base + group.firstBlock * workspace.pooled.blockStride, group.extent)
    }
  }

  /// z of the stem, or of the block before `index`: a group of what block `index` reads.
  private func completeOutput(before index: Int, _ group: BlockGroup) {
    guard index > 0 else {
      return stem.normalize(group, output: stemOutput.blocks(from: group.firstBlock))
    }
    let block = blocks[index - 1]
    let output = block.output.blocks(from: group.firstBlock)
    var residual = block.input.blocks(from: group.firstBlock)
    var offset = 0
    switch block.shortcut {
    case .identity: break
    case .subsampleAndPad:
      residual = residual.subsampled(by: block.first.convolution.shape.stride)
      offset = (block.output.channels - block.input.channels) / 2
    case .projection:
      // The projected input waits where the sum will be: normalisation reads and writes each element once.
      block.projection!.normalize(group, rectified: false, output: output)
      residual = output
    }
    block.second.normalize(group, residual: residual, residualChannelOffset: offset, output: output)
  }

  /// Gradients of all parameters, from those of the logits in the workspace; uses what the last training pass left
  /// there. They are added to what is there.
  ///
  /// Like the forward pass in stages between statistics: from one batch norm's sums to those of the one before it.
  private func backward(images: Int) {
    let batch = BatchExtent(images: images)
    classifier.backward(
      workspace.pooled, logits, outputGradient: workspace.logitsGradient, inputGradient: workspace.pooledGradient,
      accumulate: false, BlockGroup(firstBlock: 0, extent: batch))
    let last = blocks.last.map { ($0.second, $0.outputGradient) } ?? (stem, stemGradient)
    collectGradients(of: outputUnits(before: blocks.count), batch, groupedBy: last.0) { group in
      kernels.poolBackward(
        workspace.pooledGradient.base + group.firstBlock * workspace.pooledGradient.blockStride,
        last.1.blocks(from: group.firstBlock), group.extent)
      rectifyOutputGradient(before: blocks.count, group)
    }
    for (index, block) in blocks.enumerated().reversed() {
      collectGradients(of: [block.first], batch, groupedBy: block.second) { group in backwardSecond(block, group) }
      collectGradients(of: outputUnits(before: index), batch, groupedBy: block.first) { group in
        backwardFirst(block, group)
        rectifyOutputGradient(before: index, group)
      }
    }
    for group in batch.groups(of: stem.scratch.blocks) {
      stem.backward(
        group, input: workspace.input.blocks(from: group.firstBlock),
        outputGradient: stemGradient.blocks(from: group.firstBlock), inputGradient: nil, accumulate: false)
    }
  }

  /// Runs `pass` over all groups; it adds to the sums of `units`, which take their gradients at the end.
  private func collectGradients(
    of units: [NormalizedConvolution], _ batch: BatchExtent, groupedBy unit: NormalizedConvolution,
    _ pass: (BlockGroup) -> Void
  ) {
    for unit in units { unit.batchNorm.beginGradients() }
    for group in batch.groups(of: unit.scratch.blocks) { pass(group) }
    for unit in units { unit.takeGradients(batch) }
  }

  /// The units whose sum is what block `index` reads.
  private func outputUnits(before index: Int) -> [NormalizedConvolution] {
    guard index > 0 else { return [stem] }
    return [blocks[index - 1].second] + (blocks[index - 1].projection.map { [$0] } ?? [])
  }

  /// g of what block `index` reads, from its gradient, in place.
  private func rectifyOutputGradient(before index: Int, _ group: BlockGroup) {
    let units = outputUnits(before: index)
    let (output, gradient) =
      index > 0 ? (blocks[index - 1].output, blocks[index - 1].outputGradient) : (stemOutput, stemGradient)
    let outputGradient = gradient.blocks(from: group.firstBlock)
    units[0].rectifyGradient(
      group, output: output.blocks(from: group.firstBlock), outputGradient: outputGradient)
    // The projection's is the same g, rectified already.
    for unit in units.dropFirst() { unit.rectifyGradient(group, output: nil, outputGradient: outputGradient) }
  }

  /// From g of a block's sum to g of its inner activation.
  private func backwardSecond(_ block: Block, _ group: BlockGroup) {
    let inner = block.first.scratch.activation
    let innerGradient = block.innerGradient.blocks(from: group.firstBlock)
    block.first.normalize(group, output: inner)
    block.second.backward(
      group, input: inner, outputGradient: block.outputGradient.blocks(from: group.firstBlock),
      inputGradient: innerGradient, accumulate: false)
    block.first.rectifyGradient(group, output: inner, outputGradient: innerGradient)
  }

  /// From g of a block's inner activation, and of its sum, to the gradient of its input.
  private func backwardFirst(_ block: Block, _ group: BlockGroup) {
    let input = block.input.blocks(from: group.firstBlock)
    let inputGradient = block.inputGradient.blocks(from: group.firstBlock)
    let outputGradient = block.outputGradient.blocks(from: group.firstBlock)
    // An identity shortcut hands g on as it is: the first convolution adds its share in place, and the same memory is the
    // gradient of the block's input.
    block.first.backward(
      group, input: input, outputGradient: block.innerGradient.blocks(from: group.firstBlock),
      inputGradient: inputGradient, accumulate: block.shortcut == .identity)
    switch block.shortcut {
    case .identity: break
    case .subsampleAndPad:
      let offset = (block.output.channels - block.input.channels) / 2
      kernels.add(
        outputGradient.channels(offset..<offset + block.input.channels),
        inputGradient.subsampled(by: block.first.convolution.shape.stride), group.extent)
    case .projection:
      block.projection!.backward(
        group, input: input, outputGradient: outputGradient, inputGradient: inputGradient, accumulate: true)
    }
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
