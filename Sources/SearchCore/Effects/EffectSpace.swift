/// A search space as the model of effects sees it: layers with numbered options, what each saves, and which layers
/// stand near each other.
package struct EffectSpace: Sendable {
  package struct Layer: Sendable {
    package let name: String
    /// Option 0 leaves the layer dense, option k gives it `ranks[k − 1]`.
    package let ranks: [Int]
    /// N.
    package let outputChannels: Int
    /// By option, of the dense network's; 0 for the dense option.
    package let savedParameters: [Int]
    package let savedMultiplyAdds: [Int]
    /// 0 is the stem; residual blocks follow, and the classifier.
    package let block: Int
    /// φ: what is known of the layer before any training. The first is 1; the others have mean 0 and variance 1 over
    /// the layers of the space, or are 0 in all of them.
    package let features: [Double]
    /// What truncating its trained weights loses, by option: mean 0 and variance 1 over all options of the space but
    /// the dense ones, which have 0; nil where nothing is known of the space's.
    package let truncation: [Double]?

    package var optionCount: Int { ranks.count + 1 }
  }

  /// Two layers in one block or in neighboring blocks, by index, first < second.
  package struct Pair: Hashable, Sendable {
    package let first: Int
    package let second: Int
  }

  /// In canonical order.
  package let layers: [Layer]
  /// By second, then by first.
  package let pairs: [Pair]
  package let denseCost: Cost
  /// By layer: apart from the layers, whose other properties need not be copied where only this is asked.
  let optionCounts: [Int]
  private let indexByName: [String: Int]

  /// Of a layer.
  package static let featureCount = 6
  /// With that of truncation, which differs from rank to rank.
  let featureCount: Int

  /// - Parameter truncation: what the analysis of a trained network says, which the model weighs as one more feature.
  package init(_ space: SearchSpace, truncation: TruncationErrors? = nil) {
    let architecture = space.architecture
    let blocks = Self.blocks(of: architecture)
    let chosen = space.choices.compactMap { choice -> (choice: SearchSpace.Choice, index: Int)? in
      architecture.layers.firstIndex { $0.name == choice.layer }.map { (choice, $0) }
    }
    let features = Self.features(of: chosen.map(\.index), in: architecture)
    let truncations = truncation?.standardized(over: chosen.map(\.choice))
    featureCount = Self.featureCount + (truncations == nil ? 0 : 1)
    var layers: [Layer] = []
    for (position, (choice, index)) in chosen.enumerated() {
      let layer = architecture.layers[index]
      let dense = layer.weights(rank: nil, variant: space.variant)
      let saved = [0] + choice.ranks.map { dense - layer.weights(rank: $0, variant: space.variant) }
      let pixels = layer.outputSize * layer.outputSize
      layers.append(
        Layer(
          name: layer.name, ranks: choice.ranks, outputChannels: layer.outputChannels, savedParameters: saved,
          savedMultiplyAdds: saved.map { $0 * pixels }, block: blocks[index], features: features[position],
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

  /// One option a layer; nil where the candidate is none of the space.
  package func options(of candidate: Candidate) -> [Int]? {
    var options = Array(repeating: 0, count: layers.count)
    for decomposition in candidate.decompositions {
      guard let layer = indexByName[decomposition.layer],
        let rank = layers[layer].ranks.firstIndex(of: decomposition.rank)
      else { return nil }
      options[layer] = rank + 1
    }
    return options
  }

  package func candidate(options: [Int]) -> Candidate {
    var ranks: [String: Int] = [:]
    for (layer, option) in zip(layers, options) where option > 0 { ranks[layer.name] = layer.ranks[option - 1] }
    return Candidate(ranks: ranks)
  }

  package func cost(options: [Int]) -> Cost {
    var cost = denseCost
    // By index: a layer that is taken out is copied.
    for layer in layers.indices {
      cost.parameters -= layers[layer].savedParameters[options[layer]]
      cost.multiplyAdds -= layers[layer].savedMultiplyAdds[options[layer]]
    }
    return cost
  }

  /// P and M: shares of the dense network's parameters and multiply-adds that are saved.
  package func saved(_ cost: Cost) -> (parameters: Double, multiplyAdds: Double) {
    (
      Double(denseCost.parameters - cost.parameters) / Double(denseCost.parameters),
      Double(denseCost.multiplyAdds - cost.multiplyAdds) / Double(denseCost.multiplyAdds)
    )
  }
}

extension EffectSpace {
  /// By layer of the architecture.
  private static func blocks(of architecture: Architecture) -> [Int] {
    var blocks = Array(repeating: 0, count: architecture.layers.count)
    for (index, block) in architecture.blocks.enumerated() {
      blocks[block.first] = index + 1
      blocks[block.second] = index + 1
      if case .projection(let layer) = block.shortcut { blocks[layer] = index + 1 }
    }
    blocks[architecture.classifier] = architecture.blocks.count + 1
    return blocks
  }

  /// 1, share of the weights, share of the multiply-adds, depth, second convolution of its block, stride 2.
  private static func features(of indices: [Int], in architecture: Architecture) -> [[Double]] {
    let seconds = Set(architecture.blocks.map(\.second))
    var columns: [[Double]] = [[], [], [], [], []]
    for index in indices {
      let layer = architecture.layers[index]
      let weights = Double(layer.outputChannels * layer.filterSize)
      columns[0].append(weights)
      columns[1].append(weights * Double(layer.outputSize * layer.outputSize))
      columns[2].append(Double(index))
      columns[3].append(seconds.contains(index) ? 1 : 0)
      columns[4].append(layer.stride > 1 ? 1 : 0)
    }
    let scaled = columns.map(standardized)
    return indices.indices.map { position in [1] + scaled.map { $0[position] } }
  }

  /// Mean 0 and variance 1; 0 where all are equal.
  static func standardized(_ values: [Double]) -> [Double] {
    let mean = Statistics.mean(values)
    var squares = 0.0
    for value in values { squares += (value - mean) * (value - mean) }
    guard squares > 0 else { return values.map { _ in 0 } }
    let deviation = (squares / Double(values.count)).squareRoot()
    return values.map { ($0 - mean) / deviation }
  }
}
