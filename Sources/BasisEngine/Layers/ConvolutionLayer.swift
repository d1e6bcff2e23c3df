import KernelInterface
import SearchCore

/// A convolution in any form of evaluation: dense or through a basis.
///
/// A form may compute its output channels in its own order (*internal order*); `channelMap` gives the place of each.
/// The next step, batch norm or the classifier's loss, puts the channels in their places, so that no form moves data
/// for it.
protocol ConvolutionLayer: AnyObject {
  var shape: ConvolutionShape { get }
  /// Internal channel c is output channel `channelMap[c]` (N entries); `nil` if the internal order is the output's
  /// order.
  var channelMap: UnsafePointer<Int32>? { get }

  /// Prepares the current weights for the passes that follow.
  func prepare(for mode: PassMode)

  /// Computes y, N channels in internal order, from `input` (haloed for 3×3), for a portion of the batch, and adds its
  /// sums to `statistics`. The views are those of the portion; `input` begins at the row of the first output row's
  /// middle tap.
  func forward(_ input: LaneView, _ output: LaneView, _ portion: BatchPortion, statistics: ChannelSums?)

  /// Computes z from `input` if batch norm's statistics are known beforehand: the result of `forward` followed by a
  /// normalization with `activation`, for planes of `batch`. For forms without a channel map.
  /// - Parameter scratch: Memory for y, if the form needs it.
  func infer(
    _ input: LaneView, scratch: LaneView, _ activation: Activation, _ output: LaneView, _ batch: BatchExtent)

  /// Computes gradients for a portion of the batch, whose views these are: those of the weights, added to the previous
  /// contents, and, if `inputGradient` is given, those of the input's rows, added to the previous contents if
  /// `accumulate`.
  /// - Parameters:
  ///   - input, output: What `forward` read and wrote.
  ///   - outputGradient: dy in internal order, haloed for 3×3, valid up to one row beyond the portion; used as scratch.
  ///   - skipped: The part of a basis convolution's weights whose gradient is not computed.
  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    skipped: BasisPart?, _ portion: BatchPortion)
}

/// Weights as they are trained, and copies in the order in which the kernels read them.
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
