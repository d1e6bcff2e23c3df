import KernelInterface
import Randomness
import Testing

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

  /// Channel c goes to the map's entry c: a permutation that is no identity for more than one channel.
  var channelMap: [Int32] { (0..<channels).map { Int32(($0 * (channels - 1) + channels - 1) % channels) } }
}

/// Which kind of residual a pass has.
enum Residual: CaseIterable, Sendable {
  case none, identity, optionA
}

@Suite("passes over memory")
struct PassKernelTests {
  @Test(
    "normalization agrees with the reference", arguments: PassCase.all, Residual.allCases)
  func normalize(_ pass: PassCase, _ residual: Residual) {
    for (rectified, mapped) in [(true, false), (true, true), (false, true), (false, false)] {
      var random = StableRandom(seed: 2, purpose: pass.description)
      let input = pass.tensor(&random, halo: pass.inputHalo)
      let scale = randomFloats(pass.channels, &random)
      let shift = randomFloats(pass.channels, &random)
      let map = pass.channelMap
      let shortcut = Shortcut(pass, residual, &random)
      func run(_ table: KernelTable) -> LaneTensor {
        let output = LaneTensor(
          blocks: pass.batch.blocks, channels: pass.channels, height: pass.height, width: pass.width,
          halo: pass.outputHalo)
        scale.withUnsafeBufferPointer { scale in
          shift.withUnsafeBufferPointer { shift in
            map.withUnsafeBufferPointer { map in
              table.normalize(
                Normalization(
                  input: input.view, scale: scale.baseAddress!, shift: shift.baseAddress!,
                  channelMap: mapped ? map.baseAddress! : nil, residual: shortcut.view,
                  residualChannelOffset: shortcut.offset, appliesReLU: rectified, output: output.view), pass.batch)
            }
          }
        }
        return output
      }
      let expected = run(.reference)
      for table in KernelSelection.available {
        let actual = run(table)
        #expect(largestDifference(actual.interior, expected.interior) < 1e-6, "\(table.name)")
        #expect(actual.isUntouchedOutside, "\(table.name)")
        #expect(run(table).interior == actual.interior)
      }
    }
  }

  @Test(
    "the first backward pass of batch norm agrees with the reference, for all inputs or only the first ones",
    arguments: PassCase.all, [true, false])
  func backwardSums(_ pass: PassCase, hasAllInputs: Bool) {
    for (rectified, mapped) in [(true, false), (true, true), (false, true), (false, false)] {
      var random = StableRandom(seed: 3, purpose: pass.description)
      let input = pass.tensor(
        &random, halo: pass.inputHalo, channels: hasAllInputs ? pass.channels : (pass.channels + 1) / 2)
      let output = pass.tensor(&random, halo: pass.outputHalo)
      let gradient = pass.tensor(&random, halo: pass.outputHalo)
      let map = pass.channelMap
      struct Results: Equatable {
        var gradient: [Float]
        var sums: [Double]
        var isUntouchedOutside: Bool
      }
      func run(_ table: KernelTable) -> Results {
        let masked = LaneTensor(copying: gradient)
        // Sums are added to what is there.
        var sums = [Double](repeating: 0.25, count: 2 * pass.channels)
        map.withUnsafeBufferPointer { map in
          table.batchNormBackwardSums(
            BatchNormBackward(
              input: input.view, output: rectified ? output.view : nil, outputGradient: masked.view,
              channelMap: mapped ? map.baseAddress! : nil), pass.batch, &sums)
        }
        return Results(gradient: masked.interior, sums: sums, isUntouchedOutside: masked.isUntouchedOutside)
      }
      let expected = run(.reference)
      for table in KernelSelection.available {
        let actual = run(table)
        #expect(actual.gradient == expected.gradient, "\(table.name)")
        #expect(actual.isUntouchedOutside, "\(table.name)")
        #expect(agree(actual.sums, expected.sums, terms: pass.height * pass.width * pass.images), "\(table.name)")
        #expect(run(table) == actual)
      }
    }
  }

  @Test("the second backward pass of batch norm agrees with the reference", arguments: PassCase.all)
  func backwardApply(_ pass: PassCase) {
    for mapped in [false, true] {
      var random = StableRandom(seed: 4, purpose: pass.description)
      let input = pass.tensor(&random, halo: pass.inputHalo)
      let gradient = pass.tensor(&random, halo: pass.outputHalo, live: true)
      let coefficients = (0..<3).map { _ in randomFloats(pass.channels, &random) }
      let map = pass.channelMap
      func run(_ table: KernelTable) -> LaneTensor {
        var random = random
        let inputGradient = pass.tensor(&random, halo: pass.outputHalo)
        coefficients[0].withUnsafeBufferPointer { a in
          coefficients[1].withUnsafeBufferPointer { b in
            coefficients[2].withUnsafeBufferPointer { d in
              map.withUnsafeBufferPointer { map in
                table.batchNormBackwardApply(
                  BatchNormBackward(
                    input: input.view, output: nil, outputGradient: gradient.view,
                    channelMap: mapped ? map.baseAddress! : nil, a: a.baseAddress!, b: b.baseAddress!,
                    d: d.baseAddress!, inputGradient: inputGradient.view), pass.batch)
              }
            }
          }
        }
        return inputGradient
      }
      let expected = run(.reference)
      for table in KernelSelection.available {
        let actual = run(table)
        #expect(largestDifference(actual.interior, expected.interior) < 1e-6, "\(table.name)")
        #expect(actual.isUntouchedOutside, "\(table.name)")
        #expect(run(table).interior == actual.interior)
      }
    }
  }

  private func agree(_ actual: [Double], _ expected: [Double], terms: Int) -> Bool {
    zip(actual, expected).allSatisfy { abs($0 - $1) <= 2e-6 * Double(terms).squareRoot() + 2e-7 * abs($1) }
  }
}

/// A residual of a pass: identity has the pass's channels and size; option A has fewer channels, shifted, and is
/// twice as large in each direction.
private struct Shortcut {
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
