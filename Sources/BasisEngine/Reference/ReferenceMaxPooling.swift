import KernelInterface

/// 3×3 max pooling of stride 2, straight from its definition.
enum ReferenceMaxPooling {
  @Sendable static func forward(input: LaneView, output: LaneView, batch: BatchExtent) {
    let x = ScalarView(input)
    let y = ScalarView(output)
    y.forEach(blocks: batch.blocks) { block, c, row, column, lane in
      y[block, c, row, column, lane] =
        pixels(row, column, of: input).map { x[block, c, $0.row, $0.column, lane] }
        .max() ?? 0
    }
  }

  @Sendable static func backward(
    input: LaneView, output: LaneView, outputGradient: LaneView, inputGradient: LaneView, batch: BatchExtent
  ) {
    let x = ScalarView(input)
    let dx = ScalarView(inputGradient)
    let dy = ScalarView(outputGradient)
    dx.forEach(blocks: batch.blocks) { dx[$0, $1, $2, $3, $4] = 0 }
    dy.forEach(blocks: batch.blocks) { block, c, row, column, lane in
      let pixels = pixels(row, column, of: input)
      let values = pixels.map { x[block, c, $0.row, $0.column, lane] }
      guard let largest = values.max(), let first = values.firstIndex(of: largest) else { return }
      dx[block, c, pixels[first].row, pixels[first].column, lane] += dy[block, c, row, column, lane]
    }
  }

  /// Returns the pixels of an output's window that lie in the plane, from the top left.
  private static func pixels(_ row: Int, _ column: Int, of input: LaneView) -> [(row: Int, column: Int)] {
    (-1...1).flatMap { down in (-1...1).map { (2 * row + down, 2 * column + $0) } }
      .filter { (0..<input.height).contains($0.0) && (0..<input.width).contains($0.1) }
  }
}
