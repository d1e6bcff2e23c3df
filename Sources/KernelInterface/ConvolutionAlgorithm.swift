/// How a convolution is computed.
public enum ConvolutionAlgorithm: String, Hashable, Sendable {
  case direct
  /// F(4×4, 3×3), and F(3×3, 4×4) for weight gradients: for 3×3 of stride 1 on planes whose height and width are
  /// multiples of four.
  case winograd
}

/// How each of the three kernels of a convolution is computed.
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

  /// One algorithm for everything.
  public init(all algorithm: ConvolutionAlgorithm) {
    self.init(forward: algorithm, inputGradient: algorithm, weightGradient: algorithm)
  }

  public static let direct = ConvolutionAlgorithms(all: .direct)
}

extension ConvolutionShape {
  /// Floats that weights prepared for `algorithm` take.
  public func preparedCount(_ algorithm: ConvolutionAlgorithm) -> Int {
    switch algorithm {
    case .direct: weightCount
    case .winograd: 36 * outputChannels * inputChannels
    }
  }
}
