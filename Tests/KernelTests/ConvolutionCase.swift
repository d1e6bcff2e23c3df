import KernelInterface
import Randomness

@testable import BasisEngine

/// A convolution of a given size with random operands, and the results that a kernel table computes for it.
struct ConvolutionCase: CustomStringConvertible, Sendable {
  var outputs: Int
  var inputs: Int
  var kernel: Int
  var stride: Int
  var height: Int
  var width: Int
  var images: Int
  /// Whether views have halos that the kernel does not need, so that planes are not contiguous.
  var extraHalo = false
  var algorithm = ConvolutionAlgorithm.direct

  var description: String {
    "\(inputs)→\(outputs) \(kernel)×\(kernel)/\(stride) on \(height)×\(width), \(images) images"
      + (extraHalo ? ", halos" : "") + (algorithm == .winograd ? ", winograd" : "")
  }

  var shape: ConvolutionShape {
    ConvolutionShape(outputChannels: outputs, inputChannels: inputs, kernelSize: kernel, stride: stride)
  }
  var batch: BatchExtent { BatchExtent(images: images) }
  var outputHeight: Int { (height + stride - 1) / stride }
  var outputWidth: Int { (width + stride - 1) / stride }
  var halo: Int { kernel == 7 ? 3 : kernel == 3 || extraHalo ? 1 : 0 }
  var weightCount: Int { outputs * inputs * kernel * kernel }

  struct Operands {
    var input: LaneTensor
    var weights: [Float]
    var outputGradient: LaneTensor
    /// The gradient to which the input gradient is added.
    var earlierGradient: LaneTensor
  }

  func operands() -> Operands {
    var random = StableRandom(seed: 7, purpose: description)
    let blocks = batch.blocks
    return Operands(
      input: LaneTensor(
        random: &random, blocks: blocks, channels: inputs, height: height, width: width, halo: halo),
      weights: randomFloats(weightCount, &random),
      outputGradient: LaneTensor(
        random: &random, blocks: blocks, channels: outputs, height: outputHeight, width: outputWidth,
        halo: min(1, halo), liveImages: images),
      earlierGradient: LaneTensor(
        random: &random, blocks: blocks, channels: inputs, height: height, width: width, halo: extraHalo ? 1 : 0,
        liveImages: images))
  }

  struct Results: Equatable {
    var output: [Float]
    var sums: [Double]
    var inputGradient: [Float]
    var accumulatedInputGradient: [Float]
    var weightGradient: [Float]
    var isUntouchedOutside: Bool
  }

  static let earlierSum = 0.25

  func prepare(_ weights: [Float], _ prepare: KernelTable.PrepareWeights) -> [Float] {
    var prepared = [Float](repeating: .nan, count: shape.preparedCount(algorithm))
    prepare(weights, shape, algorithm, &prepared)
    return prepared
  }

  func forward(_ table: KernelTable, _ operands: Operands, _ output: LaneTensor, _ sums: inout [Double]) {
    let prepared = prepare(operands.weights, table.prepareForward)
    sums.withUnsafeMutableBufferPointer { sums in
      table.convolutionForward(
        operands.input.view, prepared, output.view, shape, algorithm, batch,
        .statistics(ChannelSums(values: sums.baseAddress!, squares: sums.baseAddress! + outputs)))
    }
  }

  func run(_ table: KernelTable, _ operands: Operands) -> Results {
    let output = LaneTensor(
      blocks: batch.blocks, channels: outputs, height: outputHeight, width: outputWidth, halo: extraHalo ? 1 : 0)
    // Sums and weight gradients are added to the earlier contents.
    var sums = [Double](repeating: Self.earlierSum, count: 2 * outputs)
    forward(table, operands, output, &sums)
    let withoutSums = LaneTensor(copying: output)
    let prepared = prepare(operands.weights, table.prepareForward)
    table.convolutionForward(operands.input.view, prepared, withoutSums.view, shape, algorithm, batch, .none)

    // Overwriting must ignore the earlier contents.
    let gradientWeights = prepare(operands.weights, table.prepareInputGradient)
    let gradient = LaneTensor(copying: operands.earlierGradient)
    let accumulated = LaneTensor(copying: operands.earlierGradient)
    // 7×7 convolutions are stems: their inputs are images, which need no gradient.
    if kernel < 7 {
      table.convolutionInputGradient(
        operands.outputGradient.view, gradientWeights, gradient.view, shape, algorithm, batch, false)
      table.convolutionInputGradient(
        operands.outputGradient.view, gradientWeights, accumulated.view, shape, algorithm, batch, true)
    }

    var weightGradient = [Float](repeating: Float(Self.earlierSum), count: weightCount)
    table.convolutionWeightGradient(
      operands.input.view, operands.outputGradient.view, &weightGradient, shape, algorithm, batch)
    return Results(
      output: output.interior, sums: sums, inputGradient: gradient.interior,
      accumulatedInputGradient: accumulated.interior, weightGradient: weightGradient,
      isUntouchedOutside: [output, withoutSums, gradient, accumulated].allSatisfy { $0.isUntouchedOutside }
        && output.interior == withoutSums.interior)
  }
}

extension ConvolutionCase {
  static let channelCounts = [1, 3, 4, 5, 7, 8, 16, 17]
  static let batches = [1, 15, 16, 17, 40]

  /// Every pair of channel counts on a small plane; kinds of convolution and batch sizes take turns.
  static let channelPairs: [ConvolutionCase] = {
    let kinds = [(3, 1), (1, 1), (3, 2), (1, 2)]
    var cases: [ConvolutionCase] = []
    for outputs in channelCounts {
      for inputs in channelCounts {
        let (kernel, stride) = kinds[cases.count % 5 % 4]
        cases.append(
          ConvolutionCase(
            outputs: outputs, inputs: inputs, kernel: kernel, stride: stride, height: 3, width: 4,
            images: outputs * inputs > 100 ? 16 : batches[cases.count % 3]))
      }
    }
    return cases
  }()

  /// Planes of all widths that are split into tiles differently, including odd ones, for each kind of convolution.
  static let planes: [ConvolutionCase] = {
    var cases: [ConvolutionCase] = []
    for (kernel, stride) in [(3, 1), (1, 1), (3, 2), (1, 2)] {
      for (height, width) in [(1, 1), (2, 1), (1, 2), (5, 7), (7, 5), (8, 8), (3, 16), (2, 11), (2, 13), (1, 33)] {
        cases.append(
          ConvolutionCase(
            outputs: 5, inputs: 3, kernel: kernel, stride: stride, height: height, width: width,
            images: batches[cases.count % 3], extraHalo: cases.count % 2 == 1))
      }
    }
    return cases
  }()

  /// Winograd's algorithm: every size of its last group of channels, planes of one and of several strips, batches that
  /// do and do not fill their last block, more channels than one pass takes.
  static let winograd: [ConvolutionCase] = {
    var cases: [ConvolutionCase] = []
    for outputs in 1...17 {
      let (height, width) = [(4, 4), (4, 12), (8, 8)][outputs % 3]
      cases.append(
        ConvolutionCase(
          outputs: outputs, inputs: 1 + outputs * 5 % 7, kernel: 3, stride: 1, height: height, width: width,
          images: batches[outputs % 5], extraHalo: outputs % 2 == 1))
    }
    cases += [(2, 64), (3, 65), (9, 130), (130, 3)].map { outputs, inputs in
      ConvolutionCase(outputs: outputs, inputs: inputs, kernel: 3, stride: 1, height: 4, width: 4, images: 17)
    }
    // Weight gradients: more rows of tiles than one pass takes, and rows longer than one pass.
    cases += [(20, 8, 3), (12, 24, 40), (4, 140, 16)].map { height, width, images in
      ConvolutionCase(outputs: 2, inputs: 2, kernel: 3, stride: 1, height: height, width: width, images: images)
    }
    return cases.map {
      var convolution = $0
      convolution.algorithm = .winograd
      return convolution
    }
  }()

  /// Batches of one to three blocks, and sizes at which a kernel splits rows, channels or blocks.
  static let large: [ConvolutionCase] = [
    ConvolutionCase(outputs: 4, inputs: 2, kernel: 3, stride: 1, height: 4, width: 4, images: 40),
    ConvolutionCase(outputs: 3, inputs: 2, kernel: 3, stride: 2, height: 5, width: 5, images: 17),
    ConvolutionCase(outputs: 4, inputs: 2, kernel: 1, stride: 1, height: 4, width: 5, images: 40),
    ConvolutionCase(outputs: 3, inputs: 5, kernel: 1, stride: 1, height: 20, width: 20, images: 3),
    ConvolutionCase(outputs: 4, inputs: 6, kernel: 1, stride: 1, height: 7, width: 9, images: 16),
    // 1×1 kernels with many outputs and inputs: tiles of 5 to 8 outputs, weight gradients over 64 pixels at a time.
    ConvolutionCase(outputs: 13, inputs: 19, kernel: 1, stride: 1, height: 9, width: 13, images: 20),
    ConvolutionCase(outputs: 18, inputs: 35, kernel: 1, stride: 2, height: 18, width: 10, images: 33),
    ConvolutionCase(outputs: 23, inputs: 16, kernel: 1, stride: 1, height: 4, width: 4, images: 40),
    ConvolutionCase(outputs: 2, inputs: 1, kernel: 3, stride: 1, height: 32, width: 32, images: 3),
    ConvolutionCase(outputs: 1, inputs: 20, kernel: 3, stride: 1, height: 16, width: 16, images: 3),
    ConvolutionCase(outputs: 1, inputs: 150, kernel: 3, stride: 1, height: 3, width: 3, images: 16),
    ConvolutionCase(outputs: 2, inputs: 150, kernel: 1, stride: 2, height: 3, width: 3, images: 16),
    ConvolutionCase(outputs: 150, inputs: 2, kernel: 3, stride: 2, height: 4, width: 2, images: 16),
  ]

  /// 7×7 convolutions of stride 2, as in the stems of networks for larger images.
  static let stems: [ConvolutionCase] = [(1, 1, 1, 1), (5, 3, 8, 8), (9, 3, 12, 7), (64, 3, 16, 32), (2, 17, 5, 33)]
    .enumerated().map { index, size in
      ConvolutionCase(
        outputs: size.0, inputs: size.1, kernel: 7, stride: 2, height: size.2, width: size.3, images: batches[index],
        extraHalo: index % 2 == 1)
    }

  /// Convolutions with nine outputs and a fused activation: each algorithm, 1×1 kernels, contiguous planes and others.
  static let activations: [ConvolutionCase] = [
    ConvolutionCase(outputs: 9, inputs: 3, kernel: 3, stride: 1, height: 4, width: 14, images: 20),
    ConvolutionCase(outputs: 9, inputs: 130, kernel: 3, stride: 2, height: 5, width: 7, images: 16, extraHalo: true),
    ConvolutionCase(outputs: 9, inputs: 5, kernel: 1, stride: 1, height: 4, width: 5, images: 20, extraHalo: true),
    ConvolutionCase(outputs: 9, inputs: 5, kernel: 1, stride: 1, height: 4, width: 5, images: 20),
    ConvolutionCase(outputs: 9, inputs: 3, kernel: 7, stride: 2, height: 9, width: 12, images: 20),
    ConvolutionCase(
      outputs: 9, inputs: 67, kernel: 3, stride: 1, height: 4, width: 12, images: 20, algorithm: .winograd),
    ConvolutionCase(
      outputs: 9, inputs: 3, kernel: 3, stride: 1, height: 8, width: 4, images: 3, extraHalo: true,
      algorithm: .winograd),
  ]
}
