import CVector
import KernelInterface

/// The forward convolution and its input gradient.
///
/// Both are a `TapConvolution`: stride-1 gradients are a convolution with flipped, transposed weights, stride-2 gradients
/// four of them, one for the pixels of each parity of row and column, which see 1, 2, 2 and 4 of the nine taps.
enum Convolution {
  @Sendable static func forward(
    input: LaneView, weights: UnsafePointer<Float>, output: LaneView, shape: ConvolutionShape, batch: BatchExtent,
    sums: UnsafeMutablePointer<Double>?
  ) {
    let k = shape.kernelSize
    let taps = TapConvolution(
      kernelRows: k, kernelColumns: k, firstRow: -(k - 1) / 2, firstColumn: -(k - 1) / 2, step: shape.stride,
      source: .init(
        outputStride: shape.inputChannels * k * k, inputStride: k * k, origin: 0, rowStride: k, columnStride: 1))
    taps.run(input: input, output: output, weights: weights, batch: batch, accumulates: false, sums: sums)
  }

  @Sendable static func inputGradient(
    outputGradient: LaneView, weights: UnsafePointer<Float>, inputGradient: LaneView, shape: ConvolutionShape,
    batch: BatchExtent, accumulate: Bool
  ) {
    let k = shape.kernelSize
    // Channels change places: the gradient's outputs are the convolution's inputs.
    let outputStride = k * k
    let inputStride = shape.inputChannels * k * k
    switch (k, shape.stride) {
    case (_, 1):
      let taps = TapConvolution(
        kernelRows: k, kernelColumns: k, firstRow: -(k - 1) / 2, firstColumn: -(k - 1) / 2, step: 1,
        source: .init(
          outputStride: outputStride, inputStride: inputStride, origin: k * k - 1, rowStride: -k, columnStride: -1))
      taps.run(
        input: outputGradient, output: inputGradient, weights: weights, batch: batch, accumulates: accumulate, sums: nil
      )
    case (1, _):
      if !accumulate { fillWithZero(inputGradient, blocks: batch.blocks) }
      let taps = TapConvolution(
        kernelRows: 1, kernelColumns: 1, firstRow: 0, firstColumn: 0, step: 1,
        source: .init(outputStride: outputStride, inputStride: inputStride, origin: 0, rowStride: 1, columnStride: 1))
      taps.run(
        input: outputGradient, output: inputGradient.subsampled(by: 2), weights: weights, batch: batch,
        accumulates: accumulate, sums: nil)
    default:
      stride2InputGradient(
        outputGradient: outputGradient, weights: weights, inputGradient: inputGradient, shape: shape, batch: batch,
        accumulate: accumulate)
    }
  }

  /// Block by block, so that the four parities find a block of the output's gradient in the cache.
  private static func stride2InputGradient(
    outputGradient: LaneView, weights: UnsafePointer<Float>, inputGradient: LaneView, shape: ConvolutionShape,
    batch: BatchExtent, accumulate: Bool
  ) {
    let parities = InlineArray<4, Parity> { Parity(row: $0 / 2, column: $0 % 2, inputChannels: shape.inputChannels) }
    let packed = InlineArray<4, UnsafeMutablePointer<Float>> {
      parities[$0].taps.pack(weights, outputs: shape.inputChannels, inputs: shape.outputChannels)
    }
    for block in 0..<batch.blocks {
      for i in 0..<4 {
        let parity = parities[i]
        guard inputGradient.height > parity.row, inputGradient.width > parity.column else { continue }
        var pixels = inputGradient
        pixels.base += parity.row * inputGradient.rowStride + parity.column * inputGradient.columnStride
        pixels.height -= parity.row
        pixels.width -= parity.column
        parity.taps.run(
          input: outputGradient, output: pixels.subsampled(by: 2), packed: packed[i], blocks: block..<block + 1,
          batch: batch, accumulates: accumulate, sums: nil)
      }
    }
    for i in 0..<4 { packed[i].deallocate() }
  }

  /// The taps of a 3×3, stride-2 convolution that met input pixels of one parity of row and column: even ones were met by
  /// the middle tap alone; odd ones by the last, then (one output further) the first.
  private struct Parity {
    var row: Int
    var column: Int
    var taps: TapConvolution

    init(row: Int, column: Int, inputChannels: Int) {
      (self.row, self.column) = (row, column)
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
          let start = view.base + (block * view.blockStride + channel * view.planeStride + row * view.rowStride)
          let pixels = UnsafeMutableRawPointer(start).assumingMemoryBound(to: lane_vector.self)
          for column in 0..<view.width {
            for part in 0..<parts { pixels[column * view.columnStride * parts + part] = lane_zero() }
          }
        }
      }
    }
  }
}
