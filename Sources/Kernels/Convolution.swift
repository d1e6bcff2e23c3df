import CVector
import KernelInterface

/// The forward convolution and its input gradient.
///
/// Both are a `TapConvolution` or a `WinogradConvolution`, depending on the algorithm. A stride-1 gradient is a
/// convolution with flipped, transposed weights. A stride-2 gradient is four of them, one for the pixels of each parity
/// of row and column, which see 1, 2, 2, and 4 of the nine taps.
enum Convolution {
  @Sendable static func prepareForward(
    weights: UnsafePointer<Float>, shape: ConvolutionShape, algorithm: ConvolutionAlgorithm,
    prepared: UnsafeMutablePointer<Float>
  ) {
    if shape.kernelSize > 3 { return LargeKernel.prepareForward(weights, shape, prepared) }
    let taps = forwardTaps(shape)
    switch algorithm {
    case .direct: taps.pack(weights, outputs: shape.outputChannels, inputs: shape.inputChannels, into: prepared)
    case .winograd:
      WinogradConvolution(outputs: shape.outputChannels, inputs: shape.inputChannels)
        .pack(weights, source: taps.source, into: prepared)
    }
  }

  @Sendable static func prepareInputGradient(
    weights: UnsafePointer<Float>, shape: ConvolutionShape, algorithm: ConvolutionAlgorithm,
    prepared: UnsafeMutablePointer<Float>
  ) {
    if shape.kernelSize > 3 { return }
    // Inputs and outputs are exchanged: the gradient's outputs are the convolution's inputs.
    let (outputs, inputs) = (shape.inputChannels, shape.outputChannels)
    if algorithm == .winograd {
      return WinogradConvolution(outputs: outputs, inputs: inputs)
        .pack(weights, source: gradientTaps(shape).source, into: prepared)
    }
    guard shape.kernelSize == 3, shape.stride == 2 else {
      return gradientTaps(shape).pack(weights, outputs: outputs, inputs: inputs, into: prepared)
    }
    for index in 0..<4 {
      let parity = Parity(index, inputChannels: shape.inputChannels)
      parity.taps.pack(
        weights, outputs: outputs, inputs: inputs, into: prepared + parity.earlierTaps * outputs * inputs)
    }
  }

  @Sendable static func forward(
    input: LaneView, prepared: UnsafePointer<Float>, output: LaneView, shape: ConvolutionShape,
    algorithm: ConvolutionAlgorithm, batch: BatchExtent, epilogue: ConvolutionEpilogue
  ) {
    if shape.kernelSize > 3 { return LargeKernel.forward(input, prepared, output, shape, batch, epilogue) }
    switch algorithm {
    case .direct:
      forwardTaps(shape).run(
        input: input, output: output, packed: prepared, blocks: 0..<batch.blocks, batch: batch, accumulates: false,
        epilogue: epilogue)
    case .winograd:
      WinogradConvolution(outputs: shape.outputChannels, inputs: shape.inputChannels).run(
        input: input, output: output, packed: prepared, batch: batch, accumulates: false, epilogue: epilogue)
    }
  }

  @Sendable static func inputGradient(
    outputGradient: LaneView, prepared: UnsafePointer<Float>, inputGradient: LaneView, shape: ConvolutionShape,
    algorithm: ConvolutionAlgorithm, batch: BatchExtent, accumulate: Bool
  ) {
    precondition(shape.kernelSize <= 3, "images have no gradient")
    switch (shape.kernelSize, shape.stride) {
    case (_, 1) where algorithm == .winograd:
      WinogradConvolution(outputs: shape.inputChannels, inputs: shape.outputChannels).run(
        input: outputGradient, output: inputGradient, packed: prepared, batch: batch, accumulates: accumulate,
        epilogue: .none)
    case (_, 1):
      gradientTaps(shape).run(
        input: outputGradient, output: inputGradient, packed: prepared, blocks: 0..<batch.blocks, batch: batch,
        accumulates: accumulate, epilogue: .none)
    case (1, _):
      if !accumulate { fillWithZero(inputGradient, blocks: batch.blocks) }
      gradientTaps(shape).run(
        input: outputGradient, output: inputGradient.subsampled(by: 2), packed: prepared, blocks: 0..<batch.blocks,
        batch: batch, accumulates: accumulate, epilogue: .none)
    default:
      stride2InputGradient(
        outputGradient: outputGradient, prepared: prepared, inputGradient: inputGradient, shape: shape, batch: batch,
        accumulate: accumulate)
    }
  }

  private static func forwardTaps(_ shape: ConvolutionShape) -> TapConvolution {
    let k = shape.kernelSize
    return TapConvolution(
      kernelRows: k, kernelColumns: k, firstRow: -(k - 1) / 2, firstColumn: -(k - 1) / 2, step: shape.stride,
      source: .init(
        outputStride: shape.inputChannels * k * k, inputStride: k * k, origin: 0, rowStride: k, columnStride: 1))
  }

  /// The input gradient as a convolution of the output's gradient with the flipped filters, at stride 1.
  private static func gradientTaps(_ shape: ConvolutionShape) -> TapConvolution {
    let k = shape.kernelSize
    return TapConvolution(
      kernelRows: k, kernelColumns: k, firstRow: -(k - 1) / 2, firstColumn: -(k - 1) / 2, step: 1,
      source: .init(
        outputStride: k * k, inputStride: shape.inputChannels * k * k, origin: k * k - 1, rowStride: -k,
        columnStride: -1))
  }

  /// Runs block by block, so that the four parities find a block of the output's gradient in the cache.
  private static func stride2InputGradient(
    outputGradient: LaneView, prepared: UnsafePointer<Float>, inputGradient: LaneView, shape: ConvolutionShape,
    batch: BatchExtent, accumulate: Bool
  ) {
    for block in 0..<batch.blocks {
      for index in 0..<4 {
        let parity = Parity(index, inputChannels: shape.inputChannels)
        guard inputGradient.height > parity.row, inputGradient.width > parity.column else { continue }
        var pixels = inputGradient
        pixels.base += parity.row * inputGradient.rowStride + parity.column * inputGradient.columnStride
        pixels.height -= parity.row
        pixels.width -= parity.column
        parity.taps.run(
          input: outputGradient, output: pixels.subsampled(by: 2),
          packed: prepared + parity.earlierTaps * shape.inputChannels * shape.outputChannels, blocks: block..<block + 1,
          batch: batch, accumulates: accumulate, epilogue: .none)
      }
    }
  }

  /// The taps of a 3×3, stride-2 convolution that read input pixels of one parity of row and column: the middle tap
  /// alone reads even ones; the last tap and, one output further, the first read odd ones.
  private struct Parity {
    var row: Int
    var column: Int
    var taps: TapConvolution
    /// The number of taps of the parities before this one: 1, 2, 2, and 4 taps see the pixels of the four.
    var earlierTaps: Int

    init(_ index: Int, inputChannels: Int) {
      (row, column) = (index / 2, index % 2)
      earlierTaps = row * 3 + column * (1 + row)
      taps = TapConvolution(
        kernelRows: 1 + row, kernelColumns: 1 + column, firstRow: 0, firstColumn: 0, step: 1,
        source: .init(
          outputStride: 9, inputStride: inputChannels * 9, origin: (1 + row) * 3 + 1 + column, rowStride: -6,
          columnStride: -2))
    }
  }

  private static func fillWithZero(_ view: LaneView, blocks: Int) {
    let parts = Int(LANE_VECTOR_PARTS)
    for block in 0..<blocks {
      for channel in 0..<view.channels {
        for row in 0..<view.height {
          let pixels = view.vectors(block: block, channel: channel, row: row)
          for column in 0..<view.width {
            for part in 0..<parts { pixels[column * view.columnStride * parts + part] = lane_zero() }
          }
        }
      }
    }
  }
}
