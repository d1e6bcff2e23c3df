import Randomness

/// The weights of the linear model in one vector, and the rows of candidates over them. Their order is μ, γ, α by
/// layer, δ by layer and rank, w by pair and both ranks, κ_P, κ_M, and the lower rungs' own weights.
struct EffectWeights: Sendable {
  let space: EffectSpace
  let priors: EffectPriors
  let count: Int
  /// The prior mean of each weight; `variance` has the prior variances.
  let mean: [Double]
  let variance: [Double]
  private let layerStart: Int
  private let rankStarts: [Int]
  private let pairStarts: [Int]
  private let curvatureStart: Int
  /// ψ by layer and option.
  let reductions: [[Double]]
  private let rungs: EffectRungs?
  /// The index of the first of the lower rungs' own weights.
  let rungStart: Int
  /// ψ₁; empty without lower rungs.
  private let rungReductions: [[Double]]

  /// - Parameter rungs: the rungs of the trainings; `nil` for the weights of the top rung alone.
  init(space: EffectSpace, priors: EffectPriors, baseline: Double, rungs: EffectRungs? = nil) {
    self.space = space
    self.priors = priors
    self.rungs = rungs
    let hasRungs = rungs.map { $0.count > 0 } ?? false
    rungReductions = hasRungs ? EffectRungs.reductions(in: space) : []
    layerStart = 1 + space.featureCount
    var next = layerStart + space.layers.count
    var rankStarts: [Int] = []
    for layer in space.layers {
      rankStarts.append(next)
      next += layer.ranks.count
    }
    var pairStarts: [Int] = []
    for pair in space.pairs {
      pairStarts.append(next)
      next += space.layers[pair.first].ranks.count * space.layers[pair.second].ranks.count
    }
    curvatureStart = next
    rungStart = next + 2
    let own = hasRungs ? rungs.map { (means: $0.means(in: space), variances: $0.variances(priors, in: space)) } : nil
    count = rungStart + (own?.means.count ?? 0)
    self.rankStarts = rankStarts
    self.pairStarts = pairStarts
    reductions = Self.reductions(in: space, exponent: priors[.exponent])

    var mean = Array(repeating: 0.0, count: rungStart)
    mean[0] = baseline
    mean[1] = EffectPriors.damageOfAll / Double(max(1, space.layers.count))
    self.mean = mean + (own?.means ?? [])
    func repeated(_ parameter: EffectPriors.Parameter, _ count: Int) -> [Double] {
      Array(repeating: priors.variance(parameter), count: count)
    }
    variance =
      [EffectPriors.baseVariance] + repeated(.features, space.featureCount)
      + repeated(.layer, space.layers.count)
      + repeated(.rank, (pairStarts.first ?? curvatureStart) - (rankStarts.first ?? curvatureStart))
      + repeated(.pair, curvatureStart - (pairStarts.first ?? curvatureStart)) + repeated(.curvature, 2)
      + (own?.variances ?? [])
  }

  /// Returns ψ(r) = (1 − r/N)^p by layer and option; 0 for the dense option.
  static func reductions(in space: EffectSpace, exponent: Double) -> [[Double]] {
    space.layers.map { layer in
      [0]
        + layer.ranks.map { rank in
          let share = 1 - Double(rank) / Double(layer.outputChannels)
          // Legal ranks are below N; the logarithm needs a share above 0.
          guard share > 0 else { return 0 }
          return StableMath.exponential(ofNonPositive: exponent * StableMath.logarithm(share))
        }
    }
  }

  /// Returns the sum of φ ψ over the layers, by feature.
  func featureSums(_ options: [Int]) -> [Double] {
    var sums = Array(repeating: 0.0, count: space.featureCount)
    for (index, option) in options.enumerated() where option > 0 {
      for (feature, value) in space.layers[index].features.enumerated() {
        sums[feature] += value * reductions[index][option]
      }
      if let truncation = space.layers[index].truncation {
        sums[EffectSpace.featureCount] += truncation[option] * reductions[index][option]
      }
      if let feature = space.layers[index].variantFeatures[option] { sums[feature] += reductions[index][option] }
    }
    return sums
  }

  /// Returns a training's row at its rung: score = Σ value · weight. Below the top, shared weights are scaled by ρ, and
  /// μ is left out.
  func row(_ options: [Int], training: Int) -> [(index: Int, value: Double)] {
    let shared = row(options)
    guard let rungs, rungs.count > 0, rungs.rungs[training] > 0 else { return shared }
    let scale = priors.scale(ofRung: rungs.rungs[training])
    return shared.filter { $0.index > 0 }.map { ($0.index, scale * $0.value) }
      + rungs.row(of: training, options, reductions: rungReductions).map { (rungStart + $0.index, $0.value) }
  }

  /// Returns the candidate's row at the top: accuracy = Σ value · weight.
  func row(_ options: [Int]) -> [(index: Int, value: Double)] {
    var row: [(index: Int, value: Double)] = [(0, 1)]
    for (feature, sum) in featureSums(options).enumerated() { row.append((1 + feature, -sum)) }
    for (layer, option) in options.enumerated() where option > 0 {
      row.append((layerStart + layer, -reductions[layer][option]))
      row.append((rankStarts[layer] + option - 1, -1))
    }
    for (index, pair) in space.pairs.enumerated() {
      let (first, second) = (options[pair.first], options[pair.second])
      if first > 0, second > 0 { row.append((pairIndex(index, first, second), -1)) }
    }
    let saved = space.saved(space.cost(options: options))
    row.append((curvatureStart, -saved.parameters * saved.parameters))
    row.append((curvatureStart + 1, -saved.multiplyAdds * saved.multiplyAdds))
    return row
  }

  /// Returns the row of an option's damage in its layer alone: damage = Σ value · weight.
  func row(ofLayer index: Int, option: Int) -> [(index: Int, value: Double)] {
    let (layer, reduction) = (space.layers[index], reductions[index][option])
    var row = layer.features.enumerated().map { (index: 1 + $0.offset, value: $0.element * reduction) }
    if let truncation = layer.truncation { row.append((1 + EffectSpace.featureCount, truncation[option] * reduction)) }
    if let feature = layer.variantFeatures[option] { row.append((1 + feature, reduction)) }
    return row + [(layerStart + index, reduction), (rankStarts[index] + option - 1, 1)]
  }

  /// Returns the row of the damage that two options do together beyond each alone.
  func row(ofPair index: Int, _ first: Int, _ second: Int) -> [(index: Int, value: Double)] {
    [(pairIndex(index, first, second), 1)]
  }

  private func pairIndex(_ pair: Int, _ first: Int, _ second: Int) -> Int {
    pairStarts[pair] + (first - 1) * space.layers[space.pairs[pair].second].ranks.count + second - 1
  }

  /// Returns the effects of the given weights: the damage of each option of a layer and of each pair of options.
  func effects(_ weights: [Double]) -> Effects {
    let layers = space.layers.enumerated().map { index, layer in
      var slope = weights[layerStart + index]
      for (feature, value) in layer.features.enumerated() { slope += value * weights[1 + feature] }
      return [0]
        + layer.ranks.indices.map { rank -> Double in
          var own = layer.truncation.map { $0[rank + 1] * weights[1 + EffectSpace.featureCount] } ?? 0
          if let feature = layer.variantFeatures[rank + 1] { own += weights[1 + feature] }
          return (slope + own) * reductions[index][rank + 1] + weights[rankStarts[index] + rank]
        }
    }
    let pairs = space.pairs.enumerated().map { index, pair in
      let (rows, columns) = (space.layers[pair.first].optionCount, space.layers[pair.second].optionCount)
      var damage = Array(repeating: 0.0, count: rows * columns)
      for first in 1..<rows {
        for second in 1..<columns { damage[first * columns + second] = weights[pairIndex(index, first, second)] }
      }
      return damage
    }
    return Effects(
      base: weights[0], layers: layers, pairs: pairs, parameterCurvature: weights[curvatureStart],
      multiplyAddCurvature: weights[curvatureStart + 1])
  }
}
