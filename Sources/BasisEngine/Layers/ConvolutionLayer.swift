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

  /// Takes the weights as they are now, for the passes that follow.
  func prepare(for mode: PassMode)

  /// y, N channels in internal order, from `input` (haloed for 3×3), for the blocks of `group`; Σ y and Σ y² are added to `sums`.
  /// The views begin at the group's first block.
  func forward(_ input: LaneView, _ output: LaneView, _ group: BlockGroup, sums: ChannelSums?)

  /// For the blocks of `group`, at whose first block the views begin: gradients of the weights, added to what is there,
  /// and of the input where `inputGradient` is given, added to it if `accumulate`.
  /// - Parameters:
  ///   - input, output: what `forward` read and wrote.
  ///   - outputGradient: dy in internal order, haloed for 3×3; used as scratch.
  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    _ group: BlockGroup)
}

/// Weights as they are trained, and as the kernels read them.
struct PreparedWeights {
  private let weights: ParameterSlice
  private let shape: ConvolutionShape
  private let kernels: KernelTable
  private let forwardMemory: AlignedBuffer<Float>
  private let gradientMemory: AlignedBuffer<Float>

  init(_ weights: ParameterSlice, shape: ConvolutionShape, kernels: KernelTable) {
    precondition(weights.count == shape.weightCount)
    self.weights = weights
    self.shape = shape
    self.kernels = kernels
    forwardMemory = AlignedBuffer(count: weights.count)
    gradientMemory = AlignedBuffer(count: weights.count)
  }

  func prepare(for mode: PassMode) {
    kernels.prepareForward(weights.values, shape, forwardMemory.base)
    if mode == .training { kernels.prepareInputGradient(weights.values, shape, gradientMemory.base) }
  }

  func forward(_ input: LaneView, _ output: LaneView, _ batch: BatchExtent, sums: ChannelSums?) {
    kernels.convolutionForward(input, forwardMemory.base, output, shape, batch, sums)
  }

  func inputGradient(
    _ outputGradient: LaneView, _ inputGradient: LaneView, accumulate: Bool, _ batch: BatchExtent
  ) {
    kernels.convolutionInputGradient(outputGradient, gradientMemory.base, inputGradient, shape, batch, accumulate)
  }

  func weightGradient(_ input: LaneView, _ outputGradient: LaneView, _ batch: BatchExtent) {
    kernels.convolutionWeightGradient(input, outputGradient, weights.gradients, shape, batch)
  }
}

/// A dense convolution without bias: weights `[N][C][k][k]`.
final class Convolution: ConvolutionLayer {
  let shape: ConvolutionShape
  let channelMap: UnsafePointer<Int32>? = nil
  private let weights: PreparedWeights

  init(
    outputChannels: Int, inputChannels: Int, kernelSize: Int, stride: Int, weight: ParameterSlice, kernels: KernelTable
  ) {
    shape = ConvolutionShape(
      outputChannels: outputChannels, inputChannels: inputChannels, kernelSize: kernelSize, stride: stride)
    weights = PreparedWeights(weight, shape: shape, kernels: kernels)
  }

  func prepare(for mode: PassMode) { weights.prepare(for: mode) }

  func forward(_ input: LaneView, _ output: LaneView, _ group: BlockGroup, sums: ChannelSums?) {
    weights.forward(input, output, group.extent, sums: sums)
  }

  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    _ group: BlockGroup
  ) {
    weights.weightGradient(input, outputGradient, group.extent)
    if let inputGradient {
      weights.inputGradient(outputGradient, inputGradient, accumulate: accumulate, group.extent)
    }
  }
}
