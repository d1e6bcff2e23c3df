import KernelInterface

/// Batch norm's passes, addition, pooling and the weight update, straight from their definitions.
enum ReferencePasses {
  /// Adds to the sums what a convolution adds for `.statistics`.
  static func channelSums(input: LaneView, batch: BatchExtent, sums: ChannelSums) {
    let y = ScalarView(input)
    y.forEach(blocks: batch.blocks) { block, c, row, column, lane in
      guard batch.contains(block: block, lane: lane) else { return }
      let value = Double(y[block, c, row, column, lane])
      sums.values[c] += value
      sums.squares[c] += value * value
    }
  }

  @Sendable static func normalize(pass: Normalization, batch: BatchExtent) {
    let y = ScalarView(pass.input)
    let z = ScalarView(pass.output)
    let residual = pass.residual.map { ScalarView($0) }
    y.forEach(blocks: batch.blocks) { block, c, row, column, lane in
      let k = pass.channelMap.map { Int($0[c]) } ?? c
      var value = pass.scale[c] * y[block, c, row, column, lane] + pass.shift[c]
      if let residual {
        let source = k - pass.residualChannelOffset
        if source >= 0, source < residual.view.channels { value += residual[block, source, row, column, lane] }
      }
      z[block, k, row, column, lane] = pass.appliesReLU ? max(value, 0) : value
    }
  }

  @Sendable static func batchNormBackwardSums(
    pass: BatchNormBackward, batch: BatchExtent, sums: UnsafeMutablePointer<Double>
  ) {
    let y = ScalarView(pass.input)
    let z = pass.output.map { ScalarView($0) }
    let gradient = ScalarView(pass.outputGradient)
    gradient.forEach(blocks: batch.blocks) { block, c, row, column, lane in
      let k = pass.channelMap.map { Int($0[c]) } ?? c
      let passed = z.map { $0[block, k, row, column, lane] > 0 } ?? true
      let isImage = batch.contains(block: block, lane: lane)
      let g = passed && isImage ? gradient[block, k, row, column, lane] : 0
      gradient[block, k, row, column, lane] = g
      if isImage {
        sums[c] += Double(g)
        if c < pass.input.channels {
          sums[pass.outputGradient.channels + c] += Double(g) * Double(y[block, c, row, column, lane])
        }
      }
    }
  }

  /// Requires `a`, `b`, `d`, and `inputGradient`.
  @Sendable static func batchNormBackwardApply(pass: BatchNormBackward, batch: BatchExtent) {
    guard let a = pass.a, let b = pass.b, let d = pass.d, let inputGradient = pass.inputGradient else {
      preconditionFailure("the second pass of batch norm's gradient needs a, b, d and inputGradient")
    }
    let y = ScalarView(pass.input)
    let g = ScalarView(pass.outputGradient)
    let dy = ScalarView(inputGradient)
    y.forEach(blocks: batch.blocks) { block, c, row, column, lane in
      let k = pass.channelMap.map { Int($0[c]) } ?? c
      let value = a[c] * g[block, k, row, column, lane] + b[c] * y[block, c, row, column, lane] + d[c]
      dy[block, c, row, column, lane] = batch.contains(block: block, lane: lane) ? value : 0
    }
  }

  @Sendable static func add(source: LaneView, destination: LaneView, batch: BatchExtent) {
    let from = ScalarView(source)
    let to = ScalarView(destination)
    to.forEach(blocks: batch.blocks) { block, c, row, column, lane in
      to[block, c, row, column, lane] += from[block, c, row, column, lane]
    }
  }

  @Sendable static func poolForward(input: LaneView, means: UnsafeMutablePointer<Lanes>, batch: BatchExtent) {
    let x = ScalarView(input)
    for block in 0..<batch.blocks {
      for c in 0..<input.channels {
        for lane in 0..<laneCount {
          var sum = 0.0
          for row in 0..<input.height {
            for column in 0..<input.width { sum += Double(x[block, c, row, column, lane]) }
          }
          means[block * input.channels + c][lane] = Float(sum / Double(input.height * input.width))
        }
      }
    }
  }

  @Sendable static func poolBackward(gradients: UnsafePointer<Lanes>, inputGradient: LaneView, batch: BatchExtent) {
    let dx = ScalarView(inputGradient)
    let pixels = Float(inputGradient.height * inputGradient.width)
    dx.forEach(blocks: batch.blocks) { block, c, row, column, lane in
      dx[block, c, row, column, lane] = gradients[block * inputGradient.channels + c][lane] / pixels
    }
  }

  @Sendable static func updateWeights(
    weights: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, velocity: UnsafeMutablePointer<Float>,
    count: Int, rule: UpdateRule
  ) {
    for i in 0..<count {
      let g = gradients[i] + rule.weightDecay * weights[i]
      velocity[i] = rule.momentum * velocity[i] + g
      let step = rule.nesterov ? g + rule.momentum * velocity[i] : velocity[i]
      weights[i] -= rule.learningRate * step
    }
  }
}
