import KernelInterface
import Randomness
import SearchCore
import Testing

@testable import BasisEngine

/// The form that keeps only y_b, compared with the one that keeps all of y.
@Suite struct NormalizedBasisTests {
  /// No case has rank 1: batch norm removes the scale of a multiple of one map, so that the gradient of its coefficient
  /// is zero, or the rounding error of its sums.
  static let cases: [FormCase] = [
    FormCase(rank: 2, images: 1),
    FormCase(rank: 3, images: 17),
    // Several portions of blocks, the last one not full.
    FormCase(outputs: 10, rank: 5, images: 81, size: 8),
    FormCase(outputs: 36, inputs: 5, stride: 2, rank: 17, images: 15, size: 8),
    FormCase(inputs: 6, kernelSize: 1, stride: 2, rank: 3, images: 16),
    // Several portions of rows.
    FormCase(rank: 3, images: 17, size: 20),
    FormCase(rank: 2, images: 3, size: 32),
    // Groups of two or more maps each.
    FormCase(outputs: 8, rank: 4, variant: .grouped(2), images: 17),
    FormCase(outputs: 20, rank: 10, variant: .grouped(2), images: 81, size: 8),
    FormCase(outputs: 27, inputs: 5, stride: 2, rank: 9, variant: .grouped(3), images: 15, size: 8),
    FormCase(outputs: 24, inputs: 6, kernelSize: 1, stride: 2, rank: 8, variant: .grouped(4), images: 16),
    FormCase(outputs: 12, rank: 6, variant: .grouped(3), images: 3, size: 32),
  ]

  /// All results of a step.
  private struct Step {
    var output: [Float]
    var gradient: [Float]
    var inputGradient: [Float]
    var parameterGradients: [[Float]]
    var runningStatistics: [[Float]]
  }

  @Test(
    "a step that keeps the basis maps only leaves what one that keeps all maps does",
    arguments: kernelTables, cases)
  func equalsKeepingAll(kernels: KernelTable, form: FormCase) {
    for rectified in [true, false] {
      let kept = step(form, kernels, rectified: rectified) { weights, batchNorm, output, gradientPortion in
        NormalizedConvolution(
          RemainderConvolution(weights, basisChannels: Array(0..<form.rank)), batchNorm, output: output,
          gradientPortion: gradientPortion)
      }
      let folded = step(form, kernels, rectified: rectified) { weights, batchNorm, output, gradientPortion in
        NormalizedBasis(
          weights, batchNorm, BasisRegions(output, rank: form.rank), gradientPortion: gradientPortion, kernels: kernels)
      }
      #expect(relativeDifference(folded.output, kept.output) < 1e-5)
      #expect(relativeDifference(folded.gradient, kept.gradient) < 1e-5)
      #expect(relativeDifference(folded.inputGradient, kept.inputGradient) < 1e-4)
      for (folded, kept) in zip(folded.parameterGradients, kept.parameterGradients) {
        #expect(relativeDifference(folded, kept) < 1e-4)
      }
      for (folded, kept) in zip(folded.runningStatistics, kept.runningStatistics) {
        #expect(relativeDifference(folded, kept) < 1e-5)
      }
    }
  }

  /// Runs one step of a layer on random values, in portions of rows and blocks as in a network.
  private func step(
    _ form: FormCase, _ kernels: KernelTable, rectified: Bool,
    _ make: (BasisWeights, BatchNorm, LaneView, LaneView) -> any NormalizedLayer
  ) -> Step {
    let (images, outputs) = (form.images, form.outputs)
    let store = ParameterStore(tensors: [
      TensorDescription(name: "basis", shape: [form.rank, form.inputs * form.kernelSize * form.kernelSize]),
      TensorDescription(name: "coefficients", shape: [outputs - form.rank, form.rank / form.variant.groups]),
      TensorDescription(name: "gamma", shape: [outputs]), TensorDescription(name: "beta", shape: [outputs]),
    ])
    let statistics = ParameterStore(
      tensors: ["mean", "variance"].map { TensorDescription(name: $0, shape: [outputs]) }, trained: false)
    var random = StableRandom(seed: 9)
    for name in ["basis", "coefficients", "gamma", "beta"] {
      store.write(name, store.read(name).map { _ in Float(random.normal()) })
    }
    let outputSize = (form.size + form.stride - 1) / form.stride
    let weights = BasisWeights(
      shape: form.shape(outputChannels: outputs), rank: form.rank, variant: form.variant, filters: store.slice("basis"),
      coefficients: store.slice("coefficients"), kernels: kernels)
    let batchNorm = BatchNorm(
      channels: outputs, gamma: store.slice("gamma"), beta: store.slice("beta"),
      runningMean: statistics.slice("mean"), runningVariance: statistics.slice("variance"), channelMap: nil,
      kernels: kernels)
    let layerOutput = Tensor(channels: outputs, size: outputSize, halo: 0, images: images)
    let gradientPortion = Tensor(channels: outputs, size: outputSize, halo: 1, images: images)
    let layer = make(weights, batchNorm, layerOutput.view, gradientPortion.view)

    let batch = BatchExtent(images: images)
    let portions = BatchPortion.all(of: batch, size: outputSize)
    let input = Tensor(channels: form.inputs, size: form.size, halo: 1, images: images)
    input.view.fillNormal(images: images, seed: 1, other: 5)
    let residual = Tensor(channels: outputs, size: outputSize, halo: 0, images: images)
    residual.view.fillNormal(images: images, seed: 2)
    let output = Tensor(channels: outputs, size: outputSize, halo: 1, images: images)
    let gradient = Tensor(channels: outputs, size: outputSize, halo: 0, images: images)
    gradient.view.fillNormal(images: images, seed: 3, other: 9)
    let inputGradient = Tensor(channels: form.inputs, size: form.size, halo: 0, images: images)
    inputGradient.view.fill(images: images) { _, _, _, _ in 0.5 }
    func rows(_ view: LaneView, of portion: BatchPortion) -> LaneView { view.portion(portion, rows: portion.rows) }
    func inputRows(_ view: LaneView, of portion: BatchPortion) -> LaneView {
      view.portion(portion, rows: portion.inputRows(stride: form.stride, height: form.size))
    }

    layer.prepare(for: .training)
    StatisticsPass.run(over: [layer], batch, portions) { portion, pass in
      layer.convolve(inputRows(input.view, of: portion), portion, pass)
    }
    for portion in portions {
      layer.normalize(
        portion, rows: portion.rows,
        ActivationPass(residual: rows(residual.view, of: portion), appliesReLU: rectified),
        output: rows(output.view, of: portion))
    }
    GradientPass.run(over: [layer], batch, portions) { portion, pass in
      layer.rectifyGradient(
        portion, rows: portion.rows, output: rectified ? rows(output.view, of: portion) : nil,
        outputGradient: rows(gradient.view, of: portion), pass)
    }
    for portion in portions {
      layer.backward(
        portion, input: inputRows(input.view, of: portion),
        outputGradient: gradient.view.blocks(from: portion.firstBlock),
        inputGradient: inputRows(inputGradient.view, of: portion), accumulate: true, skipped: nil)
    }
    return Step(
      output: output.view.read(images: images), gradient: gradient.view.read(images: images),
      inputGradient: inputGradient.view.read(images: images),
      parameterGradients: ["basis", "coefficients", "gamma", "beta"].map(store.readGradient),
      runningStatistics: ["mean", "variance"].map(statistics.read))
  }
}
