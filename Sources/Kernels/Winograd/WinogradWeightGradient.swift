import CVector
import KernelInterface

/// The weight gradient of a 3×3 convolution of stride 1 by Winograd's F(3×3, 4×4), the transpose of
/// `WinogradConvolution`: the 3×3 weight gradient of a 4×4 tile of dy takes 36 products, instead of the direct sum's
/// 144.
///
///     dW = Gᵀ [ Σ_tiles (A e Aᵀ) ⊙ (Bᵀ d B) ] G        d: 6×6 inputs, e: 4×4 gradients
///
/// with A, B and G as in `WinogradTransform`.
///
/// The sum over tiles and images is a matrix product for each of the 36 positions, M = U · Vᵀ, where U is
/// outputs × *columns* (a column is one part of a tile) and V is inputs × columns. It is computed for two rows of
/// positions at a time: their share of U for `outputsOfPass` outputs stays in the second-level cache while V passes by,
/// `inputsOfPass` inputs at a time.
struct WinogradWeightGradient {
  private let input: LaneView
  private let outputGradient: LaneView
  private let inputs: Int
  private let blocks: Int
  /// The number of bands (rows of tiles), of all blocks, that are summed at a time.
  private let bandsOfPass: Int
  private let columnsOfBand: Int

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
    precondition(outputGradient.height % 4 == 0 && outputGradient.width % 4 == 0)
    precondition(input.columnStride == 1 && outputGradient.columnStride == 1)
    self.input = input
    self.outputGradient = outputGradient
    inputs = shape.inputChannels
    blocks = batch.blocks
    columnsOfBand = outputGradient.width / 4 * Int(LANE_VECTOR_PARTS)
    bandsOfPass = min(max(1, Self.columnsOfPass / columnsOfBand), outputGradient.height / 4 * batch.blocks)
  }

  private func add(_ outputs: Range<Int>, to weightGradient: UnsafeMutablePointer<Float>) {
    let outputGroups = ChannelGroups(channels: outputs.count, limit: WinogradWeightGradientProduct.outputsOfTile)
    let chunks = stride(from: 0, to: inputs, by: Self.inputsOfPass).map { first in
      let count = min(Self.inputsOfPass, inputs - first)
      return (first, ChannelGroups(channels: count, limit: WinogradWeightGradientProduct.inputsOfTile))
    }
    let sums = WinogradSums(tiles: outputGroups.count * chunks.reduce(0) { $0 + $1.1.count })
    let columns = bandsOfPass * columnsOfBand
    var u = WinogradOperand(groups: outputGroups, capacity: outputs.count, columns: columns)
    var v = WinogradOperand(groups: chunks[0].1, capacity: min(inputs, Self.inputsOfPass), columns: columns)
    defer {
      sums.deallocate()
      u.deallocate()
      v.deallocate()
    }
    let bands = outputGradient.height / 4 * blocks
    for firstBand in stride(from: 0, to: bands, by: bandsOfPass) {
      let bands = firstBand..<min(firstBand + bandsOfPass, bands)
      u.columns = bands.count * columnsOfBand
      v.columns = u.columns
      for rows in RowPair.allCases {
        transformGradient(rows, outputs, bands, to: u)
        var tile = 0
        for (firstInput, groups) in chunks {
          v.groups = groups
          transformInput(rows, firstInput, bands, to: v)
          WinogradWeightGradientProduct(u: u, v: v).add(to: sums, rows: rows.rows, firstTile: tile)
          tile += groups.count * outputGroups.count
        }
      }
    }
    var tile = 0
    for (firstInput, groups) in chunks {
      for index in 0..<groups.count {
        for outputs in 0..<outputGroups.count {
          sums.add(
            tile: tile, outputs: outputGroups.size(outputs), inputs: groups.size(index),
            to: weightGradient + (outputGroups.start(outputs) * inputs + firstInput + groups.start(index)) * 9,
            outputStride: inputs * 9)
          tile += 1
        }
      }
    }
  }

  /// Pairs of rows of positions whose transforms have most of their computation in common.
  private enum RowPair: CaseIterable {
    case a, b, outer

    var rows: (Int, Int) {
      switch self {
      case .a: (1, 2)
      case .b: (3, 4)
      case .outer: (0, 5)
      }
    }
  }

  /// Computes two rows of A e Aᵀ.
  private func transformGradient(_ rows: RowPair, _ outputs: Range<Int>, _ bands: Range<Int>, to u: WinogradOperand) {
    let stride = outputGradient.rowStride * Int(LANE_VECTOR_PARTS)
    transform(outputGradient, outputs, bands, to: u) { pixels, target, targetStride in
      @inline(__always) func run(point: Float) {
        WinogradTransform.gradientRows(pixels, to: target, stride: targetStride) {
          let (even, odd) = WinogradTransform.gradientTerms(
            $0[0], $0[stride], $0[2 * stride], $0[3 * stride], point: point)
          return (lane_add(even, odd), lane_subtract(even, odd))
        }
      }
      switch rows {
      case .a: run(point: WinogradTransform.a)
      case .b: run(point: WinogradTransform.b)
      case .outer:
        WinogradTransform.gradientRows(pixels, to: target, stride: targetStride) { ($0[0], $0[3 * stride]) }
      }
    }
  }

  /// Computes two rows of Bᵀ d B.
  private func transformInput(_ rows: RowPair, _ firstInput: Int, _ bands: Range<Int>, to v: WinogradOperand) {
    let stride = input.rowStride * Int(LANE_VECTOR_PARTS)
    let corner = (input.rowStride + 1) * Int(LANE_VECTOR_PARTS)
    transform(input, firstInput..<firstInput + v.groups.channels, bands, to: v) { pixels, target, targetStride in
      @inline(__always) func run(point: Float, other: Float) {
        WinogradTransform.inputRows(pixels - corner, to: target, stride: targetStride) {
          WinogradTransform.inputPair($0[stride], $0[2 * stride], $0[3 * stride], $0[4 * stride], point, other: other)
        }
      }
      switch rows {
      case .a: run(point: WinogradTransform.a, other: WinogradTransform.b)
      case .b: run(point: WinogradTransform.b, other: WinogradTransform.a)
      case .outer:
        WinogradTransform.inputRows(pixels - corner, to: target, stride: targetStride) {
          (
            WinogradTransform.outer($0[0], $0[2 * stride], $0[4 * stride]),
            WinogradTransform.outer($0[stride], $0[3 * stride], $0[5 * stride])
          )
        }
      }
    }
  }

  /// Calls `body` for every column (part of a tile) of `bands` in `channels` of `view`, with its first pixel, the place
  /// of its first position, and the stride of positions.
  @inline(__always)
  private func transform(
    _ view: LaneView, _ channels: Range<Int>, _ bands: Range<Int>, to operand: WinogradOperand,
    _ body: (UnsafePointer<lane_vector>, UnsafeMutablePointer<lane_vector>, Int) -> Void
  ) {
    let parts = Int(LANE_VECTOR_PARTS)
    let bandsOfBlock = outputGradient.height / 4
    for (index, band) in bands.enumerated() {
      let (block, row) = (band / bandsOfBlock, 4 * (band % bandsOfBlock))
      for channel in channels {
        var source = UnsafePointer(view.vectors(block: block, channel: channel, row: row))
        var target = operand.start(channel: channel - channels.lowerBound, column: index * columnsOfBand)
        for _ in 0..<columnsOfBand / parts {
          for part in 0..<parts {
            body(source + part, target.base, operand.positionStride)
            target.base += target.stride
          }
          source += 4 * parts
        }
      }
    }
  }

  /// The number of columns in a pass: large enough that adding up lanes at the end of a tile does not outweigh it,
  /// small enough that U stays in the second-level cache.
  private static let columnsOfPass = 32
  /// U takes 786 KB: 12 positions × 64 outputs × 16 columns (a portion's 16 tiles).
  private static let outputsOfPass = 64
  private static let inputsOfPass = 12
}
