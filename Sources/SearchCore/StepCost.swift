/// The cost of one pass of a training step in a layer, for a whole batch.
public struct PassCost: Hashable, Codable, Sendable {
  public var multiplyAdds: Int
  /// The number of bytes read and written: each tensor of the pass once, in single precision.
  public var bytes: Int

  public init(multiplyAdds: Int, bytes: Int) {
    self.multiplyAdds = multiplyAdds
    self.bytes = bytes
  }

  static func + (a: PassCost, b: PassCost) -> PassCost {
    PassCost(multiplyAdds: a.multiplyAdds + b.multiplyAdds, bytes: a.bytes + b.bytes)
  }
}

/// The cost of a training step in a layer, for a whole batch. docs/cost.md has the formulas and what they count.
public struct StepCost: Hashable, Codable, Sendable {
  /// The number of weights, of batch norm's scale and shift, and of the classifier's bias.
  public var parameters: Int
  public var forward: PassCost
  /// Zero for a dense layer that reads the images, whose gradient is not needed.
  public var inputGradient: PassCost
  public var weightGradient: PassCost
  /// Additional multiply-adds of a layer that keeps r channels of its outputs: the products of matrices of r rows with
  /// which its batch norm is computed, and outputs that are computed a second time in the backward pass.
  public var addedMultiplyAdds: Int

  /// The multiply-adds of all passes, including the added ones.
  public var multiplyAdds: Int {
    forward.multiplyAdds + inputGradient.multiplyAdds + weightGradient.multiplyAdds + addedMultiplyAdds
  }

  /// The bytes of all passes.
  public var bytes: Int { forward.bytes + inputGradient.bytes + weightGradient.bytes }

  static let zero = StepCost(
    parameters: 0, forward: PassCost(multiplyAdds: 0, bytes: 0), inputGradient: PassCost(multiplyAdds: 0, bytes: 0),
    weightGradient: PassCost(multiplyAdds: 0, bytes: 0), addedMultiplyAdds: 0)

  /// Returns the sum over several layers.
  package static func sum(_ costs: some Sequence<StepCost>) -> StepCost {
    costs.reduce(.zero) { sum, cost in
      StepCost(
        parameters: sum.parameters + cost.parameters, forward: sum.forward + cost.forward,
        inputGradient: sum.inputGradient + cost.inputGradient,
        weightGradient: sum.weightGradient + cost.weightGradient,
        addedMultiplyAdds: sum.addedMultiplyAdds + cost.addedMultiplyAdds)
    }
  }
}

extension Architecture {
  /// Returns the cost of a training step in each layer, in the order of the layers, with this candidate's layers as
  /// basis convolutions whose basis maps are their first outputs.
  /// - Parameters:
  ///   - batch: The number of images whose products are counted.
  ///   - storedImages: The number of images for which activations have room, in whole blocks.
  package func stepCosts(
    of candidate: Candidate, variant: BasisVariant, batch: Int, storedImages: Int
  ) -> [StepCost] {
    bases(of: candidate, variant: variant).enumerated().map { index, basis in
      let counting = StepCounting(
        layer: layers[index], rank: basis?.rank, variant: basis?.variant ?? variant,
        readsImages: index == stem, hasBatchNorm: index != classifier,
        isInner: blocks.contains { $0.convolutions.dropLast().contains(index) })
      return counting.cost(
        batch: batch, storedImages: storedImages,
        otherParameters: otherParameters(ofLayer: index) - sharedCoefficients(ofLayer: index, basis))
    }
  }
}

/// Counts the cost of a step in one layer.
private struct StepCounting {
  let layer: Layer
  /// The rank; `nil` for a dense layer.
  let rank: Int?
  let variant: BasisVariant
  let readsImages: Bool
  let hasBatchNorm: Bool
  /// Whether the layer is a convolution of a block other than the last, whose output after batch norm and rectifier is
  /// not kept.
  let isInner: Bool

  private static let bytesPerNumber = 4

  private var outputs: Int { layer.outputChannels }
  private var pixels: Int { layer.outputSize * layer.outputSize }
  private var keepsMapsOnly: Bool {
    guard hasBatchNorm, let rank else { return false }
    return variant.keepsMapsOnly(rank: rank, outputs: outputs)
  }
  private var filterWeights: Int { (rank ?? outputs) * layer.filterSize }
  private var coefficients: Int {
    rank.map { variant.coefficients(outputs: outputs, rank: $0) } ?? 0
  }

  /// - Parameter otherParameters: The number of parameters besides the weights, minus weights that belong to another
  ///   layer.
  func cost(batch: Int, storedImages: Int, otherParameters: Int) -> StepCost {
    let weights = layer.weights(rank: rank, variant: variant)
    // The filters pass no gradient on to the images, but their own gradient needs that of the basis maps all the same.
    let gradientWeights = readsImages ? coefficients : filterWeights + coefficients
    let rank = rank ?? 0
    var added = 0
    if keepsMapsOnly {
      // Σ y_b·y_bᵀ, and the product that y_b adds to its gradient. With one group there is a third one: h is then a
      // single product with all of g, including g_b.
      added = (variant.groups == 1 ? 3 : 2) * rank * variant.combinedMaps(rank: rank)
      if isInner { added += coefficients }
    }
    func pass(_ weights: Int, _ channelPixels: Int) -> PassCost {
      PassCost(
        multiplyAdds: weights * pixels * batch, bytes: Self.bytesPerNumber * (weights + channelPixels * storedImages))
    }
    return StepCost(
      parameters: weights + otherParameters, forward: pass(weights, input + kept * pixels),
      inputGradient: gradientWeights == 0
        ? PassCost(multiplyAdds: 0, bytes: 0)
        : pass(
          gradientWeights,
          gradient * pixels + (keepsMapsOnly ? rank * pixels : 0) + (readsImages ? 0 : input)),
      weightGradient: pass(weights, input + (gradient + otherMaps) * pixels), addedMultiplyAdds: added * pixels * batch)
  }

  /// The number of values read of an image's input: a 1×1 convolution of stride 2 reads every fourth pixel.
  private var input: Int {
    layer.inputChannels * (layer.kernelSize == 1 ? pixels : layer.inputSize * layer.inputSize)
  }

  /// The number of channels that the forward pass writes.
  private var kept: Int {
    guard let rank else { return outputs }
    if keepsMapsOnly { return rank }
    return variant == .full ? outputs + rank : outputs
  }

  /// The number of channels in memory from which the outputs' gradient is computed: y and g, or y_b and h; for the
  /// classifier, the gradient of the logits itself.
  private var gradient: Int {
    guard hasBatchNorm else { return outputs }
    return 2 * (keepsMapsOnly ? rank ?? outputs : outputs)
  }

  /// The number of channels of basis maps that the coefficients' gradient reads and that `gradient` does not include.
  private var otherMaps: Int {
    guard let rank else { return 0 }
    return variant == .full || !hasBatchNorm ? rank : 0
  }
}
