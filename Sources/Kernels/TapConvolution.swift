import CVector
import KernelInterface

/// y[n](i, j) = Σ over c, tap row a and tap column b of w[n, c, a, b] · x[c](step·i + firstRow + a, step·j +
/// firstColumn + b).
struct TapConvolution {
  /// The position of the weight of an output, an input, a tap row, and a tap column: affine in the four.
  struct WeightSource {
    var outputStride: Int
    var inputStride: Int
    var origin: Int
    var rowStride: Int
    var columnStride: Int
  }

  var kernelRows: Int
  var kernelColumns: Int
  var firstRow: Int
  var firstColumn: Int
  var step: Int
  var source: WeightSource

  /// Runs over `blocks` with weights that `pack` prepared.
  func run(
    input: LaneView, output: LaneView, packed: UnsafePointer<Float>, blocks: Range<Int>, batch: BatchExtent,
    accumulates: Bool, epilogue: ConvolutionEpilogue
  ) {
    let parts = Int(LANE_VECTOR_PARTS)
    let (sums, activation) = (epilogue.statistics, epilogue.activation)
    precondition(input.columnStride == 1 || (kernelColumns == 1 && input.columnStride * step <= 2))
    let partialSums = sums.map { _ in
      UnsafeMutablePointer<lane_vector>.scratch(output.channels * 2 * parts)
    }
    defer { partialSums?.deallocate() }

    var rows = output.height
    var columns = output.width
    if activation?.residual == nil, isOneRow(input, output) {
      columns *= rows
      rows = 1
    }
    let blocking = ConvolutionBlocking(
      inputChannels: input.channels, kernelRows: kernelRows, step: step,
      inputRowBytes: (columns * step + kernelColumns - 1) * input.columnStride * MemoryLayout<Lanes>.stride)
    var strip = ConvolutionStrip(
      input: UnsafePointer(input.base.vectors), inputRowStride: input.rowStride * parts,
      inputPlaneStride: input.planeStride * parts, output: output.base.vectors,
      outputColumnStride: output.columnStride * parts, outputRowStride: output.rowStride * parts,
      outputPlaneStride: output.planeStride * parts, weights: packed, channels: 0,
      kernelRows: kernelRows, rows: 0, columns: columns, rowStep: step, accumulates: false, sums: nil, activation: nil)
    let groups = ChannelGroups(channels: output.channels, limit: outputsOfTile(inputs: input.channels))
    let tapCount = kernelRows * kernelColumns

    for block in blocks {
      if let partialSums { for i in 0..<2 * output.channels * parts { partialSums[i] = lane_zero() } }
      for firstOutputRow in stride(from: 0, to: rows, by: blocking.rows) {
        strip.rows = min(blocking.rows, rows - firstOutputRow)
        for firstChannel in stride(from: 0, to: input.channels, by: blocking.channels) {
          strip.channels = min(blocking.channels, input.channels - firstChannel)
          strip.accumulates = accumulates || firstChannel > 0
          let isLast = firstChannel + strip.channels == input.channels
          strip.input = UnsafePointer(
            (input.base + block * input.blockStride + firstChannel * input.planeStride
              + (firstOutputRow * step + firstRow) * input.rowStride + firstColumn * input.columnStride).vectors)
          for group in 0..<groups.count {
            let n = groups.start(group)
            let size = groups.size(group)
            strip.output =
              (output.base + block * output.blockStride + n * output.planeStride + firstOutputRow * output.rowStride)
              .vectors
            strip.weights = packed + (n * input.channels + firstChannel * size) * tapCount
            strip.sums = isLast ? partialSums.map { $0 + 2 * n * parts } : nil
            strip.activation =
              isLast
              ? activation.map { TileActivation($0, first: n, block: block).moved(rows: firstOutputRow, columns: 0) }
              : nil
            convolve(strip, outputs: size, taps: kernelColumns, step: step * input.columnStride)
          }
        }
      }
      if let sums, let partialSums {
        let lanes = block == batch.blocks - 1 ? batch.lanesInLastBlock : 16
        for n in 0..<output.channels {
          for part in 0..<parts {
            let mask = lane_mask_first(Int32(lanes), Int32(part))
            sums.values[n] += Double(lane_sum(lane_masked(partialSums[2 * n * parts + part], mask)))
            sums.squares[n] += Double(lane_sum(lane_masked(partialSums[(2 * n + 1) * parts + part], mask)))
          }
        }
      }
    }
  }

  /// Each group of outputs reads the strip's input from the second-level cache again, and performs as many
  /// multiply-adds per vector read as the group has outputs times taps. A single tap therefore takes 8 outputs at a
  /// time (256 → 512, 8×8 at stride 2: 107 GFLOP/s with 4, 130 with 8; products with coefficients 1–7 % faster), but
  /// not if a strip's few inputs fit the first-level cache (4 → 12). 3×3 at stride 2 is 0.91–1.05 times as fast with 8,
  /// so it takes 4.
  private func outputsOfTile(inputs: Int) -> Int {
    lane_registers() == 32 && inputs >= 8 && kernelRows * kernelColumns == 1 ? 8 : 4
  }

  /// Whether a 1×1 convolution can treat a plane, which must have no gaps, as one long row. Rows of 12 pixels and more
  /// already fill whole tiles.
  private func isOneRow(_ input: LaneView, _ output: LaneView) -> Bool {
    kernelRows == 1 && kernelColumns == 1 && step == 1 && output.width < 12 && input.columnStride == 1
      && output.columnStride == 1 && input.rowStride == output.width && output.rowStride == output.width
  }

  /// Writes the weights in the order in which tiles read them: group by group, `[channel][tap row][tap column][output
  /// of the group]`.
  func pack(_ weights: UnsafePointer<Float>, outputs: Int, inputs: Int, into packed: UnsafeMutablePointer<Float>) {
    let groups = ChannelGroups(channels: outputs, limit: outputsOfTile(inputs: inputs))
    var next = packed
    for group in 0..<groups.count {
      let first = weights + (groups.start(group) * source.outputStride + source.origin)
      let size = groups.size(group)
      for c in 0..<inputs {
        for row in 0..<kernelRows {
          for column in 0..<kernelColumns {
            let tap = first + (c * source.inputStride + row * source.rowStride + column * source.columnStride)
            for n in 0..<size { next[n] = tap[n * source.outputStride] }
            next += size
          }
        }
      }
    }
  }
}
