/// The covariance of trainings' accuracies under any priors: a sum of parts that the priors weigh, each made once.
struct EffectCovariance {
  private let space: EffectSpace
  private let trainings: [EffectTraining]
  private let count: Int
  /// Lower triangles, row by row. What depends on the exponent is made again where that changes.
  private var exponent: Double?
  private var features: [Double] = []
  private var layers: [Double] = []
  private var ranks: [Double]
  private var pairs: [Double]
  private var curvature: [Double]
  private var candidates: [Double]
  private var seeds: [Double]

  init(space: EffectSpace, trainings: [EffectTraining]) {
    self.space = space
    self.trainings = trainings
    count = trainings.count
    let size = count * (count + 1) / 2
    ranks = Array(repeating: 0, count: size)
    pairs = ranks
    curvature = ranks
    candidates = ranks
    seeds = ranks
    let squares = trainings.map { training in
      let saved = space.saved(space.cost(options: training.options))
      return (saved.parameters * saved.parameters, saved.multiplyAdds * saved.multiplyAdds)
    }
    var shared = Array(repeating: false, count: space.layers.count)
    var index = 0
    for row in 0..<count {
      let left = trainings[row]
      for column in 0...row {
        let right = trainings[column]
        var equal = 0
        for layer in shared.indices {
          shared[layer] = left.options[layer] > 0 && left.options[layer] == right.options[layer]
          if shared[layer] { equal += 1 }
        }
        ranks[index] = Double(equal)
        if equal > 1 {
          var both = 0
          for pair in space.pairs where shared[pair.first] && shared[pair.second] { both += 1 }
          pairs[index] = Double(both)
        }
        curvature[index] = squares[row].0 * squares[column].0 + squares[row].1 * squares[column].1
        candidates[index] = left.options == right.options ? 1 : 0
        seeds[index] = left.seed == right.seed ? 1 : 0
        index += 1
      }
    }
  }

  /// n × n row by row, its lower triangle filled.
  mutating func matrix(_ priors: EffectPriors) -> [Double] {
    if exponent != priors[.exponent] { prepareReductions(priors) }
    let featureVariance = priors.variance(.features)
    let layerVariance = priors.variance(.layer)
    let rankVariance = priors.variance(.rank)
    let pairVariance = priors.variance(.pair)
    let curvatureVariance = priors.variance(.curvature)
    let candidateVariance = priors.variance(.candidate)
    let seedVariance = priors.variance(.seed)
    var matrix = Array(repeating: 0.0, count: count * count)
    var index = 0
    for row in 0..<count {
      for column in 0...row {
        var value = EffectPriors.baseVariance + featureVariance * features[index] + layerVariance * layers[index]
        value += rankVariance * ranks[index] + pairVariance * pairs[index] + curvatureVariance * curvature[index]
        value += candidateVariance * candidates[index] + seedVariance * seeds[index]
        matrix[row * count + column] = value
        index += 1
      }
      matrix[row * count + row] += priors.variance(.noise)
    }
    return matrix
  }

  private mutating func prepareReductions(_ priors: EffectPriors) {
    exponent = priors[.exponent]
    let weights = EffectWeights(space: space, priors: priors, baseline: 0)
    let sums = trainings.map { weights.featureSums($0.options) }
    let values = trainings.map { training in
      training.options.enumerated().map { weights.reductions[$0][$1] }
    }
    features = []
    layers = []
    features.reserveCapacity(ranks.count)
    layers.reserveCapacity(ranks.count)
    for row in 0..<count {
      for column in 0...row {
        var feature = 0.0
        for (left, right) in zip(sums[row], sums[column]) { feature += left * right }
        features.append(feature)
        var layer = 0.0
        for (left, right) in zip(values[row], values[column]) { layer += left * right }
        layers.append(layer)
      }
    }
  }
}
