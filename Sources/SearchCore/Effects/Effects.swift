/// The effects of decomposing on accuracy, in points, from one value of each weight of the model, drawn or expected.
package struct Effects: Sendable {
  /// μ: accuracy of the dense network.
  package var base: Double
  /// By layer and option, the accuracy that the option costs; 0 for the dense option.
  package var layers: [[Double]]
  /// By pair of the space, with one row for each option of the first layer: the accuracy that both options cost beyond
  /// each alone; 0 if one is dense.
  package var pairs: [[Double]]
  /// κ_P and κ_M.
  package var parameterCurvature: Double
  package var multiplyAddCurvature: Double

  package init(
    base: Double, layers: [[Double]], pairs: [[Double]], parameterCurvature: Double, multiplyAddCurvature: Double
  ) {
    self.base = base
    self.layers = layers
    self.pairs = pairs
    self.parameterCurvature = parameterCurvature
    self.multiplyAddCurvature = multiplyAddCurvature
  }

  /// Returns effects under which every candidate is as accurate as the dense network.
  static func none(in space: EffectSpace) -> Effects {
    Effects(
      base: 0, layers: space.layers.map { Array(repeating: 0, count: $0.optionCount) },
      pairs: space.pairs.map { pair in
        Array(repeating: 0, count: space.optionCounts[pair.first] * space.optionCounts[pair.second])
      }, parameterCurvature: 0, multiplyAddCurvature: 0)
  }

  /// Returns g, the accuracy that the candidate loses, in points.
  package func damage(_ options: [Int], in space: EffectSpace) -> Double {
    damage(options, costing: space.cost(options: options), in: space)
  }

  /// Returns g of a candidate whose cost is known.
  func damage(_ options: [Int], costing cost: Cost, in space: EffectSpace) -> Double {
    var damage = 0.0
    for (layer, option) in options.enumerated() { damage += layers[layer][option] }
    for (index, pair) in space.pairs.enumerated() {
      damage += pairs[index][options[pair.first] * space.optionCounts[pair.second] + options[pair.second]]
    }
    return damage + curvature(cost, in: space)
  }

  /// Returns the damage that depends on the costs alone.
  func curvature(_ cost: Cost, in space: EffectSpace) -> Double {
    let saved = space.saved(cost)
    return parameterCurvature * saved.parameters * saved.parameters
      + multiplyAddCurvature * saved.multiplyAdds * saved.multiplyAdds
  }
}
