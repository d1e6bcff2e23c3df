/// A search space as the model of effects sees it: layers with numbered options, the savings of each option, and the
/// pairs of neighboring layers.
package struct EffectSpace: Sendable {
  /// A layer that may be decomposed, with its options.
  package struct Layer: Sendable {
    package let name: String
    /// Option 0 leaves the layer dense, option k gives it `forms[k − 1]`.
    package let forms: [BasisForm]
    /// The rank of each form.
    package let ranks: [Int]
    /// N.
    package let outputChannels: Int
    /// By option, the parameters saved; 0 for the dense option. A tied layer's coefficients count as its own here.
    package let savedParameters: [Int]
    package let savedMultiplyAdds: [Int]
    /// By option, in nanoseconds; negative if slower than the dense layer. Empty in a space without device times.
    let savedDeviceTimes: [Int]
    /// By option, the index of its tie in the space; `nil` if it has coefficients of its own.
    package let ties: [Int?]
    /// By option, the index of its variant's feature; `nil` for the dense option and the study's own variant.
    let variantFeatures: [Int?]
    /// The number of its block: 0 is the stem, then come the residual blocks, then the classifier.
    package let block: Int
    /// φ: the properties of the layer that are known before any training. The first is 1; the others have mean 0 and
    /// variance 1 over the layers of the space, or are 0 in all of them.
    package let features: [Double]
    /// By option, the truncation error of its trained weights, with mean 0 and variance 1 over all known options of the
    /// space; 0 for unknown and dense options. `nil` if none is known in the space.
    package let truncation: [Double]?

    package var optionCount: Int { ranks.count + 1 }

    /// By option, the saving of the cost weighed beside the parameters (`Cost.effort`).
    var savedEffort: [Int] { savedDeviceTimes.isEmpty ? savedMultiplyAdds : savedDeviceTimes }

    /// Returns the option that saves most: multiply-adds, then parameters; with device times, the sum of the shares
    /// saved of the dense network's two costs.
    func smallestOption(of dense: Cost) -> Int {
      guard !savedDeviceTimes.isEmpty else {
        return (0..<optionCount).reduce(0) { best, option in
          (savedMultiplyAdds[option], savedParameters[option]) > (savedMultiplyAdds[best], savedParameters[best])
            ? option : best
        }
      }
      func saved(_ option: Int) -> Double {
        Double(savedParameters[option]) / Double(dense.parameters)
          + Double(savedDeviceTimes[option]) / Double(dense.effort)
      }
      return (0..<optionCount).reduce(0) { saved($1) > saved($0) ? $1 : $0 }
    }
  }

  /// Layers of one stage with equal outputs and rank, which share their coefficients when they are tied.
  package struct Tie: Hashable, Sendable {
    /// The number of coefficients that each of them but the first saves.
    package let coefficients: Int
    /// The first and the last layer that may belong to it.
    package let layers: ClosedRange<Int>
  }

  /// Two layers in one block or in neighboring blocks, by index, first < second.
  package struct Pair: Hashable, Sendable {
    package let first: Int
    package let second: Int
  }

  /// In canonical order.
  package let layers: [Layer]
  /// Sorted by `second`, then by `first`.
  package let pairs: [Pair]
  package let denseCost: Cost
  /// Ties of two layers or more each; at most 64.
  package let ties: [Tie]
  /// The study's own variant.
  private let variant: BasisVariant
  /// The number of options of each layer, apart from `layers`, since reading a layer copies all its properties.
  let optionCounts: [Int]
  private let indexByName: [String: Int]

  /// The number of elements of `Layer.features`.
  package static let featureCount = 6
  /// The number of features with truncation, which differs by rank, and one for each variant but the study's own.
  let featureCount: Int

  /// - Parameter truncation: errors from the analysis of a trained network, which the model weighs as one more feature.
  package init(_ space: SearchSpace, truncation: TruncationErrors? = nil) {
    let architecture = space.architecture
    let blocks = Self.blocks(of: architecture)
    let chosen = space.choices.compactMap { choice -> (choice: SearchSpace.Choice, index: Int)? in
      architecture.layers.firstIndex { $0.name == choice.layer }.map { (choice, $0) }
    }
    let features = Self.features(of: chosen.map(\.index), in: architecture)
    let truncations = truncation?.standardized(over: chosen.map(\.choice))
    let ownFeatures = Self.featureCount + (truncations == nil ? 0 : 1)
    featureCount = ownFeatures + space.variants.count - 1
    variant = space.variant
    let found = Ties(chosen.map { (architecture.layers[$0.index], $0.choice.forms) }, variant: space.variant)
    ties = found.ties
    var layers: [Layer] = []
    for (position, (choice, index)) in chosen.enumerated() {
      let layer = architecture.layers[index]
      let dense = layer.weights(rank: nil, variant: space.variant)
      let saved =
        [0]
        + choice.forms.map { dense - layer.weights(rank: $0.rank, variant: $0.variant ?? space.variant) }
      let variantFeatures = choice.forms.map { form in
        form.variant.flatMap { space.variants.firstIndex(of: $0) }.map { ownFeatures + $0 - 1 }
      }
      let pixels = layer.outputSize * layer.outputSize
      layers.append(
        Layer(
          name: layer.name, forms: choice.forms, ranks: choice.ranks, outputChannels: layer.outputChannels,
          savedParameters: saved, savedMultiplyAdds: saved.map { $0 * pixels },
          savedDeviceTimes: Self.savedTimes(choice, in: space), ties: found.byLayer[position],
          variantFeatures: [nil] + variantFeatures, block: blocks[index], features: features[position],
          truncation: truncations?[position]))
    }
    self.layers = layers
    pairs = layers.indices.flatMap { second in
      (0..<second).filter { abs(layers[$0].block - layers[second].block) <= 1 }.map { Pair(first: $0, second: second) }
    }
    denseCost = space.denseCost
    optionCounts = layers.map(\.optionCount)
    indexByName = Dictionary(uniqueKeysWithValues: layers.enumerated().map { ($1.name, $0) })
  }

  /// Returns one option per layer; `nil` if the candidate is not in the space.
  package func options(of candidate: Candidate) -> [Int]? {
    var options = Array(repeating: 0, count: layers.count)
    for decomposition in candidate.decompositions {
      guard let layer = indexByName[decomposition.layer],
        let form = layers[layer].forms.firstIndex(of: decomposition.form.plain(where: variant))
      else { return nil }
      options[layer] = form + 1
    }
    return options
  }

  package func candidate(options: [Int]) -> Candidate {
    var forms: [String: BasisForm] = [:]
    for (layer, option) in zip(layers, options) where option > 0 { forms[layer.name] = layer.forms[option - 1] }
    return Candidate(forms: forms)
  }

  package func cost(options: [Int]) -> Cost {
    var cost = denseCost
    // By index, since taking an element copies the layer.
    for layer in layers.indices {
      cost.parameters -= layers[layer].savedParameters[options[layer]]
      cost.multiplyAdds -= layers[layer].savedMultiplyAdds[options[layer]]
      if isTimed { cost.deviceTime? -= layers[layer].savedDeviceTimes[options[layer]] }
    }
    if !ties.isEmpty { cost.parameters -= savedByTies { options[$0] } }
    return cost
  }

  /// Returns the number of coefficients saved because tied layers share those of another layer.
  func savedByTies(_ option: (_ layer: Int) -> Int) -> Int {
    var saved = 0
    var begun: UInt64 = 0
    for layer in layers.indices {
      guard let tie = layers[layer].ties[option(layer)] else { continue }
      if begun >> UInt64(tie) & 1 != 0 { saved += ties[tie].coefficients }
      begun |= 1 << UInt64(tie)
    }
    return saved
  }

  /// Whether the candidates have times on a device.
  var isTimed: Bool { denseCost.deviceTime != nil }

  private static func savedTimes(_ choice: SearchSpace.Choice, in space: SearchSpace) -> [Int] {
    guard let times = space.deviceTimes else { return [] }
    // A timed space has the times of all forms.
    return [0] + choice.forms.map { times.saved(choice.layer, $0, variant: space.variant) ?? 0 }
  }

  /// The least of each cost over all candidates; the minima need not belong to one candidate.
  var smallestCosts: Cost {
    var smallest = denseCost
    // The most parameters saved, by the begun ties that later layers may still join.
    var most: [UInt64: Int] = [0: 0]
    for (index, layer) in layers.enumerated() {
      smallest.multiplyAdds -= layer.savedMultiplyAdds.max() ?? 0
      smallest.deviceTime? -= layer.savedDeviceTimes.max() ?? 0
      var next: [UInt64: Int] = [:]
      for (begun, saved) in most {
        for option in 0..<layer.optionCount {
          let (after, shared) = self.begun(begun, layer: index, option: option)
          next[after] = max(next[after] ?? .min, saved + layer.savedParameters[option] + shared)
        }
      }
      most = next
    }
    smallest.parameters -= most.values.max() ?? 0
    return smallest
  }

  /// The most that all layers together save of each cost, as a lattice's grid counts it: without ties, each of which
  /// saves less than its layers do alone, and with effort counted from the options that take the most.
  var mostSaved: (parameters: Int, effort: Int) {
    layers.reduce(into: (parameters: 0, effort: 0)) { most, layer in
      let effort = layer.savedEffort
      most.parameters += layer.savedParameters.max() ?? 0
      most.effort += (effort.max() ?? 0) - (effort.min() ?? 0)
    }
  }

  /// Returns the coefficients that an option of a layer saves because another layer has them, and the ties begun after
  /// the layer that later layers may still join. `before` has the ties begun before the layer.
  func begun(_ before: UInt64, layer: Int, option: Int) -> (after: UInt64, saved: Int) {
    guard !ties.isEmpty else { return (0, 0) }
    var (after, saved) = (before, 0)
    if let tie = layers[layer].ties[option] {
      if before >> UInt64(tie) & 1 != 0 { saved = ties[tie].coefficients }
      after |= 1 << UInt64(tie)
    }
    for (tie, layers) in ties.map(\.layers).enumerated() where layers.upperBound <= layer {
      after &= ~(1 << UInt64(tie))
    }
    return (after, saved)
  }

  /// Returns P and M, the shares saved of the dense network's parameters and multiply-adds.
  package func saved(_ cost: Cost) -> (parameters: Double, multiplyAdds: Double) {
    (
      Double(denseCost.parameters - cost.parameters) / Double(denseCost.parameters),
      Double(denseCost.multiplyAdds - cost.multiplyAdds) / Double(denseCost.multiplyAdds)
    )
  }

  /// Returns the shares saved of the two costs that a search weighs: of the dense network's parameters, and of its time
  /// on the device or its multiply-adds.
  package func savedCosts(_ cost: Cost) -> (parameters: Double, effort: Double) {
    (saved(cost).parameters, Double(denseCost.effort - cost.effort) / Double(denseCost.effort))
  }
}

/// The ties of a space's layers.
private struct Ties {
  var ties: [EffectSpace.Tie] = []
  /// The index of the tie of each option, by layer and option.
  var byLayer: [[Int?]]

  private struct Key: Hashable {
    var stage: Substring
    var outputs: Int
    var rank: Int
  }

  init(_ layers: [(layer: Layer, forms: [BasisForm])], variant: BasisVariant) {
    func key(_ layer: Layer, _ form: BasisForm) -> Key? {
      guard (form.variant ?? variant) == .tied, let stage = layer.stage else { return nil }
      return Key(stage: stage, outputs: layer.outputChannels, rank: form.rank)
    }
    var members: [Key: [Int]] = [:]
    var order: [Key] = []
    for (index, (layer, forms)) in layers.enumerated() {
      for key in forms.compactMap({ key(layer, $0) }) {
        if members[key] == nil { order.append(key) }
        members[key, default: []].append(index)
      }
    }
    var numbers: [Key: Int] = [:]
    for key in order {
      guard let members = members[key], let last = members.last, members.count > 1 else { continue }
      numbers[key] = ties.count
      ties.append(
        EffectSpace.Tie(
          coefficients: BasisVariant.tied.coefficients(outputs: key.outputs, rank: key.rank),
          layers: members[0]...last))
    }
    precondition(ties.count <= 64)
    byLayer = layers.map { layer, forms in [nil] + forms.map { key(layer, $0).flatMap { numbers[$0] } } }
  }
}

extension EffectSpace {
  /// Returns the block number of each layer of the architecture.
  private static func blocks(of architecture: Architecture) -> [Int] {
    var blocks = Array(repeating: 0, count: architecture.layers.count)
    for (index, block) in architecture.blocks.enumerated() {
      for layer in block.convolutions { blocks[layer] = index + 1 }
      if case .projection(let layer) = block.shortcut { blocks[layer] = index + 1 }
    }
    blocks[architecture.classifier] = architecture.blocks.count + 1
    return blocks
  }

  /// Returns the features of each layer: 1, share of the weights, share of the multiply-adds, depth, whether it is the
  /// last convolution of its block, whether its stride exceeds 1.
  private static func features(of indices: [Int], in architecture: Architecture) -> [[Double]] {
    let last = Set(architecture.blocks.map(\.last))
    var columns: [[Double]] = [[], [], [], [], []]
    for index in indices {
      let layer = architecture.layers[index]
      let weights = Double(layer.outputChannels * layer.filterSize)
      columns[0].append(weights)
      columns[1].append(weights * Double(layer.outputSize * layer.outputSize))
      columns[2].append(Double(index))
      columns[3].append(last.contains(index) ? 1 : 0)
      columns[4].append(layer.stride > 1 ? 1 : 0)
    }
    let scaled = columns.map(standardized)
    return indices.indices.map { position in [1] + scaled.map { $0[position] } }
  }

  /// Returns the values scaled to mean 0 and variance 1; 0 if all are equal.
  static func standardized(_ values: [Double]) -> [Double] {
    let mean = Statistics.mean(values)
    var squares = 0.0
    for value in values { squares += (value - mean) * (value - mean) }
    let deviation = (squares / Double(values.count)).squareRoot()
    // Truncation errors come from other processes, and may differ by so little that the quotients are not finite.
    guard deviation > 1e-100 else { return values.map { _ in 0 } }
    return values.map { ($0 - mean) / deviation }
  }
}
