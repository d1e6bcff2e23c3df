import KernelInterface

/// Convolution and its gradients, straight from their definitions.
enum ReferenceConvolution {
  @Sendable static func prepare(
    weights: UnsafePointer<Float>, shape: ConvolutionShape, algorithm: ConvolutionAlgorithm,
    prepared: UnsafeMutablePointer<Float>
  ) {
    // The definition needs no other form of the weights, whatever the algorithm.
    prepared.update(from: weights, count: shape.weightCount)
  }

  @Sendable static func forward(
    input: LaneView, weights: UnsafePointer<Float>, output: LaneView, shape: ConvolutionShape,
    algorithm: ConvolutionAlgorithm, batch: BatchExtent, epilogue: ConvolutionEpilogue
  ) {
    let x = ScalarView(input)
    let y = ScalarView(output)
    let padding = (shape.kernelSize - 1) / 2
    y.forEach(blocks: batch.blocks) { block, n, row, column, lane in
      var sum = 0.0
      for c in 0..<shape.inputChannels {
        for kernelRow in 0..<shape.kernelSize {
          for kernelColumn in 0..<shape.kernelSize {
            let weight = weights[shape.weightIndex(n, c, kernelRow, kernelColumn)]
            let value = x[
              block, c, row * shape.stride + kernelRow - padding, column * shape.stride + kernelColumn - padding, lane]
            sum += Double(weight) * Double(value)
          }
        }
      }
      y[block, n, row, column, lane] = Float(sum)
    }
    switch epilogue {
    case .none: break
    case .statistics(let sums): ReferencePasses.channelSums(input: output, batch: batch, sums: sums)
    case .activation(let activation):
      ReferencePasses.normalize(
        pass: Normalization(
          input: output, scale: activation.scale, shift: activation.shift, channelMap: nil,
          residual: activation.residual, residualChannelOffset: activation.residualChannelOffset,
          appliesReLU: activation.appliesReLU, output: output), batch: batch)
    }
  }

  @Sendable static func inputGradient(
    outputGradient: LaneView, weights: UnsafePointer<Float>, inputGradient: LaneView, shape: ConvolutionShape,
    algorithm: ConvolutionAlgorithm, batch: BatchExtent, accumulate: Bool
  ) {
    let dy = ScalarView(outputGradient)
    let dx = ScalarView(inputGradient)
    let padding = (shape.kernelSize - 1) / 2
    dx.forEach(blocks: batch.blocks) { block, c, row, column, lane in
      var sum = accumulate ? Double(dx[block, c, row, column, lane]) : 0
      for kernelRow in 0..<shape.kernelSize {
        for kernelColumn in 0..<shape.kernelSize {
          // The output pixel, if any, that reads the input at `row` and `column` through this tap. It may lie in the
          // halo, which holds the neighboring rows if the plane is a part of one.
          let strideRow = row + padding - kernelRow
          let strideColumn = column + padding - kernelColumn
          guard strideRow % shape.stride == 0, strideColumn % shape.stride == 0 else { continue }
          let outputRow = strideRow / shape.stride
          let outputColumn = strideColumn / shape.stride
          let halo = outputGradient.halo
          guard (-halo..<outputGradient.height + halo).contains(outputRow),
            (-halo..<outputGradient.width + halo).contains(outputColumn)
          else { continue }
          for n in 0..<shape.outputChannels {
            let weight = weights[shape.weightIndex(n, c, kernelRow, kernelColumn)]
            sum += Double(weight) * Double(dy[block, n, outputRow, outputColumn, lane])
          }
        }
      }
      dx[block, c, row, column, lane] = Float(sum)
    }
  }

  @Sendable static func weightGradient(
    input: LaneView, outputGradient: LaneView, weightGradient: UnsafeMutablePointer<Float>, shape: ConvolutionShape,
    algorithm: ConvolutionAlgorithm, batch: BatchExtent
  ) {
    let x = ScalarView(input)
    let dy = ScalarView(outputGradient)
    let padding = (shape.kernelSize - 1) / 2
    for n in 0..<shape.outputChannels {
      let map = ScalarView(outputGradient.channels(n..<n + 1))
      for c in 0..<shape.inputChannels {
        for kernelRow in 0..<shape.kernelSize {
          for kernelColumn in 0..<shape.kernelSize {
            var sum = 0.0
            map.forEach(blocks: batch.blocks) { block, _, row, column, lane in
              let value = x[
                block, c, row * shape.stride + kernelRow - padding, column * shape.stride + kernelColumn - padding,
                lane]
              sum += Double(dy[block, n, row, column, lane]) * Double(value)
            }
            weightGradient[shape.weightIndex(n, c, kernelRow, kernelColumn)] += Float(sum)
          }
        }
      }
    }
  }
}

extension ConvolutionShape {
  /// Returns the index of weight (n, c, row, column) in `[N][C][K][K]`.
  func weightIndex(_ n: Int, _ c: Int, _ kernelRow: Int, _ kernelColumn: Int) -> Int {
    ((n * inputChannels + c) * kernelSize + kernelRow) * kernelSize + kernelColumn
  }
}
