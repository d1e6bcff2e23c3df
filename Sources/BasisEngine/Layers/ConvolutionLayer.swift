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

  /// y, N channels in internal order, from `input` (haloed for 3×3). `sums` receives Σ y (N doubles) and Σ y² (N
  /// doubles).
  func forward(_ input: LaneView, _ output: LaneView, _ batch: BatchExtent, sums: UnsafeMutablePointer<Double>?)

  /// Gradients of the weights, and of the input where `inputGradient` is given, added to it if `accumulate`.
  /// - Parameters:
  ///   - input, output: what the last `forward` read and wrote.
  ///   - outputGradient: dy in internal order, haloed for 3×3; used as scratch.
  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    _ batch: BatchExtent)
}

/// A dense convolution without bias: weights `[N][C][k][k]`.
final class Convolution: ConvolutionLayer {
  let shape: ConvolutionShape
  let channelMap: UnsafePointer<Int32>? = nil
  private let weight: ParameterSlice
  private let kernels: KernelTable

  init(
    outputChannels: Int, inputChannels: Int, kernelSize: Int, stride: Int, weight: ParameterSlice, kernels: KernelTable
  ) {
    shape = ConvolutionShape(
      outputChannels: outputChannels, inputChannels: inputChannels, kernelSize: kernelSize, stride: stride)
    precondition(weight.count == outputChannels * inputChannels * kernelSize * kernelSize)
    self.weight = weight
    self.kernels = kernels
  }

  func forward(_ input: LaneView, _ output: LaneView, _ batch: BatchExtent, sums: UnsafeMutablePointer<Double>?) {
    kernels.convolutionForward(input, weight.values, output, shape, batch, sums)
  }

  func backward(
    _ input: LaneView, _ output: LaneView, outputGradient: LaneView, inputGradient: LaneView?, accumulate: Bool,
    _ batch: BatchExtent
  ) {
    kernels.convolutionWeightGradient(input, outputGradient, weight.gradients, shape, batch)
    if let inputGradient {
      kernels.convolutionInputGradient(outputGradient, weight.values, inputGradient, shape, batch, accumulate)
    }
  }
}
