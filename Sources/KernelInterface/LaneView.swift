/// The values of sixteen images for one channel of one pixel: lane = image.
public typealias Lanes = SIMD16<Float>

/// The number of images in a block.
public let laneCount = 16

/// A view of activations laid out as `[block][channel][row][column]` of `Lanes`. Strides are in units of `Lanes`, and
/// the base points to block 0, channel 0, row 0, column 0 of the *interior* (a halo, if there is one, lies before it
/// and around every plane).
///
/// A view does not own its memory. Shifting `base` or enlarging strides gives channel ranges and subsampled planes
/// without copies (`channels(_:)`, `subsampled(by:)`).
public struct LaneView {
  public var base: UnsafeMutablePointer<Lanes>
  public var channels: Int
  public var height: Int
  public var width: Int
  /// The width of the border of zero pixels around every plane, which kernels may read: 0, 1, or 3.
  public var halo: Int
  public var columnStride: Int
  public var rowStride: Int
  public var planeStride: Int
  public var blockStride: Int

  public init(
    base: UnsafeMutablePointer<Lanes>, channels: Int, height: Int, width: Int, halo: Int, columnStride: Int,
    rowStride: Int, planeStride: Int, blockStride: Int
  ) {
    self.base = base
    self.channels = channels
    self.height = height
    self.width = width
    self.halo = halo
    self.columnStride = columnStride
    self.rowStride = rowStride
    self.planeStride = planeStride
    self.blockStride = blockStride
  }

  /// Creates a view of memory that contiguously holds `[block][channels][height + 2 halo][width + 2 halo]`. `memory`
  /// points to the first element, halo included.
  public init(memory: UnsafeMutablePointer<Lanes>, channels: Int, height: Int, width: Int, halo: Int) {
    let rowStride = width + 2 * halo
    let planeStride = rowStride * (height + 2 * halo)
    self.init(
      base: memory + halo * (rowStride + 1), channels: channels, height: height, width: width, halo: halo,
      columnStride: 1, rowStride: rowStride, planeStride: planeStride, blockStride: planeStride * channels)
  }

  /// Returns the number of elements (`Lanes`) in `blocks` blocks of such a tensor, halo included.
  public static func elementCount(blocks: Int, channels: Int, height: Int, width: Int, halo: Int) -> Int {
    blocks * channels * (height + 2 * halo) * (width + 2 * halo)
  }

  /// The channels of `range` alone, in the same memory.
  public func channels(_ range: Range<Int>) -> LaneView {
    precondition(range.lowerBound >= 0 && range.upperBound <= channels)
    var view = self
    view.base += range.lowerBound * planeStride
    view.channels = range.count
    return view
  }

  /// The same planes from block `first` on.
  public func blocks(from first: Int) -> LaneView {
    var view = self
    view.base += first * blockStride
    return view
  }

  /// The rows of `range` alone, in the same memory. The rows around them are not a halo of zeros, but a convolution may
  /// read them.
  public func rows(_ range: Range<Int>) -> LaneView {
    precondition(range.lowerBound >= 0 && range.upperBound <= height)
    var view = self
    view.base += range.lowerBound * rowStride
    view.height = range.count
    return view
  }

  /// Extends the view by `rows` rows above and below, which the memory must have.
  public func extended(by rows: Int) -> LaneView {
    var view = self
    view.base -= rows * rowStride
    view.height += 2 * rows
    return view
  }

  /// Every `step`-th row and column, from the first, in the same memory. Such a view has no halo.
  public func subsampled(by step: Int) -> LaneView {
    var view = self
    view.height = (height + step - 1) / step
    view.width = (width + step - 1) / step
    view.halo = 0
    view.columnStride *= step
    view.rowStride *= step
    return view
  }
}
