/// The algorithm of a convolution.
public enum ConvolutionAlgorithm: String, Hashable, Sendable {
  case direct
  /// F(4×4, 3×3), and F(3×3, 4×4) for weight gradients: for 3×3 kernels of stride 1 on planes whose height and width
  /// are multiples of four.
  case winograd
}

/// The algorithms of the three kernels of a convolution.
public struct ConvolutionAlgorithms: Hashable, Sendable {
  public var forward: ConvolutionAlgorithm
  public var inputGradient: ConvolutionAlgorithm
  public var weightGradient: ConvolutionAlgorithm

  public init(
    forward: ConvolutionAlgorithm, inputGradient: ConvolutionAlgorithm, weightGradient: ConvolutionAlgorithm
  ) {
    self.forward = forward
    self.inputGradient = inputGradient
    self.weightGradient = weightGradient
  }

  /// Uses one algorithm for all three kernels.
  public init(all algorithm: ConvolutionAlgorithm) {
    self.init(forward: algorithm, inputGradient: algorithm, weightGradient: algorithm)
  }

  public static let direct = ConvolutionAlgorithms(all: .direct)
}

extension ConvolutionShape {
  /// Returns the number of floats in weights prepared for `algorithm`.
  public func preparedCount(_ algorithm: ConvolutionAlgorithm) -> Int {
    switch algorithm {
    case .direct: weightCount
    case .winograd: 36 * outputChannels * inputChannels
    }
  }
}
