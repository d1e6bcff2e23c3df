import KernelInterface
import Randomness
import SearchCore
import Testing

@testable import BasisEngine

/// Every kernel table that this processor can run, the naive one first.
let kernelTables: [KernelTable] = [.reference] + KernelSelection.available

/// The kernel table that a process would choose.
let fastest = KernelSelection.available.first ?? .reference

extension KernelTable: CustomTestStringConvertible {
  public var testDescription: String { name }
}

/// Activations with their own memory, for layers outside a network.
final class Tensor {
  let view: LaneView
  let blocks: Int
  private let memory: AlignedBuffer<Lanes>

  init(channels: Int, size: Int, halo: Int, images: Int) {
    blocks = BatchExtent(images: images).blocks
    memory = AlignedBuffer(
      count: LaneView.elementCount(blocks: blocks, channels: channels, height: size, width: size, halo: halo))
    view = LaneView(memory: memory.base, channels: channels, height: size, width: size, halo: halo)
  }

  subscript(image: Int, channel: Int, row: Int, column: Int) -> Float {
    get { view.base[offset(image, channel, row, column)][image % laneCount] }
    set { view.base[offset(image, channel, row, column)][image % laneCount] = newValue }
  }

  private func offset(_ image: Int, _ channel: Int, _ row: Int, _ column: Int) -> Int {
    image / laneCount * view.blockStride + channel * view.planeStride + row * view.rowStride
      + column * view.columnStride
  }
}

extension LaneView {
  /// Writes `value(image, channel, row, column)` everywhere in the interior of the first `images` images, and `other`
  /// into the other lanes.
  func fill(images: Int, other: Float = 0, _ value: (Int, Int, Int, Int) -> Float) {
    for block in 0..<BatchExtent(images: images).blocks {
      for channel in 0..<channels {
        for row in 0..<height {
          for column in 0..<width {
            let place = block * blockStride + channel * planeStride + row * rowStride + column * columnStride
            for lane in 0..<laneCount {
              let image = block * laneCount + lane
              base[place][lane] = image < images ? value(image, channel, row, column) : other
            }
          }
        }
      }
    }
  }

  /// Fills with standard normal values, the same for every call with this seed.
  func fillNormal(images: Int, seed: UInt64, other: Float = 0) {
    var random = StableRandom(seed: seed)
    fill(images: images, other: other) { _, _, _, _ in Float(random.normal()) }
  }

  /// Returns the values of the first `images` images: image by image, then channel, row, column.
  func read(images: Int) -> [Float] {
    var values: [Float] = []
    for image in 0..<images {
      for channel in 0..<channels {
        for row in 0..<height {
          for column in 0..<width {
            let place =
              image / laneCount * blockStride + channel * planeStride + row * rowStride + column * columnStride
            values.append(base[place][image % laneCount])
          }
        }
      }
    }
    return values
  }
}

/// Returns labels that cycle through the classes.
func labels(_ count: Int, classes: Int = 10) -> [UInt16] { (0..<count).map { UInt16($0 * 7 % classes) } }

/// Σ a·b in double precision.
func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }

func norm(_ a: [Float]) -> Double { dot(a, a).squareRoot() }

/// |a − b| / max(|a|, |b|, tiny)
func relativeDifference(_ a: [Float], _ b: [Float]) -> Double {
  precondition(a.count == b.count)
  let difference = zip(a, b).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
  return difference.squareRoot() / max(norm(a), norm(b), 1e-30)
}
