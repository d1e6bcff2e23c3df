import COpenBLAS
import KernelInterface

/// The mean and covariance of a layer's outputs y over all pixels of all images that were added: N × N numbers,
/// whatever the size of the layer's filters.
struct OutputCovariance {
  let channels: Int
  /// The number of pixels, over all images.
  private(set) var count = 0
  /// Σ y
  private var sums: [Double]
  /// Σ y·yᵀ; only the upper triangle is kept.
  private var products: [Double]

  init(channels: Int) {
    self.channels = channels
    sums = Array(repeating: 0, count: channels)
    products = Array(repeating: 0, count: channels * channels)
  }

  /// Adds the images of a batch, block by block and some rows at a time.
  ///
  /// The sums are in double precision, unlike the kernels' own, so that the directions of smallest variance are
  /// distinguished from those of the largest by as many digits as y itself has.
  /// - Parameter output: y of all blocks, with adjacent columns contiguous in memory.
  mutating func add(_ output: LaneView, _ batch: BatchExtent) {
    precondition(output.channels == channels && output.columnStride == 1)
    let (width, most) = (output.width, BatchPortion.rows(size: output.height))
    let part = AlignedBuffer<Double>(count: channels * most * width * laneCount)
    for block in 0..<batch.blocks {
      let lanes = block == batch.blocks - 1 ? batch.lanesInLastBlock : laneCount
      for first in stride(from: 0, to: output.height, by: most) {
        let rows = output.blocks(from: block).rows(first..<min(first + most, output.height))
        let samples = rows.height * width * lanes
        for channel in 0..<channels {
          let target = part.base + channel * samples
          rows.copyChannel(channel, lanes: lanes, to: target)
          var sum = 0.0
          for sample in 0..<samples { sum += target[sample] }
          sums[channel] += sum
        }
        cblas_dsyrk(
          CblasRowMajor, CblasUpper, CblasNoTrans, blasint(channels), blasint(samples), 1, part.base, blasint(samples),
          1, &products, blasint(channels))
        count += samples
      }
    }
  }

  var mean: [Double] { sums.map { $0 / Double(max(1, count)) } }

  /// E[(y − mean)·(y − mean)ᵀ]
  var covariance: Matrix {
    let mean = mean
    return Matrix(rows: channels, columns: channels) { i, j in
      products[min(i, j) * channels + max(i, j)] / Double(max(1, count)) - mean[i] * mean[j]
    }
  }
}

extension LaneView {
  /// Copies one channel of the first block, in its first `lanes` lanes: row by row, column by column, lane by lane.
  fileprivate func copyChannel(_ channel: Int, lanes: Int, to target: UnsafeMutablePointer<Double>) {
    var target = target
    for row in 0..<height {
      let pixels = base + (channel * planeStride + row * rowStride)
      for column in 0..<width {
        if lanes == laneCount {
          UnsafeMutableRawPointer(target).storeBytes(of: SIMD16<Double>(pixels[column]), as: SIMD16<Double>.self)
        } else {
          for lane in 0..<lanes { target[lane] = Double(pixels[column][lane]) }
        }
        target += lanes
      }
    }
  }
}
