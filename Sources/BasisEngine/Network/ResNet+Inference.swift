import KernelInterface

extension ResNet {
  /// Pooled planes from the running statistics: block after block of sixteen images goes through the whole network.
  ///
  /// All blocks use the memory of the first, which so stays in the cache; convolutions apply batch norm, shortcut and rectifier
  /// before they store their outputs.
  func infer(_ batch: BatchExtent) {
    for unit in units { unit.batchNorm.takeRunningStatistics() }
    for portion in BatchPortion.wholePlanes(of: batch, size: lastOutput.height) {
      let block = portion.extent
      stem.infer(workspace.input.blocks(from: portion.firstBlock), output: stemOutput, block)
      for residualBlock in blocks { infer(residualBlock, block) }
      kernels.poolForward(
        lastOutput, workspace.pooled.base + portion.firstBlock * workspace.pooled.blockStride, block)
    }
  }

  private func infer(_ residualBlock: Block, _ block: BatchExtent) {
    let (input, output) = (residualBlock.input, residualBlock.output)
    residualBlock.first.infer(input, output: residualBlock.inner, block)
    var pass = ActivationPass(residual: input)
    switch residualBlock.shortcut {
    case .identity: break
    case .subsampleAndPad:
      pass.residual = input.subsampled(by: residualBlock.first.stride)
      pass.residualChannelOffset = (output.channels - input.channels) / 2
    case .projection:
      // No gradient is under way: its memory takes the projected input.
      residualBlock.projection!.infer(
        input, ActivationPass(rectified: false), output: residualBlock.outputGradient, block)
      pass.residual = residualBlock.outputGradient
    }
    residualBlock.second.infer(residualBlock.inner, pass, output: output, block)
  }
}
