/// What a network costs, known without training it: exact counts of the network as it is built.
public struct Cost: Hashable, Codable, Sendable {
  /// The number of trained values: weights, coefficients, batch norm's scale and shift, the classifier's bias.
  public var parameters: Int
  /// Multiply-adds of the convolutions and the classifier for one image in one forward pass.
  public var multiplyAdds: Int
  /// Nanoseconds on the device for which the study has a table of times, as `DeviceTimes` adds them up; `nil` if the
  /// study has none.
  public var deviceTime: Int?

  public init(parameters: Int, multiplyAdds: Int, deviceTime: Int? = nil) {
    self.parameters = parameters
    self.multiplyAdds = multiplyAdds
    self.deviceTime = deviceTime
  }

  /// The cost that a search weighs beside the parameters: the time on the study's device, or multiply-adds if the study
  /// has no device times. Comparable within a space.
  package var effort: Int { deviceTime ?? multiplyAdds }

  /// Returns the ratio of the device times; `nil` if either is unknown.
  package func deviceTimeRatio(to dense: Cost) -> Double? {
    deviceTime.flatMap { own in dense.deviceTime.map { Double(own) / Double($0) } }
  }
}

extension Layer {
  /// Returns the number of weights of this layer without bias. Dense: NK. As a basis of rank r: rK + (N − r)r, rK + Nr
  /// for `full`, or rK + (N − r)r/G in G groups (arXiv 2408.06024). Each weight is used once at every output pixel, so
  /// multiply-adds have the same ratio. Coefficients that are shared with tied layers are included.
  public func weights(rank: Int?, variant: BasisVariant) -> Int {
    guard let rank else { return outputChannels * filterSize }
    return rank * filterSize + variant.coefficients(outputs: outputChannels, rank: rank)
  }
}

extension BasisVariant {
  /// Whether the training of a layer with batch norm, whose basis maps are its first outputs, keeps r channels of its
  /// outputs instead of N: if that is possible, and faster. It takes r·(N + r) more products per pixel, in G groups
  /// about 1/G of them, and does not move N − r channels.
  package func keepsMapsOnly(rank: Int, outputs: Int) -> Bool {
    keepsMaps && 2 * rank <= outputs
      && rank * (outputs + rank) <= Self.productsPerChannel * groups * (outputs - rank)
  }

  /// The number of multiply-adds that take as long as moving one pixel of a channel as often as a step moves it.
  /// Measured with ResNet-18: keeping r channels is faster at 107 (r = 64 of 256), break-even at 192 (64 of 128),
  /// slower at 384 (128 of 256).
  private static let productsPerChannel = 128
}

extension Architecture {
  /// Returns the number of trained values of a layer besides its weights: batch norm's scale and shift, or the
  /// classifier's bias.
  func otherParameters(ofLayer index: Int) -> Int {
    index == classifier ? layers[index].outputChannels : 2 * layers[index].outputChannels
  }

  /// Returns the number of coefficients of a layer that belong to another layer.
  func sharedCoefficients(ofLayer index: Int, _ basis: LayerBasis?) -> Int {
    guard let basis, basis.coefficientsOf != index else { return 0 }
    return basis.variant.coefficients(outputs: layers[index].outputChannels, rank: basis.rank)
  }

  /// Returns the parameters and multiply-adds of the network with this candidate's layers as basis convolutions.
  /// Convolutions have no bias; batch norm (2 parameters per channel) follows each of them, including projections; the
  /// classifier has a bias. Tied coefficients are used by each of their layers, but count once as parameters.
  /// Layers that the network does not have are ignored; `Candidate.validate(in:)` finds them.
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
