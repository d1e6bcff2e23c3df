import CVector
import KernelInterface

/// 3×3 max pooling of stride 2, padding 1.
enum MaxPooling {
  @Sendable static func forward(input: LaneView, output: LaneView, batch: BatchExtent) {
    let parts = Int(LANE_VECTOR_PARTS)
    for block in 0..<batch.blocks {
      for channel in 0..<output.channels {
        for row in 0..<output.height {
          let target = output.vectors(block: block, channel: channel, row: row)
          for column in 0..<output.width {
            let window = PoolingWindow(row, column, of: input)
            for part in 0..<parts {
              let first = input.vectors(block: block, channel: channel, row: 2 * row)
              var largest = first[2 * column * input.columnStride * parts + part]
              for from in window.rows {
                let pixels = input.vectors(block: block, channel: channel, row: from)
                for pixel in window.columns {
                  largest = lane_maximum(pixels[pixel * input.columnStride * parts + part], largest)
                }
              }
              target[column * output.columnStride * parts + part] = largest
            }
          }
        }
      }
    }
  }

  @Sendable static func backward(
    input: LaneView, output: LaneView, outputGradient: LaneView, inputGradient: LaneView, batch: BatchExtent
  ) {
    let parts = Int(LANE_VECTOR_PARTS)
    for block in 0..<batch.blocks {
      for channel in 0..<output.channels {
        for row in 0..<inputGradient.height {
          let pixels = inputGradient.vectors(block: block, channel: channel, row: row)
          for column in 0..<inputGradient.width {
            for part in 0..<parts { pixels[column * inputGradient.columnStride * parts + part] = lane_zero() }
          }
        }
        for row in 0..<output.height {
          let largest = output.vectors(block: block, channel: channel, row: row)
          let gradients = outputGradient.vectors(block: block, channel: channel, row: row)
          for column in 0..<output.width {
            let window = PoolingWindow(row, column, of: input)
            for part in 0..<parts {
              let value = largest[column * output.columnStride * parts + part]
              // The gradient that no pixel has received yet.
              var left = gradients[column * outputGradient.columnStride * parts + part]
              for from in window.rows {
                let pixels = input.vectors(block: block, channel: channel, row: from)
                let target = inputGradient.vectors(block: block, channel: channel, row: from)
                for pixel in window.columns {
                  let received = lane_where_equal(pixels[pixel * input.columnStride * parts + part], value, left)
                  left = lane_subtract(left, received)
                  let place = pixel * inputGradient.columnStride * parts + part
                  target[place] = lane_add(target[place], received)
                }
              }
            }
          }
        }
      }
    }
  }
}

/// The pixels of the plane over which an output of max pooling is the maximum.
private struct PoolingWindow {
  let rows: ClosedRange<Int>
  let columns: ClosedRange<Int>

  init(_ row: Int, _ column: Int, of input: LaneView) {
    rows = max(0, 2 * row - 1)...min(input.height - 1, 2 * row + 1)
    columns = max(0, 2 * column - 1)...min(input.width - 1, 2 * column + 1)
  }
}
