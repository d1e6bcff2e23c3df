import CVector
import KernelInterface

/// A 3×3 convolution of stride 1 by Winograd's F(4×4, 3×3) (Lavin and Gray 2016, arXiv 1509.09308): 36 products per
/// channel for 4×4 outputs, for which the direct sum takes 144.
///
///     Y = Aᵀ [ Σ_c (G g Gᵀ) ⊙ (Bᵀ d B) ] A        d: 6×6 inputs, g: 3×3 weights, Y: 4×4 outputs
///
/// With lane = image, the transforms are plain vector code, and the sum over channels is a matrix product for each of
/// the 36 positions of a 6×6 tile: M = U · V, outputs × channels × tiles. Bᵀ d is computed for a row of tiles at a time
/// and stays in the second-level cache; the rest is computed for two tiles and one row of positions at a time, so that
/// V stays in the first-level cache.
struct WinogradConvolution {
  var outputs: Int
  var inputs: Int

  /// Writes U in the order in which the products read it, `[row][group][position][channel][output of the group]`, one
  /// vector of channels and outputs at a time.
  func pack(
    _ weights: UnsafePointer<Float>, source: TapConvolution.WeightSource, into packed: UnsafeMutablePointer<Float>
  ) {
    let width = Int(LANE_VECTOR_WIDTH)
    let taps = UnsafeMutablePointer<lane_vector>.scratch(9)
    defer { taps.deallocate() }
    for tap in 0..<9 { taps[tap] = lane_zero() }
    let memory = UnsafeMutableRawPointer(taps).assumingMemoryBound(to: Float.self)
    for first in stride(from: 0, to: outputs, by: WinogradMemory.group) {
      // Full groups, then one with the remaining outputs.
      let size = min(WinogradMemory.group, outputs - first)
      let count = inputs * size
      var (c, n) = (0, 0)
      for start in stride(from: 0, to: count, by: width) {
        let lanes = min(width, count - start)
        for lane in 0..<lanes {
          let filter =
            weights + (source.origin + (first + n) * source.outputStride + c * source.inputStride)
          for row in 0..<3 {
            for column in 0..<3 {
              memory[(3 * row + column) * width + lane] = filter[row * source.rowStride + column * source.columnStride]
            }
          }
          n += 1
          if n == size { (c, n) = (c + 1, 0) }
        }
        var columns = InlineArray<3, InlineArray<6, lane_vector>>(repeating: .init(repeating: lane_zero()))
        for column in 0..<3 {
          columns[column] = WinogradTransform.weights(taps[column], taps[3 + column], taps[6 + column])
        }
        for row in 0..<6 {
          let values = WinogradTransform.weights(columns[0][row], columns[1][row], columns[2][row])
          for position in 0..<6 {
            let target = packed + (6 * (row * outputs + first) * inputs + position * count + start)
            if lanes == width {
              UnsafeMutableRawPointer(target).storeBytes(of: values[position], as: lane_vector.self)
            } else {
              for lane in 0..<lanes { target[lane] = values[position][lane] }
            }
          }
        }
      }
    }
  }

  /// Runs over the blocks of `batch` with weights that `pack` prepared. `input` is haloed, and the height and width of
  /// `output` are multiples of four.
  func run(
    input: LaneView, output: LaneView, packed: UnsafePointer<Float>, batch: BatchExtent, accumulates: Bool,
    epilogue: ConvolutionEpilogue
  ) {
    let parts = Int(LANE_VECTOR_PARTS)
    precondition(output.height % 4 == 0 && output.width % 4 == 0 && input.columnStride == 1)
    let layout = WinogradMemory(outputs: outputs, channels: inputs, width: output.width)
    let memory = UnsafeMutablePointer<lane_vector>.scratch(layout.count + 4 * outputs * parts)
    let places = UnsafeMutablePointer<WinogradPlace>.allocate(capacity: WinogradMemory.tiles)
    defer {
      memory.deallocate()
      places.deallocate()
    }
    let channelSums = epilogue.statistics.map { _ in memory + layout.count }
    if let channelSums { for i in 0..<4 * outputs * parts { channelSums[i] = lane_zero() } }
    var strip = WinogradStrip(
      layout: layout, memory: memory, weights: packed, outputs: outputs, channels: inputs,
      outputColumnStride: output.columnStride * parts, outputRowStride: output.rowStride * parts,
      outputPlaneStride: output.planeStride * parts, accumulates: accumulates, places: places)

    let (tilesOfBand, bandsOfBlock) = (output.width / 4, output.height / 4)
    func place(ofBand band: Int) -> (block: Int, row: Int) { (band / bandsOfBlock, band % bandsOfBlock * 4) }
    let bandCount = batch.blocks * bandsOfBlock
    for firstBand in stride(from: 0, to: bandCount, by: layout.bands) {
      let bands = min(layout.bands, bandCount - firstBand)
      for band in 0..<bands {
        let (block, row) = place(ofBand: firstBand + band)
        transform(
          input, block: block, row: row, pixels: output.width + 2, layout, to: memory + band * layout.bandStride)
      }
      let tiles = bands * tilesOfBand
      for first in stride(from: 0, to: tiles, by: WinogradMemory.tiles) {
        strip.tiles = min(WinogradMemory.tiles, tiles - first)
        for index in 0..<WinogradMemory.tiles {
          let tile = min(first + index, tiles - 1)
          let (band, column) = (tile / tilesOfBand, tile % tilesOfBand * 4)
          let (block, row) = place(ofBand: firstBand + band)
          // The sums of full blocks come first, then those of a partial last block.
          let isFull = block < batch.blocks - 1 || batch.lanesInLastBlock == laneCount
          places[index] = WinogradPlace(
            band: UnsafePointer(memory + (band * layout.bandStride + column * parts)),
            output: (output.base + block * output.blockStride + row * output.rowStride + column * output.columnStride)
              .vectors,
            sums: channelSums.map { $0 + (isFull ? 0 : 2 * outputs * parts) },
            activation: epilogue.activation.map {
              TileActivation($0, first: 0, block: block).moved(rows: row, columns: column)
            })
        }
        strip.run()
      }
    }
    if let sums = epilogue.statistics, let channelSums {
      add(channelSums, to: sums, lanesInLastBlock: batch.lanesInLastBlock)
    }
  }

  /// Computes Bᵀ d of a band whose first output row is `row`.
  private func transform(
    _ input: LaneView, block: Int, row: Int, pixels: Int, _ layout: WinogradMemory,
    to band: UnsafeMutablePointer<lane_vector>
  ) {
    let parts = Int(LANE_VECTOR_PARTS)
    let corner = input.base + (block * input.blockStride + (row - 1) * input.rowStride - 1)
    for channel in 0..<inputs {
      let source = (corner + channel * input.planeStride).vectors
      let target = band + channel * layout.bandChannelStride
      for i in 0..<pixels * parts {
        WinogradTransform.input(
          source + i, stride: input.rowStride * parts, to: target + i, stride: layout.bandRowStride)
      }
    }
  }

  private func add(_ channelSums: UnsafeMutablePointer<lane_vector>, to sums: ChannelSums, lanesInLastBlock: Int) {
    let parts = Int(LANE_VECTOR_PARTS)
    for n in 0..<outputs {
      for part in 0..<parts {
        let mask = lane_mask_first(Int32(lanesInLastBlock), Int32(part))
        let full = channelSums + (2 * n * parts + part)
        let last = full + 2 * outputs * parts
        sums.values[n] += Double(lane_sum(lane_add(full[0], lane_masked(last[0], mask))))
        sums.squares[n] += Double(lane_sum(lane_add(full[parts], lane_masked(last[parts], mask))))
      }
    }
  }
}
