import KernelInterface

/// What of a batch goes through several passes at a stretch, while it is in the cache: some neighbouring blocks, or, where
/// planes are large, some rows of one block.
struct BatchPortion: Hashable {
  var firstBlock: Int
  /// Of the portion's blocks alone.
  var extent: BatchExtent
  /// Of the output planes of the layer that the portion goes through.
  var rows: Range<Int>

  /// Pixels of a portion. Fewer would leave the end of a weight gradient's sums a cost that shows; more would not stay in
  /// the second-level cache.
  private static let pixels = 256

  /// Blocks of a portion of planes of `size` rows and columns, where the batch has that many.
  static func blocks(size: Int) -> Int { max(1, pixels / (size * size)) }

  /// The batch in portions for a layer whose output planes have `size` rows and columns: block by block, from the top down.
  static func all(of batch: BatchExtent, size: Int) -> [BatchPortion] {
    let blocks = blocks(size: size)
    let rows = min(size, max(1, pixels / size))
    return stride(from: 0, to: batch.blocks, by: blocks).flatMap { first in
      let extent = BatchExtent(images: min(batch.images - first * laneCount, blocks * laneCount))
      return stride(from: 0, to: size, by: rows).map { row in
        BatchPortion(firstBlock: first, extent: extent, rows: row..<min(row + rows, size))
      }
    }
  }

  /// Each block with all its rows, for layers whose output planes have `size` rows and columns.
  static func wholePlanes(of batch: BatchExtent, size: Int) -> [BatchPortion] {
    (0..<batch.blocks).map { block in
      BatchPortion(
        firstBlock: block, extent: BatchExtent(images: min(batch.images - block * laneCount, laneCount)),
        rows: 0..<size)
    }
  }

  /// Rows of an input plane of `height` rows that a 3×3 convolution of this stride reads for this portion, and did not
  /// read for the portions above it: what has to be made ready before the convolution runs.
  func newInputRows(stride: Int, height: Int) -> Range<Int> {
    func end(_ row: Int) -> Int { row == 0 ? 0 : min(height, stride * (row - 1) + 2) }
    return end(rows.lowerBound)..<end(rows.upperBound)
  }

  /// Rows of the output's gradient that the input gradient reads for the portion's share of the input, and did not read for
  /// the portions above it.
  func newGradientRows(height: Int) -> Range<Int> { newInputRows(stride: 1, height: height) }

  /// The portion's share of input rows: every input row belongs to one portion.
  func inputRows(stride: Int, height: Int) -> Range<Int> {
    min(height, stride * rows.lowerBound)..<min(height, stride * rows.upperBound)
  }
}

extension LaneView {
  /// These rows of a portion's blocks.
  func portion(_ portion: BatchPortion, rows: Range<Int>) -> LaneView {
    blocks(from: portion.firstBlock).rows(rows)
  }
}
