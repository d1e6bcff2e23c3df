import CVector
import KernelInterface

/// An `Activation` as a tile applies it to its outputs. The tile's first output is output `first` of the convolution.
/// Strides are in `lane_vector`s.
struct TileActivation {
  private let scale: UnsafePointer<Float>
  private let shift: UnsafePointer<Float>
  private let appliesReLU: Bool
  /// The tile's outputs that have a residual.
  private let residualOutputs: Range<Int>
  /// The first pixel of the residual's plane for the tile's first output; it may lie outside the residual.
  private var residual: UnsafePointer<lane_vector>
  private let residualPlaneStride: Int
  private let residualRowStride: Int
  private let residualColumnStride: Int

  init(_ activation: Activation, first: Int, block: Int) {
    let parts = Int(LANE_VECTOR_PARTS)
    scale = activation.scale + first
    shift = activation.shift + first
    appliesReLU = activation.appliesReLU
    guard let view = activation.residual else {
      residualOutputs = 0..<0
      residual = UnsafeRawPointer(scale).assumingMemoryBound(to: lane_vector.self)
      (residualPlaneStride, residualRowStride, residualColumnStride) = (0, 0, 0)
      return
    }
    let channel = first - activation.residualChannelOffset
    residualOutputs = -channel..<view.channels - channel
    residual = UnsafePointer(view.vectors(block: block, channel: channel))
    residualPlaneStride = view.planeStride * parts
    residualRowStride = view.rowStride * parts
    residualColumnStride = view.columnStride * parts
  }

  /// The same activation, beginning at another pixel.
  @inline(__always)
  func moved(rows: Int, columns: Int) -> TileActivation {
    var activation = self
    activation.residual += rows * residualRowStride + columns * residualColumnStride
    return activation
  }

  /// Turns y into z in one row of a strip.
  @inline(never)
  func apply(to strip: ConvolutionStrip, outputs: Int, row: Int) {
    let activation = moved(rows: row, columns: 0)
    for n in 0..<outputs {
      let pixels = strip.output + (n * strip.outputPlaneStride + row * strip.outputRowStride)
      for column in 0..<strip.columns {
        for part in 0..<Int(LANE_VECTOR_PARTS) {
          let pixel = pixels + (column * strip.outputColumnStride + part)
          pixel[0] = activation(pixel[0], output: n, column: column, part: part)
        }
      }
    }
  }

  /// Returns z for one part of y, at the tile's output `n`, `row`, and `column`.
  @inline(__always)
  func callAsFunction(_ y: lane_vector, output n: Int, row: Int = 0, column: Int, part: Int) -> lane_vector {
    var z = lane_fma(lane_splat(scale[n]), y, lane_splat(shift[n]))
    if residualOutputs.contains(n) {
      z = lane_add(
        z, residual[n * residualPlaneStride + row * residualRowStride + column * residualColumnStride + part])
    }
    return appliesReLU ? lane_rectify(z) : z
  }
}
