/// What a network costs without training it: exact counts of the network as it is built.
public struct Cost: Hashable, Codable, Sendable {
  /// Everything that training changes: weights, coefficients, batch norm's scale and shift, the classifier's bias.
  public var parameters: Int
  /// Multiply-adds of the convolutions and the classifier for one image, one forward pass.
  public var multiplyAdds: Int

  public init(parameters: Int, multiplyAdds: Int) {
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
  }
}

extension Layer {
  /// Weights of this layer without bias: NK dense; rK + (N − r)r or rK + Nr as a basis of rank r (arXiv 2408.06024).
  /// Each weight is used once at every output pixel, so multiply-adds have the same ratio.
  public func weights(rank: Int?, variant: BasisVariant) -> Int {
    guard let rank else { return outputChannels * filterSize }
    return rank * filterSize + variant.combinations(outputs: outputChannels, rank: rank) * rank
  }
}

extension BasisVariant {
  /// Whether the training of a layer with batch norm, whose basis maps are its first outputs, keeps r channels of its
  /// outputs instead of N: where that is possible, and faster. It takes r·(N + r) more products a pixel, and N − r
  /// channels are not moved.
  package func keepsMapsOnly(rank: Int, outputs: Int) -> Bool {
    self == .remainder && 2 * rank <= outputs
      && rank * (outputs + rank) <= Self.productsPerChannel * (outputs - rank)
  }

  /// Multiply-adds that take as long as moving a channel's pixel as often as a step moves it. Measured with
  /// ResNet-18: faster at 107 (r = 64 of 256), even at 192 (64 of 128), slower at 384 (128 of 256).
  private static let productsPerChannel = 128
}

extension Architecture {
  /// Trained numbers of a layer besides its weights: batch norm's scale and shift, or the classifier's bias.
  func otherParameters(ofLayer index: Int) -> Int {
    index == classifier ? layers[index].outputChannels : 2 * layers[index].outputChannels
  }

  /// Parameters and multiply-adds of the network with this candidate's layers as basis convolutions: convolutions
  /// without bias, batch norm (2 per channel) after each of them including projections, the classifier with bias.
  /// Layers that the network does not have count nothing: `Candidate.validate(in:)` finds them.
  public func cost(of candidate: Candidate, variant: BasisVariant) -> Cost {
    var cost = Cost(parameters: 0, multiplyAdds: 0)
    for (index, layer) in layers.enumerated() {
      let weights = layer.weights(rank: candidate.rank(of: layer.name), variant: variant)
      cost.parameters += weights + otherParameters(ofLayer: index)
      cost.multiplyAdds += weights * layer.outputSize * layer.outputSize
    }
    return cost
  }
}
