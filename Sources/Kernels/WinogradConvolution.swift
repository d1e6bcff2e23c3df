import CVector
import KernelInterface

/// A 3×3 convolution of stride 1 by Winograd's F(2×2, 3×3) (Lavin and Gray 2016, arXiv 1509.09308): 16 products a channel
/// for 2×2 outputs, where the direct sum takes 36.
///
///     Y = Aᵀ [ Σ_c (G g Gᵀ) ⊙ (Bᵀ d B) ] A        d: 4×4 inputs, g: 3×3 weights, Y: 2×2 outputs
///
///          ⎡1  0 −1  0⎤        ⎡ 1   0   0 ⎤
///     Bᵀ = ⎢0  1  1  0⎥    G = ⎢ ½   ½   ½ ⎥    Aᵀ = ⎡1  1  1  0⎤
///          ⎢0 −1  1  0⎥        ⎢ ½  −½   ½ ⎥         ⎣0  1 −1 −1⎦
///          ⎣0  1  0 −1⎦        ⎣ 0   0   1 ⎦
///
/// With lane = image the transforms are plain vector code, and the sum over channels is a matrix product for each of the 16
/// positions ξ = (row, column) of a 4×4 tile: M[ξ] = U[ξ] · V[ξ], outputs × channels × tiles.
///
/// The first-level cache decides: a transform writes as many vectors as it computes, and a store that misses the cache costs
/// four times one that hits (transform of a tile and channel on a Xeon of 2023: 5.9 ns, and 27 ns once V outgrows it). So it goes
/// two tiles and one row of V at a time, of which only the share of Y is kept: V is 4 positions × 64 channels × 2 tiles, 32 KB.
/// All of V for strips of 4 to 32 tiles, with or without prefetches, was slower below 128 channels.
struct WinogradConvolution {
  var outputs: Int
  var inputs: Int

  /// U in the order in which the products read it: `[pass][row][group][column][channel of the pass][output of the group]`.
  func pack(
    _ weights: UnsafePointer<Float>, source: TapConvolution.WeightSource, into packed: UnsafeMutablePointer<Float>
  ) {
    for n in 0..<outputs {
      // Full groups, then one of what is left.
      let first = n / WinogradStrip.group * WinogradStrip.group
      let size = min(WinogradStrip.group, outputs - first)
      for c in 0..<inputs {
        let taps = weights + (source.origin + n * source.outputStride + c * source.inputStride)
        var rows = InlineArray<3, InlineArray<4, Float>>(repeating: .init(repeating: 0))
        for row in 0..<3 {
          let tap = taps + row * source.rowStride
          rows[row] = Self.transformed(tap[0], tap[source.columnStride], tap[2 * source.columnStride])
        }
        let firstChannel = c / Self.channelsOfPass * Self.channelsOfPass
        let channels = min(Self.channelsOfPass, inputs - firstChannel)
        let start =
          packed + (16 * firstChannel * outputs + 4 * channels * first + (c - firstChannel) * size + n - first)
        for column in 0..<4 {
          let values = Self.transformed(rows[0][column], rows[1][column], rows[2][column])
          for row in 0..<4 { start[4 * row * channels * outputs + column * channels * size] = values[row] }
        }
      }
    }
  }

  /// G · (g0, g1, g2)
  private static func transformed(_ g0: Float, _ g1: Float, _ g2: Float) -> InlineArray<4, Float> {
    [g0, 0.5 * (g0 + g1 + g2), 0.5 * (g0 - g1 + g2), g2]
  }

  /// Runs over the blocks of `batch` with weights from `pack`; `input` is haloed, `output` has an even height and width.
  func run(
    input: LaneView, output: LaneView, packed: UnsafePointer<Float>, batch: BatchExtent, accumulates: Bool,
    epilogue: ConvolutionEpilogue
  ) {
    let sums = epilogue.statistics
    let parts = Int(LANE_VECTOR_PARTS)
    precondition(output.height % 2 == 0 && output.width % 2 == 0 && input.columnStride == 1)
    let strip = WinogradStrip(outputs: outputs, channels: min(inputs, Self.channelsOfPass))
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: (strip.count + 4 * outputs * parts) * MemoryLayout<lane_vector>.stride,
      alignment: MemoryLayout<Lanes>.alignment
    ).assumingMemoryBound(to: lane_vector.self)
    defer { UnsafeMutableRawPointer(memory).deallocate() }
    let channelSums = memory + strip.count
    if sums != nil { for i in 0..<4 * outputs * parts { channelSums[i] = lane_zero() } }
    var task = WinogradTask(
      strip: strip, memory: memory, weights: packed, inputRowStride: input.rowStride * parts,
      inputPlaneStride: input.planeStride * parts, outputColumnStride: output.columnStride * parts,
      outputRowStride: output.rowStride * parts, outputPlaneStride: output.planeStride * parts, outputs: outputs,
      accumulates: accumulates)

    let tilesOfRow = output.width / 2
    for block in 0..<batch.blocks {
      // The sums of full blocks, then those of a last block that is not full.
      let isFull = block < batch.blocks - 1 || batch.lanesInLastBlock == laneCount
      task.sums = sums.map { _ in channelSums + (isFull ? 0 : 2 * outputs * parts) }
      for row in stride(from: 0, to: output.height, by: 2) {
        for tile in stride(from: 0, to: tilesOfRow, by: WinogradStrip.tiles) {
          task.tiles = min(WinogradStrip.tiles, tilesOfRow - tile)
          let corner = input.base + (block * input.blockStride + (row - 1) * input.rowStride + 2 * tile - 1)
          for firstChannel in stride(from: 0, to: inputs, by: Self.channelsOfPass) {
            task.channels = min(Self.channelsOfPass, inputs - firstChannel)
            task.isFirst = firstChannel == 0
            task.input = UnsafePointer(vectors(corner + firstChannel * input.planeStride))
            task.weights = packed + 16 * firstChannel * outputs
            for row in 0..<4 { addRow(row, task) }
          }
          task.store(
            vectors(
              output.base + (block * output.blockStride + row * output.rowStride + 2 * tile * output.columnStride)),
            activation: epilogue.activation.map {
              TileActivation($0, first: 0, block: block).moved(rows: row, columns: 2 * tile)
            })
        }
      }
    }
    if let sums { add(channelSums, to: sums, lanesInLastBlock: batch.lanesInLastBlock) }
  }

  /// A row of V and its share of Y.
  private func addRow(_ row: Int, _ task: WinogradTask) {
    var task = task
    task.weights += 4 * row * task.channels * outputs
    task.transform(row: row)
    task.multiply(row: row)
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

  private static let channelsOfPass = 64

  private func vectors(_ pointer: UnsafeMutablePointer<Lanes>) -> UnsafeMutablePointer<lane_vector> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: lane_vector.self)
  }
}
