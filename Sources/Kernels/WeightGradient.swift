import CVector
import KernelInterface

/// The gradient of a convolution's weights: for every (output, input, tap) a dot product over pixels and images.
enum WeightGradient {
  @Sendable static func run(
    input: LaneView, outputGradient: LaneView, weightGradient: UnsafeMutablePointer<Float>, shape: ConvolutionShape,
    algorithm: ConvolutionAlgorithm, batch: BatchExtent
  ) {
    if algorithm == .winograd {
      return WinogradWeightGradient.run(
        input: input, outputGradient: outputGradient, weightGradient: weightGradient, shape: shape, batch: batch)
    }
    if shape.kernelSize > 3 {
      return LargeKernel.weightGradient(
        input: input, outputGradient: outputGradient, weightGradient: weightGradient, shape: shape, batch: batch)
    }
    let parts = Int(LANE_VECTOR_PARTS)
    let k = shape.kernelSize
    let padding = (k - 1) / 2
    precondition(outputGradient.columnStride == 1)
    precondition(input.columnStride == 1 || (k == 1 && input.columnStride * shape.stride <= 2))

    var rows = outputGradient.height
    var columns = outputGradient.width
    if k == 1, shape.stride == 1, input.columnStride == 1, input.rowStride == columns,
      outputGradient.rowStride == columns
    {
      columns *= rows
      rows = 1
    }
    let blocking = WeightGradientBlocking(
      inputChannels: shape.inputChannels, kernelSize: k, stride: shape.stride, rows: rows, columns: columns,
      blocks: batch.blocks)
    let step = shape.stride * input.columnStride
    let waiting = UnsafeMutablePointer<lane_vector>.scratch(WeightGradientStrip.waitingCount)
    defer { waiting.deallocate() }
    var strip = WeightGradientStrip(
      input: UnsafePointer(input.base.vectors), inputKernelRowStride: input.rowStride * parts,
      inputRowStride: input.rowStride * shape.stride * parts,
      inputPlaneStride: input.planeStride * parts, inputBlockStride: input.blockStride * parts,
      outputGradient: UnsafePointer(outputGradient.base.vectors), gradientRowStride: outputGradient.rowStride * parts,
      gradientPlaneStride: outputGradient.planeStride * parts, gradientBlockStride: outputGradient.blockStride * parts,
      rows: 0, columns: 0, blocks: 0, rowsInCache: 1, waiting: waiting, sums: weightGradient,
      sumsOutputStride: shape.inputChannels * k * k,
      sumsInputStride: k * k)
    // 4 outputs × 3 taps are 12 sums: with 4 operands, one more than the compiler can place in 16 registers
    // (45 GFLOP/s, against 83 with 3 outputs; the processor's peak is 115).
    let groups = ChannelGroups(
      channels: shape.outputChannels, limit: blocking.isWide1x1 ? 6 : k == 3 && lane_registers() == 16 ? 3 : 4)

    for block in stride(from: 0, to: batch.blocks, by: blocking.blocks) {
      strip.blocks = min(blocking.blocks, batch.blocks - block)
      for row in stride(from: 0, to: rows, by: blocking.rows) {
        strip.rows = min(blocking.rows, rows - row)
        for column in stride(from: 0, to: columns, by: blocking.columns) {
          strip.columns = min(blocking.columns, columns - column)
          strip.rowsInCache = max(1, WeightGradientBlocking.pixelsInCache / strip.columns)
          let firstPixel =
            input.base + block * input.blockStride + (row * shape.stride - padding) * input.rowStride
            + (column * shape.stride - padding) * input.columnStride
          let firstGradient =
            outputGradient.base + block * outputGradient.blockStride + row * outputGradient.rowStride + column
          for firstChannel in stride(from: 0, to: shape.inputChannels, by: blocking.channels) {
            let lastChannel = min(firstChannel + blocking.channels, shape.inputChannels)
            for group in 0..<groups.count {
              let n = groups.start(group)
              strip.outputGradient = UnsafePointer((firstGradient + n * outputGradient.planeStride).vectors)
              var c = firstChannel
              while c < lastChannel {
                let inputs = blocking.tileInputs(left: lastChannel - c)
                strip.input = UnsafePointer((firstPixel + c * input.planeStride).vectors)
                strip.sums = weightGradient + (n * shape.inputChannels + c) * k * k
                sumWeightGradient(strip, outputs: groups.size(group), inputs: inputs, taps: k, step: step)
                c += inputs
              }
            }
          }
        }
      }
    }
  }
}

/// The part of a weight gradient that is summed at a time: large enough that adding up lanes at the end of a tile costs
/// little in comparison, small enough that the input stays in the second-level cache while all output groups pass over
/// it.
struct WeightGradientBlocking {
  var blocks: Int
  var rows: Int
  var columns: Int
  var channels: Int
  /// Whether the kernel is a single tap with many inputs. A single tap has one multiply-add per output and input pixel,
  /// and the second-level cache delivers operands too slowly for it. In this case, the gradient's pixels of six outputs
  /// stay in the first-level cache while all inputs pass over them.
  let isWide1x1: Bool
  private let kernelSize: Int

  init(inputChannels: Int, kernelSize: Int, stride: Int, rows: Int, columns: Int, blocks: Int) {
    self.kernelSize = kernelSize
    isWide1x1 = kernelSize == 1 && lane_registers() == 32 && inputChannels >= 16
    let pixels = isWide1x1 ? Self.pixelsInCache : Self.pixels
    self.columns = min(columns, pixels)
    self.rows = min(rows, max(1, pixels / self.columns))
    self.blocks = min(blocks, max(1, pixels / (self.columns * self.rows)))
    let rowBytes = (self.columns * stride + kernelSize - 1) * 64
    let channelBytes = ((self.rows - 1) * stride + kernelSize) * rowBytes * self.blocks
    let fit = max(4, Self.budget / channelBytes & ~3)
    channels = min(inputChannels, fit)
  }

  /// Returns the number of input planes in the next tile.
  func tileInputs(left: Int) -> Int {
    if kernelSize == 1, lane_registers() == 32, left >= 4 { return 4 }
    if left >= 2, kernelSize == 1 || lane_registers() == 32 { return 2 }
    return 1
  }

  /// The number of pixels in a tile, over all blocks.
  private static let pixels = 256
  /// The number of pixels whose 4 gradient planes (256 bytes per pixel) and 2 input planes fit the first-level cache.
  static let pixelsInCache = 64
  /// Bytes of input.
  private static let budget = 320 << 10
}
