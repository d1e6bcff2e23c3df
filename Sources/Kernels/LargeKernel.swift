import CVector
import KernelInterface

/// Convolutions of more than 3×3 taps, which read images: composed of the tiles of smaller ones.
enum LargeKernel {
  /// Returns the parts of a convolution: each has three kernel columns, or those that are left, with all rows, and adds
  /// to what the part before it left in the output.
  private static func parts(_ shape: ConvolutionShape) -> [TapConvolution] {
    let k = shape.kernelSize
    return stride(from: 0, to: k, by: 3).map { column in
      TapConvolution(
        kernelRows: k, kernelColumns: min(3, k - column), firstRow: -(k - 1) / 2, firstColumn: column - (k - 1) / 2,
        step: shape.stride,
        source: .init(
          outputStride: shape.inputChannels * k * k, inputStride: k * k, origin: column, rowStride: k,
          columnStride: 1))
    }
  }

  static func prepareForward(
    _ weights: UnsafePointer<Float>, _ shape: ConvolutionShape, _ prepared: UnsafeMutablePointer<Float>
  ) {
    var next = prepared
    for part in parts(shape) {
      part.pack(weights, outputs: shape.outputChannels, inputs: shape.inputChannels, into: next)
      next += part.weightCount(shape)
    }
  }

  static func forward(
    _ input: LaneView, _ prepared: UnsafePointer<Float>, _ output: LaneView, _ shape: ConvolutionShape,
    _ batch: BatchExtent, _ epilogue: ConvolutionEpilogue
  ) {
    var next = prepared
    let parts = parts(shape)
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      part.run(
        input: input, output: output, packed: next, blocks: 0..<batch.blocks, batch: batch, accumulates: index > 0,
        epilogue: isLast ? epilogue : .none)
      next += part.weightCount(shape)
    }
  }

  /// Divides the kernel into squares of 3×3 taps, and into single taps where no square fits.
  static func weightGradient(
    input: LaneView, outputGradient: LaneView, weightGradient: UnsafeMutablePointer<Float>, shape: ConvolutionShape,
    batch: BatchExtent
  ) {
    let k = shape.kernelSize
    let padding = (k - 1) / 2
    let planes = shape.outputChannels * shape.inputChannels
    let sums = UnsafeMutablePointer<Float>.allocate(capacity: 9 * planes)
    defer { sums.deallocate() }
    for square in squares(k) {
      let own = (square.size - 1) / 2
      var shifted = input
      shifted.base +=
        (square.row - padding + own) * input.rowStride + (square.column - padding + own) * input.columnStride
      var part = shape
      part.kernelSize = square.size
      sums.update(repeating: 0, count: part.weightCount)
      WeightGradient.run(
        input: shifted, outputGradient: outputGradient, weightGradient: sums, shape: part, algorithm: .direct,
        batch: batch)
      for plane in 0..<planes {
        for row in 0..<square.size {
          let target = weightGradient + (plane * k * k + (square.row + row) * k + square.column)
          let source = sums + (plane * square.size + row) * square.size
          for column in 0..<square.size { target[column] += source[column] }
        }
      }
    }
  }

  private static func squares(_ k: Int) -> [(row: Int, column: Int, size: Int)] {
    let whole = k / 3 * 3
    var squares: [(row: Int, column: Int, size: Int)] = []
    for row in stride(from: 0, to: whole, by: 3) {
      for column in stride(from: 0, to: whole, by: 3) { squares.append((row, column, 3)) }
    }
    for row in 0..<k {
      for column in 0..<k where row >= whole || column >= whole { squares.append((row, column, 1)) }
    }
    return squares
  }
}

extension TapConvolution {
  /// The number of floats that `pack` writes.
  fileprivate func weightCount(_ shape: ConvolutionShape) -> Int {
    kernelRows * kernelColumns * shape.outputChannels * shape.inputChannels
  }
}
