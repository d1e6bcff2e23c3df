import KernelInterface
import Randomness

@testable import BasisEngine

/// Batch norm's passes over memory.
extension KernelComparison {
  mutating func normalize(_ pass: PassCase, _ residual: Residual) {
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
      for table in tables {
        let actual = run(table)
        check(largestDifference(actual.interior, expected.interior) < 1e-6, "\(table.name)")
        check(actual.isUntouchedOutside, "\(table.name) writes outside")
        check(run(table).interior == actual.interior, "\(table.name) must give the same bits at every call")
      }
    }
  }

  /// Compares the first backward pass, with inputs for all channels or only for the first half.
  mutating func backwardSums(_ pass: PassCase, hasAllInputs: Bool) {
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
        // Sums are added to the earlier contents.
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
      for table in tables {
        let actual = run(table)
        check(actual.gradient == expected.gradient, "\(table.name): gradient")
        check(actual.isUntouchedOutside, "\(table.name) writes outside")
        check(agree(actual.sums, expected.sums, terms: pass.height * pass.width * pass.images), "\(table.name): sums")
        check(run(table) == actual, "\(table.name) must give the same bits at every call")
      }
    }
  }

  mutating func backwardApply(_ pass: PassCase) {
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
      for table in tables {
        let actual = run(table)
        check(largestDifference(actual.interior, expected.interior) < 1e-6, "\(table.name)")
        check(actual.isUntouchedOutside, "\(table.name) writes outside")
        check(run(table).interior == actual.interior, "\(table.name) must give the same bits at every call")
      }
    }
  }

  private func agree(_ actual: [Double], _ expected: [Double], terms: Int) -> Bool {
    zip(actual, expected).allSatisfy { abs($0 - $1) <= 2e-6 * Double(terms).squareRoot() + 2e-7 * abs($1) }
  }
}
