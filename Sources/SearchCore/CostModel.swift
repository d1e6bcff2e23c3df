/// What a network costs without training it: exact counts of the network as it is built.
public struct Cost: Hashable, Codable, Sendable {
  /// Everything that training changes: weights, coefficients, batch norm's scale and shift, the classifier's bias.
  public var parameters: Int
  /// Multiply-adds of the convolutions and the classifier for one image, one forward pass.
  public var multiplyAdds: Int
  /// Nanoseconds on the device that a study has a table of times for, as `DeviceTimes` adds them up; nil where it has
  /// none.
  public var deviceTime: Int?

  public init(parameters: Int, multiplyAdds: Int, deviceTime: Int? = nil) {
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
    self.deviceTime = deviceTime
  }

  /// What a search weighs beside the parameters: the time on the study's device, or multiply-adds where the study has
  /// no such times. Comparable within a space.
  package var effort: Int { deviceTime ?? multiplyAdds }

  /// Nil where either is not known.
  package func deviceTimeRatio(to dense: Cost) -> Double? {
    deviceTime.flatMap { own in dense.deviceTime.map { Double(own) / Double($0) } }
  }
}

extension Layer {
  /// Weights of this layer without bias: NK dense; rK + (N − r)r, rK + Nr or in G groups rK + (N − r)r/G as a basis of
  /// rank r (arXiv 2408.06024). Each weight is used once at every output pixel, so multiply-adds have the same ratio.
  /// Coefficients that are tied to others' are counted.
  public func weights(rank: Int?, variant: BasisVariant) -> Int {
    guard let rank else { return outputChannels * filterSize }
    return rank * filterSize + variant.coefficients(outputs: outputChannels, rank: rank)
  }
}

extension BasisVariant {
  /// Whether the training of a layer with batch norm, whose basis maps are its first outputs, keeps r channels of its
  /// outputs instead of N: where that is possible, and faster. It takes r·(N + r) more products a pixel, in G groups
  /// about a G-th of them, and N − r channels are not moved.
  package func keepsMapsOnly(rank: Int, outputs: Int) -> Bool {
    keepsMaps && 2 * rank <= outputs
      && rank * (outputs + rank) <= Self.productsPerChannel * groups * (outputs - rank)
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

  /// Coefficients of a layer that are another one's.
  func sharedCoefficients(ofLayer index: Int, _ basis: LayerBasis?) -> Int {
    guard let basis, basis.coefficientsOf != index else { return 0 }
    return basis.variant.coefficients(outputs: layers[index].outputChannels, rank: basis.rank)
  }

  /// Parameters and multiply-adds of the network with this candidate's layers as basis convolutions: convolutions
  /// without bias, batch norm (2 per channel) after each of them including projections, the classifier with bias. Tied
  /// coefficients are used by each of their layers, and are parameters once.
  /// Layers that the network does not have count nothing: `Candidate.validate(in:)` finds them.
  public func cost(of candidate: Candidate, variant: BasisVariant) -> Cost {
    var cost = Cost(parameters: 0, multiplyAdds: 0)
    for (index, basis) in bases(of: candidate, variant: variant).enumerated() {
      let layer = layers[index]
      let weights = layer.weights(rank: basis?.rank, variant: basis?.variant ?? variant)
      cost.parameters += weights - sharedCoefficients(ofLayer: index, basis) + otherParameters(ofLayer: index)
      cost.multiplyAdds += weights * layer.outputSize * layer.outputSize
    }
    return cost
  }
}
