/// What one pass of a training step takes in a layer, for a whole batch.
public struct PassCost: Hashable, Codable, Sendable {
  public var multiplyAdds: Int
  /// Read and written: each tensor of the pass once, in single precision.
  public var bytes: Int

  public init(multiplyAdds: Int, bytes: Int) {
    self.multiplyAdds = multiplyAdds
    self.bytes = bytes
  }

  static func + (a: PassCost, b: PassCost) -> PassCost {
    PassCost(multiplyAdds: a.multiplyAdds + b.multiplyAdds, bytes: a.bytes + b.bytes)
  }
}

/// What a training step takes in a layer, for a whole batch. The formulas and what they count: docs/cost.md.
public struct StepCost: Hashable, Codable, Sendable {
  /// Weights, batch norm's scale and shift, the classifier's bias.
  public var parameters: Int
  public var forward: PassCost
  /// Zero for a dense layer that reads the images, whose gradient is not needed.
  public var inputGradient: PassCost
  public var weightGradient: PassCost
  /// Multiply-adds besides, of a layer that keeps r channels of its outputs: the products of matrices of r rows that
  /// its batch norm is computed with, and outputs that are made a second time in the backward pass.
  public var addedMultiplyAdds: Int

  /// Of all passes.
  public var multiplyAdds: Int {
    forward.multiplyAdds + inputGradient.multiplyAdds + weightGradient.multiplyAdds + addedMultiplyAdds
  }

  /// Of all passes.
  public var bytes: Int { forward.bytes + inputGradient.bytes + weightGradient.bytes }

  static let zero = StepCost(
    parameters: 0, forward: PassCost(multiplyAdds: 0, bytes: 0), inputGradient: PassCost(multiplyAdds: 0, bytes: 0),
    weightGradient: PassCost(multiplyAdds: 0, bytes: 0), addedMultiplyAdds: 0)

  /// Of layers together.
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
  /// What a training step takes in each layer, in their order, with this candidate's layers as basis convolutions
  /// whose basis maps are their first outputs.
  /// - Parameters:
  ///   - batch: images whose products are counted.
  ///   - storedImages: images that activations have room for: whole blocks of them.
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

/// Counts what a step takes in one layer.
private struct StepCounting {
  let layer: Layer
  /// Nil for a dense layer.
  let rank: Int?
  let variant: BasisVariant
  let readsImages: Bool
  let hasBatchNorm: Bool
  /// The first convolution of a block, whose output after batch norm and rectifier is not kept.
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

  /// - Parameter otherParameters: besides the weights; without weights that are another layer's.
  func cost(batch: Int, storedImages: Int, otherParameters: Int) -> StepCost {
    let weights = layer.weights(rank: rank, variant: variant)
    // The filters hand no gradient on to images; their own needs that of the basis maps all the same.
    let gradientWeights = readsImages ? coefficients : filterWeights + coefficients
    let rank = rank ?? 0
    var added = 0
    if keepsMapsOnly {
      // Σ y_b·y_bᵀ, and from y_b to its gradient; what g adds to that is made for all groups at once where there is
      // one.
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

  /// Numbers of an image's input that are read: a 1×1 convolution of stride 2 reads every fourth pixel.
  private var input: Int {
    layer.inputChannels * (layer.kernelSize == 1 ? pixels : layer.inputSize * layer.inputSize)
  }

  /// Channels that the forward pass writes.
  private var kept: Int {
    guard let rank else { return outputs }
    if keepsMapsOnly { return rank }
    return variant == .full ? outputs + rank : outputs
  }

  /// Channels in memory that the outputs' gradient is made from: y and g, or y_b and h; the logits' gradient as it is.
  private var gradient: Int {
    guard hasBatchNorm else { return outputs }
    return 2 * (keepsMapsOnly ? rank ?? outputs : outputs)
  }

  /// Channels of basis maps that the coefficients' gradient reads and that are not among those of `gradient`.
  private var otherMaps: Int {
    guard let rank else { return 0 }
    return variant == .full || !hasBatchNorm ? rank : 0
  }
}
