import KernelInterface

/// The part of a batch that goes through several passes in a row while it is in the cache: some neighboring blocks
/// or, where planes are large, some rows of one block.
struct BatchPortion: Hashable {
  var firstBlock: Int
  /// Of the portion's blocks alone.
  var extent: BatchExtent
  /// Rows of the layer's output planes.
  var rows: Range<Int>

  /// Pixels of a portion. Fewer would leave the end of a weight gradient's sums a cost that shows; more would not
  /// stay in the second-level cache.
  private static let pixels = 256

  /// Blocks of a portion of planes of `size` rows and columns, where the batch has that many.
  static func blocks(size: Int) -> Int { max(1, pixels / (size * size)) }

  /// The batch in portions for a layer whose output planes have `size` rows and columns: block by block, from the top
  /// down.
  static func all(of batch: BatchExtent, size: Int) -> [BatchPortion] {
    let blocks = blocks(size: size)
    let rows = rows(size: size)
    return stride(from: 0, to: batch.blocks, by: blocks).flatMap { first in
      let extent = BatchExtent(images: min(batch.images - first * laneCount, blocks * laneCount))
      return stride(from: 0, to: size, by: rows).map { row in
        BatchPortion(firstBlock: first, extent: extent, rows: row..<min(row + rows, size))
      }
    }
  }

  /// Most rows of a portion of planes of `size` rows and columns: a multiple of four, the rows of Winograd's tiles,
  /// unless it is all.
  static func rows(size: Int) -> Int { min(size, max(4, pixels / size & ~3)) }

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

  /// The portion's rows and so many next to them, of planes of `height` rows: with one what a 3×3 convolution of stride
  /// 1 reads.
  func rowsWithNeighbors(height: Int, reach: Int = 1) -> Range<Int> {
    max(0, rows.lowerBound - reach)..<min(height, rows.upperBound + reach)
  }

  /// The part of every `step`-th row, of portions that begin at a multiple of it.
  func everyRow(_ step: Int) -> BatchPortion {
    var portion = self
    portion.rows = rows.lowerBound / step..<(rows.upperBound + step - 1) / step
    return portion
  }

  /// The portion's share of input rows: every input row belongs to one portion.
  func inputRows(stride: Int, height: Int) -> Range<Int> {
    min(height, stride * rows.lowerBound)..<min(height, stride * rows.upperBound)
  }
}

extension LaneView {
  /// Room for the rows of `portion` and the ones next to them, in memory that is made for one portion: makes these
  /// rows ready, `fill`s them where the plane (of `height` rows) has them and clears them where it ends.
  /// - Parameter reach: rows next to the portion's that are wanted: 1 or none.
  /// - Returns: the portion's own rows.
  func filled(
    for portion: BatchPortion, height: Int, reach: Int = 1, by fill: (_ rows: Range<Int>, _ target: LaneView) -> Void
  ) -> LaneView {
    var own = self
    own.height = portion.rows.count
    let rows = portion.rowsWithNeighbors(height: height, reach: reach)
    var target = own
    target.base -= (portion.rows.lowerBound - rows.lowerBound) * rowStride
    target.height = rows.count
    if reach > 0, rows.lowerBound == portion.rows.lowerBound { clear(row: -1, blocks: portion.extent.blocks) }
    if reach > 0, rows.upperBound == portion.rows.upperBound {
      clear(row: portion.rows.count, blocks: portion.extent.blocks)
    }
    fill(rows, target)
    return own
  }

  /// Zeros in one row of every plane, which may be one of the halo's.
  private func clear(row: Int, blocks: Int) {
    for block in 0..<blocks {
      for channel in 0..<channels {
        (base + (block * blockStride + channel * planeStride + row * rowStride)).update(repeating: .zero, count: width)
      }
    }
  }

  /// Zeros in the lanes of `block` from `lane` on.
  func clearLanes(from lane: Int, block: Int) {
    guard lane < laneCount else { return }
    for channel in 0..<channels {
      for row in 0..<height {
        let pixels = base + (block * blockStride + channel * planeStride + row * rowStride)
        for column in 0..<width {
          for lane in lane..<laneCount { pixels[column * columnStride][lane] = 0 }
        }
      }
    }
  }

  /// These rows of a portion's blocks.
  func portion(_ portion: BatchPortion, rows: Range<Int>) -> LaneView {
    blocks(from: portion.firstBlock).rows(rows)
  }
}
