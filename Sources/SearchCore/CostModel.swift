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

extension Architecture {
  /// Parameters and multiply-adds of the network with this candidate's layers as basis convolutions: convolutions
  /// without bias, batch norm (2 per channel) after each of them including projections, the classifier with bias.
  /// Layers that the network does not have count nothing: `Candidate.validate(in:)` finds them.
  public func cost(of candidate: Candidate, variant: BasisVariant) -> Cost {
    var cost = Cost(parameters: 0, multiplyAdds: 0)
    for (index, layer) in layers.enumerated() {
      let weights = layer.weights(rank: candidate.rank(of: layer.name), variant: variant)
      let batchNormOrBias = index == classifier ? layer.outputChannels : 2 * layer.outputChannels
      cost.parameters += weights + batchNormOrBias
      cost.multiplyAdds += weights * layer.outputSize * layer.outputSize
    }
    return cost
  }
}
