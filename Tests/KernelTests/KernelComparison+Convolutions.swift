import KernelInterface
import Randomness

@testable import BasisEngine

/// Convolutions and their gradients.
extension KernelComparison {
  mutating func convolution(_ convolution: ConvolutionCase) {
    let operands = convolution.operands()
    let expected = convolution.run(.reference, operands)
    check(expected.isUntouchedOutside, "the reference writes outside")
    // Rounding errors add up like a random walk over the terms of a sum, each of which is at most 1.
    let taps = convolution.kernel * convolution.kernel
    let pixels = convolution.outputHeight * convolution.outputWidth
    let outputTolerance = tolerance(terms: convolution.inputs * taps, convolution.algorithm)
    let gradientTolerance = tolerance(terms: convolution.outputs * taps + 1, convolution.algorithm)
    let weightTolerance = tolerance(terms: pixels * convolution.batch.blocks * laneCount, convolution.algorithm)
    for table in tables {
      let actual = convolution.run(table, operands)
      check(
        largestDifference(actual.output, expected.output) <= outputTolerance, "\(table.name): output")
      check(
        largestDifference(actual.inputGradient, expected.inputGradient) <= gradientTolerance,
        "\(table.name): input gradient")
      check(
        largestDifference(actual.accumulatedInputGradient, expected.accumulatedInputGradient) <= gradientTolerance,
        "\(table.name): accumulated input gradient")
      check(
        largestDifference(actual.weightGradient, expected.weightGradient) <= weightTolerance,
        "\(table.name): weight gradient")
      check(actual.isUntouchedOutside, "\(table.name) writes outside")
      let sumTolerance = Double(outputTolerance) * Double(pixels * convolution.images) * 2
      for n in 0..<2 * convolution.outputs {
        let scale = max(1, abs(expected.sums[n]) / Double(pixels * convolution.images))
        check(abs(actual.sums[n] - expected.sums[n]) <= sumTolerance * scale, "\(table.name), sum \(n)")
      }
      check(convolution.run(table, operands) == actual, "\(table.name) must give the same bits at every call")
    }
  }

  /// The outputs that have a residual: all, some, none.
  private static let residuals = [(channels: 9, offset: 0), (channels: 4, offset: 3), (channels: 0, offset: 0)]

  /// Compares convolutions with a fused activation: batch norm, residual and rectifier.
  mutating func activation(_ convolution: ConvolutionCase) {
    let operands = convolution.operands()
    var random = StableRandom(seed: 11)
    let factors = randomFloats(18, &random)
    for (channels, offset) in Self.residuals {
      // The residual is twice as large and subsampled, like an option-A shortcut.
      let residual = LaneTensor(
        random: &random, blocks: convolution.batch.blocks, channels: max(1, channels),
        height: 2 * convolution.outputHeight, width: 2 * convolution.outputWidth, halo: 1)
      for rectified in [false, true] {
        func run(_ table: KernelTable) -> LaneTensor {
          let output = LaneTensor(
            blocks: convolution.batch.blocks, channels: 9, height: convolution.outputHeight,
            width: convolution.outputWidth, halo: convolution.extraHalo ? 1 : 0)
          let prepared = convolution.prepare(operands.weights, table.prepareForward)
          factors.withUnsafeBufferPointer { factors in
            let activation = Activation(
              scale: factors.baseAddress!, shift: factors.baseAddress! + 9,
              residual: channels > 0 ? residual.view.subsampled(by: 2) : nil, residualChannelOffset: offset,
              appliesReLU: rectified)
            table.convolutionForward(
              operands.input.view, prepared, output.view, convolution.shape, convolution.algorithm, convolution.batch,
              .activation(activation))
          }
          return output
        }
        let expected = run(.reference).interior
        for table in tables {
          let actual = run(table)
          check(
            largestDifference(actual.interior, expected)
              <= tolerance(terms: 10 * convolution.inputs, convolution.algorithm),
            "\(table.name), \(channels) residual channels from \(offset), rectified: \(rectified)")
          check(actual.isUntouchedOutside, "\(table.name) writes outside")
        }
      }
    }
  }

  /// Checks that a 1×1 convolution of stride 2 equals one of stride 1 on every second pixel.
  mutating func subsampledInput() {
    let strided = ConvolutionCase(outputs: 5, inputs: 6, kernel: 1, stride: 2, height: 7, width: 8, images: 20)
    let operands = strided.operands()
    var shape = strided.shape
    shape.stride = 1
    for table in tables + [.reference] {
      let expected = strided.run(table, operands)
      let output = LaneTensor(blocks: 2, channels: 5, height: 4, width: 4, halo: 0)
      let input = operands.input.view.subsampled(by: 2)
      let prepared = strided.prepare(operands.weights, table.prepareForward)
      table.convolutionForward(input, prepared, output.view, shape, strided.algorithm, strided.batch, .none)
      check(output.interior == expected.output, "\(table.name): output")
      var weightGradient = [Float](repeating: Float(ConvolutionCase.earlierSum), count: strided.weightCount)
      table.convolutionWeightGradient(
        input, operands.outputGradient.view, &weightGradient, shape, strided.algorithm, strided.batch)
      check(weightGradient == expected.weightGradient, "\(table.name): weight gradient")
    }
  }

  /// Returns the largest permitted error. Terms of Winograd's transforms partly cancel: its errors are a few times as
  /// large as those of the direct sum.
  private func tolerance(terms: Int, _ algorithm: ConvolutionAlgorithm) -> Float {
    (algorithm == .winograd ? 4e-6 : 1e-6) * max(1, Float(terms).squareRoot())
  }
}
