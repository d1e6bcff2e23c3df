import CVector
import KernelInterface

/// The weight gradient of a 3×3 convolution of stride 1 by Winograd's F(3×3, 2×2) (Lavin and Gray 2016, arXiv 1509.09308): the 3×3
/// weight gradient of a 2×2 tile of dy takes 16 products, where the direct sum takes 36.
///
///     dW = Aᵀ [ Σ_tiles (G e Gᵀ) ⊙ (Bᵀ d B) ] A        d: 4×4 inputs, e: 2×2 gradients
///
///         ⎡ 1   0 ⎤        ⎡1  1  1  0⎤
///     G = ⎢ ½   ½ ⎥   Aᵀ = ⎢0  1 −1  0⎥        Bᵀ as in `WinogradConvolution`
///         ⎢ ½  −½ ⎥        ⎣0  1  1 −1⎦
///         ⎣ 0   1 ⎦
///
/// The sum over tiles and images is a matrix product for each of the 16 positions, M = U · Vᵀ with outputs × *columns* (a tile's part)
/// for U and inputs × columns for V. It goes one row of positions at a time: their share of U for `outputsOfPass` outputs stays
/// in the second-level cache while V passes by, `inputsOfPass` inputs at a time. The halves of G are left to the end.
struct WinogradWeightGradient {
  private let input: LaneView
  private let outputGradient: LaneView
  private let inputs: Int
  private let blocks: Int
  /// Rows of tiles, of all blocks, that are summed at a time.
  private let tileRowsOfPass: Int
  private let columnsOfTileRow: Int

  @Sendable static func run(
    input: LaneView, outputGradient: LaneView, weightGradient: UnsafeMutablePointer<Float>, shape: ConvolutionShape,
    batch: BatchExtent
  ) {
    let gradient = Self(input: input, outputGradient: outputGradient, shape: shape, batch: batch)
    for first in stride(from: 0, to: shape.outputChannels, by: outputsOfPass) {
      let outputs = first..<min(first + outputsOfPass, shape.outputChannels)
      gradient.add(outputs, to: weightGradient + outputs.lowerBound * shape.inputChannels * 9)
    }
  }

  private init(input: LaneView, outputGradient: LaneView, shape: ConvolutionShape, batch: BatchExtent) {
    precondition(outputGradient.height % 2 == 0 && outputGradient.width % 2 == 0)
    precondition(input.columnStride == 1 && outputGradient.columnStride == 1)
    self.input = input
    self.outputGradient = outputGradient
    inputs = shape.inputChannels
    blocks = batch.blocks
    columnsOfTileRow = outputGradient.width / 2 * Int(LANE_VECTOR_PARTS)
    tileRowsOfPass = min(max(1, Self.columnsOfPass / columnsOfTileRow), outputGradient.height / 2 * batch.blocks)
  }

  private func add(_ outputs: Range<Int>, to weightGradient: UnsafeMutablePointer<Float>) {
    let sums = WinogradSums(outputs: outputs.count, inputs: inputs)
    defer { sums.deallocate() }
    let columns = tileRowsOfPass * columnsOfTileRow
    var u = WinogradOperand(channels: outputs.count, columns: columns, limit: 4)
    var v = WinogradOperand(
      channels: min(inputs, Self.inputsOfPass), columns: columns, limit: WinogradWeightGradientProduct.inputsOfTile)
    defer {
      u.deallocate()
      v.deallocate()
    }
    let tileRows = outputGradient.height / 2 * blocks
    for firstRow in stride(from: 0, to: tileRows, by: tileRowsOfPass) {
      let rows = firstRow..<min(firstRow + tileRowsOfPass, tileRows)
      u.columns = rows.count * columnsOfTileRow
      v.columns = u.columns
      for row in 0..<4 {
        transformGradient(row, outputs, rows, to: u)
        for firstInput in stride(from: 0, to: inputs, by: Self.inputsOfPass) {
          v.channels = min(Self.inputsOfPass, inputs - firstInput)
          transformInput(row, firstInput, rows, to: v)
          WinogradWeightGradientProduct(u: u, v: v, sums: sums.row(row, firstInput: firstInput)).add()
        }
      }
    }
    sums.add(to: weightGradient)
  }

  /// Row `row` of G e Gᵀ without its halves.
  private func transformGradient(_ row: Int, _ outputs: Range<Int>, _ tileRows: Range<Int>, to u: WinogradOperand) {
    let parts = Int(LANE_VECTOR_PARTS)
    for (line, tileRow) in tileRows.enumerated() {
      let upper = start(of: tileRow, in: outputGradient, channel: outputs.lowerBound)
      let lower = upper + outputGradient.rowStride * parts
      for n in 0..<outputs.count {
        let offset = n * outputGradient.planeStride * parts
        let target = u.start(channel: n, column: line * columnsOfTileRow)
        switch row {
        case 0: transformGradient(upper + offset, to: target, u) { a, _ in a[0] }
        case 1: transformGradient(upper + offset, lower + offset, to: target, u) { lane_add($0[0], $1[0]) }
        case 2: transformGradient(upper + offset, lower + offset, to: target, u) { lane_subtract($0[0], $1[0]) }
        default: transformGradient(lower + offset, to: target, u) { a, _ in a[0] }
        }
      }
    }
  }

  @inline(__always)
  private func transformGradient(
    _ first: UnsafePointer<lane_vector>, _ second: UnsafePointer<lane_vector>? = nil,
    to target: WinogradOperand.Channel, _ u: WinogradOperand,
    _ value: (UnsafePointer<lane_vector>, UnsafePointer<lane_vector>) -> lane_vector
  ) {
    let parts = Int(LANE_VECTOR_PARTS)
    var (a, b, position) = (first, second ?? first, target.base)
    for _ in 0..<columnsOfTileRow / parts {
      for part in 0..<parts {
        let (e0, e1) = (value(a + part, b + part), value(a + (parts + part), b + (parts + part)))
        position[0] = e0
        position[u.positionStride] = lane_add(e0, e1)
        position[2 * u.positionStride] = lane_subtract(e0, e1)
        position[3 * u.positionStride] = e1
        position += target.stride
      }
      a += 2 * parts
      b += 2 * parts
    }
  }

  /// Row `row` of Bᵀ d B.
  private func transformInput(_ row: Int, _ firstInput: Int, _ tileRows: Range<Int>, to v: WinogradOperand) {
    let parts = Int(LANE_VECTOR_PARTS)
    for (line, tileRow) in tileRows.enumerated() {
      let corner = start(of: tileRow, in: input, channel: firstInput) - (input.rowStride + 1) * parts
      for c in 0..<v.channels {
        let target = v.start(channel: c, column: line * columnsOfTileRow)
        for part in 0..<parts {
          WinogradInputTransform(
            pixels: corner + (c * input.planeStride * parts + part), rowStride: input.rowStride * parts,
            tiles: columnsOfTileRow / parts, target: target.base + part * target.stride,
            tileStride: target.stride * parts, positionStride: v.positionStride
          ).run(row: row)
        }
      }
    }
  }

  /// The first pixel of a row of tiles in a plane.
  private func start(of tileRow: Int, in view: LaneView, channel: Int) -> UnsafePointer<lane_vector> {
    let rowsOfBlock = outputGradient.height / 2
    let (block, row) = (tileRow / rowsOfBlock, 2 * (tileRow % rowsOfBlock))
    let pixel = view.base + (block * view.blockStride + channel * view.planeStride + row * view.rowStride)
    return UnsafePointer(UnsafeMutableRawPointer(pixel).assumingMemoryBound(to: lane_vector.self))
  }

  /// Long enough that adding up lanes at the end of a tile hardly shows, short enough that U stays in the second-level cache: 64
  /// columns were 3–9 % slower, 16 were 5 % slower.
  private static let columnsOfPass = 32
  /// U: 4 positions × 64 outputs × 32 columns are 512 KB.
  private static let outputsOfPass = 64
  private static let inputsOfPass = 24
}

/// A row of four positions of U or V, `[position][group of channels][column][channel of the group]`, in memory of its own.
struct WinogradOperand {
  /// At most those it was made for.
  var channels: Int {
    didSet { groups = OutputGroups(count: channels, limit: limit) }
  }
  var columns: Int
  let positionStride: Int
  private(set) var groups: OutputGroups
  private let limit: Int
  private let memory: UnsafeMutablePointer<lane_vector>

  init(channels: Int, columns: Int, limit: Int) {
    self.channels = channels
    self.columns = columns
    self.limit = limit
    groups = OutputGroups(count: channels, limit: limit)
    // Not a power of two, so that the positions that a transform writes lie in different sets of the cache.
    positionStride = channels * columns + 5
    memory = UnsafeMutableRawPointer.allocate(
      byteCount: 4 * positionStride * MemoryLayout<lane_vector>.stride, alignment: 64
    ).assumingMemoryBound(to: lane_vector.self)
  }

  func deallocate() { memory.deallocate() }

  /// Where a channel's columns lie: side by side with those of its group.
  struct Channel {
    var base: UnsafeMutablePointer<lane_vector>
    /// From one column to the next.
    var stride: Int
  }

  func start(channel: Int, column: Int) -> Channel {
    let group = groups.group(of: channel)
    let (first, size) = (groups.start(group), groups.size(group))
    return Channel(base: memory + (first * columns + column * size + channel - first), stride: size)
  }

  func start(position: Int, group: Int) -> UnsafePointer<lane_vector> {
    UnsafePointer(memory + (position * positionStride + groups.start(group) * columns))
  }
}
