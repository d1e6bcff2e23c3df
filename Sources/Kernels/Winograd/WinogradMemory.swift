import CVector

/// Scratch memory of a Winograd convolution, in `lane_vector`s. A *band* is a row of tiles of one block, a *strip*
/// two tiles side by side (or of two bands, where each has one), a *column* one part of a tile.
struct WinogradMemory {
  /// Tiles of a strip.
  static let tiles = 2
  /// Columns of a strip.
  static var columns: Int { tiles * Int(LANE_VECTOR_PARTS) }
  /// Outputs of a group: with 2 columns, 16 sums in AVX-512's 32 registers, 8 in AVX2's 16.
  static var group: Int { lane_registers() == 32 ? 8 : 4 }
  /// A group's outputs in two columns.
  static var tileCount: Int { group * 2 }

  /// From one channel of a band to the next.
  let bandChannelStride: Int
  /// From one row of Bᵀ d to the next, and from one of a row's six positions in V: no powers of two, so that what a
  /// transform writes lies in different sets of the cache.
  let bandRowStride: Int
  let positionStride: Int
  /// Bands that are transformed at a time.
  let bands: Int
  let groups: Int

  init(outputs: Int, channels: Int, width: Int) {
    bandChannelStride = (width + 2) * Int(LANE_VECTOR_PARTS)
    bandRowStride = channels * bandChannelStride + 5
    positionStride = channels * Self.columns + 5
    bands = width > 4 ? 1 : 2
    groups = (outputs + Self.group - 1) / Self.group
  }

  /// Bᵀ d of the bands, `[band][row][channel][pixel][part]`, starts the memory; then comes a row of V,
  /// `[position][channel][column]`; four tiles of sums that wait for their row's others; and M A,
  /// `[group][pair of columns][row of 6][pixel of 4]` of tiles.
  var bandStride: Int { 6 * bandRowStride }
  var rowOffset: Int { bands * bandStride }
  var waitingOffset: Int { rowOffset + 6 * positionStride }
  var productsOffset: Int { waitingOffset + 4 * Self.tileCount }
  static var productsCount: Int { 24 * tileCount }
  var count: Int { productsOffset + groups * (Self.columns / 2) * Self.productsCount }
}
