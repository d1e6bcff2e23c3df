import KernelInterface

/// A part of a batch that goes through several consecutive passes while it is in the cache: some neighboring blocks or,
/// if planes are large, some rows of one block.
struct BatchPortion: Hashable {
  var firstBlock: Int
  /// The extent of the portion's blocks alone.
  var extent: BatchExtent
  /// The portion's rows in the layer's output planes.
  var rows: Range<Int>

  /// The number of pixels in a portion. With fewer, adding up a weight gradient's lanes at the end would take
  /// noticeable time; more would not stay in the second-level cache.
  private static let pixels = 256

  /// The number of blocks in a portion of planes of `size` rows and columns, if the batch has that many.
  static func blocks(size: Int) -> Int { max(1, pixels / (size * size)) }

  /// Divides the batch into portions for a layer whose output planes have `size` rows and columns: block by block, from
  /// top to bottom.
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

  /// The maximum number of rows in a portion of planes of `size` rows and columns: a multiple of four, which is the
  /// height of Winograd's tiles, unless the portion has all rows.
  static func rows(size: Int) -> Int { min(size, max(4, pixels / size & ~3)) }

  /// Divides the batch into blocks with all their rows, for layers whose output planes have `size` rows and columns.
  static func wholePlanes(of batch: BatchExtent, size: Int) -> [BatchPortion] {
    (0..<batch.blocks).map { block in
      BatchPortion(
        firstBlock: block, extent: BatchExtent(images: min(batch.images - block * laneCount, laneCount)),
        rows: 0..<size)
    }
  }

  /// The rows of an input plane of `height` rows that a 3×3 convolution of this stride reads for this portion but not
  /// for the portions above it: the rows to complete before the convolution runs.
  func newInputRows(stride: Int, height: Int) -> Range<Int> {
    func end(_ row: Int) -> Int { row == 0 ? 0 : min(height, stride * (row - 1) + 2) }
    return end(rows.lowerBound)..<end(rows.upperBound)
  }

  /// The portion's rows and `reach` rows above and below, within planes of `height` rows. With one, these are the rows
  /// that a 3×3 convolution of stride 1 reads.
  func rowsWithNeighbors(height: Int, reach: Int = 1) -> Range<Int> {
    max(0, rows.lowerBound - reach)..<min(height, rows.upperBound + reach)
  }

  /// Returns the corresponding portion of planes that have every `step`-th row. The portion must begin at a multiple of
  /// `step`.
  func everyRow(_ step: Int) -> BatchPortion {
    var portion = self
    portion.rows = rows.lowerBound / step..<(rows.upperBound + step - 1) / step
    return portion
  }

  /// The portion's share of the input rows; every input row belongs to one portion.
  func inputRows(stride: Int, height: Int) -> Range<Int> {
    min(height, stride * rows.lowerBound)..<min(height, stride * rows.upperBound)
  }
}

extension LaneView {
  /// Completes the rows of `portion` and the rows next to them in memory sized for one portion: calls `fill` for the
  /// rows that the plane (of `height` rows) has and clears those beyond its edge.
  /// - Parameter reach: The number of rows needed above and below the portion's: 0 or 1.
  /// - Returns: The portion's own rows.
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

  /// Sets one row of every plane, which may be a halo row, to zero.
  private func clear(row: Int, blocks: Int) {
    for block in 0..<blocks {
      for channel in 0..<channels {
        (base + (block * blockStride + channel * planeStride + row * rowStride)).update(repeating: .zero, count: width)
      }
    }
  }

  /// Sets the lanes of `block` from `lane` on to zero.
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

  /// The given rows of a portion's blocks.
  func portion(_ portion: BatchPortion, rows: Range<Int>) -> LaneView {
    blocks(from: portion.firstBlock).rows(rows)
  }
}
