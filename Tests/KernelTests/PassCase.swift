import KernelInterface
import Randomness

@testable import BasisEngine

/// A plane and batch for the passes over memory.
struct PassCase: CustomStringConvertible, Sendable {
  var channels: Int
  var height: Int
  var width: Int
  var images: Int
  var inputHalo: Int
  var outputHalo: Int

  var description: String {
    "\(channels)×\(height)×\(width), \(images) images, halos \(inputHalo) and \(outputHalo)"
  }
  var batch: BatchExtent { BatchExtent(images: images) }

  func tensor(_ random: inout StableRandom, halo: Int, channels: Int? = nil, live: Bool = false) -> LaneTensor {
    LaneTensor(
      random: &random, blocks: batch.blocks, channels: channels ?? self.channels, height: height, width: width,
      halo: halo, liveImages: live ? images : nil)
  }

  static let all: [PassCase] = [
    PassCase(channels: 1, height: 1, width: 1, images: 1, inputHalo: 0, outputHalo: 1),
    PassCase(channels: 3, height: 5, width: 7, images: 15, inputHalo: 0, outputHalo: 1),
    PassCase(channels: 5, height: 4, width: 4, images: 16, inputHalo: 0, outputHalo: 0),
    PassCase(channels: 4, height: 8, width: 8, images: 17, inputHalo: 1, outputHalo: 0),
    PassCase(channels: 7, height: 3, width: 9, images: 40, inputHalo: 1, outputHalo: 1),
    PassCase(channels: 1, height: 32, width: 32, images: 17, inputHalo: 0, outputHalo: 1),
  ]

  /// Maps channel c to entry c: a permutation that is not the identity if there is more than one channel.
  var channelMap: [Int32] { (0..<channels).map { Int32(($0 * (channels - 1) + channels - 1) % channels) } }
}

/// The kind of residual of a pass.
enum Residual: CaseIterable, Sendable {
  case none, identity, optionA
}

/// The residual of a pass. Identity has the pass's channels and size; option A has fewer channels, shifted, and is
/// twice as large in each direction.
struct Shortcut {
  var tensor: LaneTensor?
  var view: LaneView?
  var offset = 0

  init(_ pass: PassCase, _ residual: Residual, _ random: inout StableRandom) {
    switch residual {
    case .none: break
    case .identity:
      let tensor = pass.tensor(&random, halo: pass.outputHalo, live: true)
      self.tensor = tensor
      view = tensor.view
    case .optionA:
      let channels = (pass.channels + 1) / 2
      let tensor = LaneTensor(
        random: &random, blocks: pass.batch.blocks, channels: channels, height: 2 * pass.height, width: 2 * pass.width,
        halo: 1, liveImages: pass.images)
      self.tensor = tensor
      view = tensor.view.subsampled(by: 2)
      offset = (pass.channels - channels) / 2
    }
  }
}
