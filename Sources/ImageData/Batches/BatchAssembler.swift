import KernelInterface

/// Writes images into activations: augmented and normalized, one image per lane.
public struct BatchAssembler: Sendable {
  public let augmentation: Augmentation?
  public let seed: UInt64
  /// `[channel][byte]`.
  private let table: [Float]

  /// `seed` feeds the augmentation only; `augmentation: nil` writes the images as they are.
  public init(normalization: ChannelNormalization, augmentation: Augmentation? = nil, seed: UInt64 = 0) {
    self.augmentation = augmentation
    self.seed = seed
    table = normalization.table
  }

  /// The number of blocks that `count` images take.
  public static func blocks(for count: Int) -> Int { (count + laneCount - 1) / laneCount }

  /// Writes `images[indices[0]], images[indices[1]], …` into blocks 0, 1, … of `view`, 16 to a block.
  /// Lanes of the last block beyond the batch become zero. Only the interior is written; the halo keeps its contents.
  ///
  /// Pixels of the padding are black *before* normalization, hence `(0 − mean) / standardDeviation` and not 0.
  ///
  /// - Parameters:
  ///   - epoch: the epoch, which chooses the augmentation's draws.
  ///   - position: the position of the batch's first image in the order of the epoch.
  public func assemble(
    _ images: LabeledImages, indices: some Collection<Int>, epoch: Int = 0, position: Int = 0, into view: LaneView
  ) {
    precondition(view.channels == images.channels && view.height == images.side && view.width == images.side)
    precondition(indices.allSatisfy { $0 >= 0 && $0 < images.count })
    let draws = augmentation?.epoch(epoch, seed: seed)
    let sources = indices.enumerated().map { offset, index in
      Source(
        firstByte: index * images.imageBytes,
        crop: draws?.crop(position: position + offset) ?? .none)
    }
    images.pixels.withUnsafeBufferPointer { pixels in
      table.withUnsafeBufferPointer { table in
        guard let pixels = pixels.baseAddress, let table = table.baseAddress else { return }
        for block in 0..<BatchAssembler.blocks(for: sources.count) {
          let first = block * laneCount
          let lanes = sources[first..<min(first + laneCount, sources.count)]
          BatchAssembler.write(lanes, of: pixels, side: images.side, table: table, to: view, block: block)
        }
      }
    }
  }

  private struct Source {
    let firstByte: Int
    let crop: Augmentation.Crop
  }

  /// Writes one block, row by row: a row of 16 CIFAR images is 2 kB of activations, which stay in the L1 cache while
  /// the lanes are filled one after the other.
  private static func write(
    _ sources: ArraySlice<Source>, of pixels: UnsafePointer<UInt8>, side: Int, table: UnsafePointer<Float>,
    to view: LaneView, block: Int
  ) {
    let (width, height) = (side, side)
    let step = view.columnStride * laneCount
    for channel in 0..<LabeledImages.channels {
      let values = table + channel * 256
      let plane = view.base + (block * view.blockStride + channel * view.planeStride)
      for row in 0..<height {
        let start = plane + row * view.rowStride
        start.withMemoryRebound(to: Float.self, capacity: (width - 1) * step + laneCount) { floats in
          for (lane, source) in sources.enumerated() {
            let sourceRow = row &+ source.crop.row
            let inside = sourceRow >= 0 && sourceRow < height
            writeRow(
              pixels + (source.firstByte &+ channel &* width &* height &+ (inside ? sourceRow : 0) &* width),
              width: width, crop: source.crop, isBlack: !inside, values: values, to: floats + lane, step: step)
            // The mean color is 0 once it is normalized.
            if let hole = source.crop.hole, hole.rows.contains(row) {
              for column in hole.columns { floats[column &* step &+ lane] = 0 }
            }
          }
          for lane in sources.count..<laneCount {
            for column in 0..<width { floats[column &* step &+ lane] = 0 }
          }
        }
      }
    }
  }

  /// Writes one row of one lane. Columns in `valid` have a source pixel; those before and after are padding.
  @inline(__always)
  private static func writeRow(
    _ source: UnsafePointer<UInt8>, width: Int, crop: Augmentation.Crop, isBlack: Bool, values: UnsafePointer<Float>,
    to destination: UnsafeMutablePointer<Float>, step: Int
  ) {
    let black = values[0]
    let valid = isBlack ? 0..<0 : max(0, -crop.column)..<min(width, width - crop.column)
    // A flip writes the window's columns from the last to the first.
    var target = crop.flipped ? destination + (width - 1) &* step : destination
    let advance = crop.flipped ? -step : step
    for _ in 0..<valid.lowerBound {
      target.pointee = black
      target += advance
    }
    for column in valid {
      target.pointee = values[Int(source[column &+ crop.column])]
      target += advance
    }
    for _ in valid.upperBound..<width {
      target.pointee = black
      target += advance
    }
  }
}
