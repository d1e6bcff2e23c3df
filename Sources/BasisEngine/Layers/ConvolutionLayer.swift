import KernelInterface
import SearchCore

/// A convolution in whatever form it is evaluated: dense, or through a basis.
///
/// A form may compute its output channels in an order of its own (*internal order*): `channelMap` says where each
/// belongs. Batch norm, which follows every convolution, puts them in their places, so that no form moves data for it.
protocol ConvolutionLayer: AnyObject {
  var shape: ConvolutionShape { get }
  /// Internal channel c is output channel `channelMap[c]`; nil: c itself. N entries.
  var channelMap: UnsafePointer<Int32>? { get }

  /// Reads the weights as they are now, for the passes that follow.
  func prepare(for mode: PassMode)

  /// y, N channels in internal order, from `input` (haloed for 3×3), for a portion of the batch; its sums are added to
  /// `statistics`.
  /// The views are the portion's, `input` from the row at which the first output row's middle tap lies.
  func forward(_ input: LaneView, _ output: LaneView, _ portion: BatchPortion, statistics: ChannelSums?)

  /// z, from `input`, where batch norm's statistics are known beforehand: what `forward` and then a normalization by
  /// `activation` would make, for planes of `batch`. For forms without a channel map.
  /// - Parameter scratch: memory for y, where the form needs it.
  func infer(
    _ input: LaneView, scratch: LaneView, _ activation: Activation, _ output: LaneView, _ batch: BatchExtent)

  /// For a portion of the batch, whose views these are: gradients of the weights, added to what is there, and of the
  /// input's rows where `inputGradient` is given, added to it if `accumulate`.
  /// - Parameters:
  ///   - input, output: what `forward` read and wrote.
  ///   - outputGradient: dy in internal order, haloed for 3×3, good one row beyond the portion; used as scratch.
  ///   - skipped: the part of a basis convolution's weights of which no gradient is computed.
  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    skipped: BasisPart?, _ portion: BatchPortion)
}

/// Weights as they are trained, and as the kernels read them.
struct PreparedWeights {
  let weights: ParameterSlice
  private let shape: ConvolutionShape
  private let algorithms: ConvolutionAlgorithms
  private let kernels: KernelTable
  private let forwardMemory: AlignedBuffer<Float>
  private let gradientMemory: AlignedBuffer<Float>

  init(_ weights: ParameterSlice, shape: ConvolutionShape, algorithms: ConvolutionAlgorithms, kernels: KernelTable) {
    precondition(weights.count == shape.weightCount)
    self.weights = weights
    self.shape = shape
    self.algorithms = algorithms
    self.kernels = kernels
    forwardMemory = AlignedBuffer(count: shape.preparedCount(algorithms.forward))
    gradientMemory = AlignedBuffer(count: shape.preparedCount(algorithms.inputGradient))
  }

  func prepare(for mode: PassMode) {
    kernels.prepareForward(weights.values, shape, algorithms.forward, forwardMemory.base)
    if mode == .training {
      kernels.prepareInputGradient(weights.values, shape, algorithms.inputGradient, gradientMemory.base)
    }
  }

  func forward(_ input: LaneView, _ output: LaneView, _ batch: BatchExtent, _ epilogue: ConvolutionEpilogue) {
    kernels.convolutionForward(input, forwardMemory.base, output, shape, algorithms.forward, batch, epilogue)
  }

  func inputGradient(
    _ outputGradient: LaneView, _ inputGradient: LaneView, accumulate: Bool, _ batch: BatchExtent
  ) {
    kernels.convolutionInputGradient(
      outputGradient, gradientMemory.base, inputGradient, shape, algorithms.inputGradient, batch, accumulate)
  }

  func weightGradient(_ input: LaneView, _ outputGradient: LaneView, _ batch: BatchExtent) {
    kernels.convolutionWeightGradient(
      input, outputGradient, weights.gradients, shape, algorithms.weightGradient, batch)
  }
}

/// A dense convolution without bias: weights `[N][C][k][k]`.
final class Convolution: ConvolutionLayer {
  let shape: ConvolutionShape
  let channelMap: UnsafePointer<Int32>? = nil
  private let weights: PreparedWeights

  init(
    shape: ConvolutionShape, algorithms: ConvolutionAlgorithms = .direct, weight: ParameterSlice, kernels: KernelTable
  ) {
    self.shape = shape
    weights = PreparedWeights(weight, shape: shape, algorithms: algorithms, kernels: kernels)
  }

  func prepare(for mode: PassMode) { weights.prepare(for: mode) }

  func forward(_ input: LaneView, _ output: LaneView, _ portion: BatchPortion, statistics: ChannelSums?) {
    weights.forward(input, output, portion.extent, ConvolutionEpilogue(statistics))
  }

  func infer(
    _ input: LaneView, scratch: LaneView, _ activation: Activation, _ output: LaneView, _ batch: BatchExtent
  ) {
    weights.forward(input, output, batch, .activation(activation))
  }

  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    skipped: BasisPart?, _ portion: BatchPortion
  ) {
    weights.weightGradient(input, outputGradient, portion.extent)
    if let inputGradient {
      weights.inputGradient(outputGradient, inputGradient, accumulate: accumulate, portion.extent)
    }
  }
}

extension ConvolutionEpilogue {
  init(_ statistics: ChannelSums?) {
    self = statistics.map { .statistics($0) } ?? .none
  }
}
