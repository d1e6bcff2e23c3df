import CVector

/// The scratch memory of a Winograd convolution, in `lane_vector`s. A *band* is a row of tiles of one block, a *strip*
/// two adjacent tiles (or tiles of two bands, if each band has one), a *column* one part of a tile.
struct WinogradMemory {
  /// The number of tiles in a strip.
  static let tiles = 2
  /// The number of columns in a strip.
  static var columns: Int { tiles * Int(LANE_VECTOR_PARTS) }
  /// The number of outputs in a group: with 2 columns, 16 sums in AVX-512's 32 registers, 8 in AVX2's 16.
  static var group: Int { lane_registers() == 32 ? 8 : 4 }
  /// The number of vectors for a group's outputs in two columns.
  static var tileCount: Int { group * 2 }

  /// The stride from one channel of a band to the next.
  let bandChannelStride: Int
  /// The strides from one row of Bᵀ d to the next and, below, from one of a row's six positions to the next in V. They
  /// are not powers of two, so that the values that a transform writes lie in different sets of the cache.
  let bandRowStride: Int
  let positionStride: Int
  /// The number of bands that are transformed at a time.
  let bands: Int
  let groups: Int

  init(outputs: Int, channels: Int, width: Int) {
    bandChannelStride = (width + 2) * Int(LANE_VECTOR_PARTS)
    bandRowStride = channels * bandChannelStride + 5
    positionStride = channels * Self.columns + 5
    bands = width > 4 ? 1 : 2
    groups = (outputs + Self.group - 1) / Self.group
  }

  /// The memory holds, in this order: Bᵀ d of the bands, `[band][row][channel][pixel][part]`; a row of V,
  /// `[position][channel][column]`; four tiles of sums that wait for the others of their row; and M A, `[group][pair of
  /// columns][row of 6][pixel of 4]` of tiles.
  var bandStride: Int { 6 * bandRowStride }
  var rowOffset: Int { bands * bandStride }
  var waitingOffset: Int { rowOffset + 6 * positionStride }
  var productsOffset: Int { waitingOffset + 4 * Self.tileCount }
  static var productsCount: Int { 24 * tileCount }
  var count: Int { productsOffset + groups * (Self.columns / 2) * Self.productsCount }
}
