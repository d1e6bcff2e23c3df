/// The covariance matrix of the trainings' scores under any priors: a sum of components weighted by the priors'
/// variances. Each component is computed once.
struct EffectCovariance {
  private let space: EffectSpace
  private let trainings: [EffectTraining]
  private let count: Int
  /// The exponent for which `features` and `layers` were computed; they are recomputed when it changes. All components
  /// are lower triangles, row by row.
  private var exponent: Double?
  private var features: [Double] = []
  private var layers: [Double] = []
  private var ranks: [Double]
  private var pairs: [Double]
  private var curvature: [Double]
  private var candidates: [Double]
  private var seeds: [Double]
  private let rungs: EffectRungs
  /// The component of damage particular to a lower rung; empty without lower rungs.
  private var deviations: [Double] = []
  /// The matrix positions of two figures of the same training at different rungs.
  private var sameCourse: [(row: Int, column: Int)] = []

  init(space: EffectSpace, trainings: [EffectTraining], rungs: EffectRungs) {
    self.space = space
    self.trainings = trainings
    self.rungs = rungs
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
    if rungs.count > 0 { prepareRungs() }
  }

  private mutating func prepareRungs() {
    let reductions = EffectRungs.reductions(in: space)
    let values = trainings.map { training in training.options.enumerated().map { reductions[$0][$1] } }
    let sums = values.map { $0.reduce(0, +) }
    deviations.reserveCapacity(ranks.count)
    for row in 0..<count {
      for column in 0...row {
        var deviation = sums[row] * sums[column]
        for (left, right) in zip(values[row], values[column]) { deviation += left * right }
        deviations.append(deviation)
        if column < row, rungs.courses[row] == rungs.courses[column] { sameCourse.append((row, column)) }
      }
    }
  }

  /// Returns the matrix, n × n row by row, with only its lower triangle filled.
  mutating func matrix(_ priors: EffectPriors) -> [Double] {
    if exponent != priors[.exponent] { prepareReductions(priors) }
    return rungs.count > 0 ? matrixOverRungs(priors) : matrixOfTop(priors)
  }

  private func matrixOfTop(_ priors: EffectPriors) -> [Double] {
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

  /// Returns the matrix of trainings at several rungs. Shared effects are scaled by ρ; a rung's own damage, candidate
  /// effects and seed effects covary within the rung only. The noise of one training at two rungs is correlated.
  private func matrixOverRungs(_ priors: EffectPriors) -> [Double] {
    let featureVariance = priors.variance(.features)
    let layerVariance = priors.variance(.layer)
    let rankVariance = priors.variance(.rank)
    let pairVariance = priors.variance(.pair)
    let curvatureVariance = priors.variance(.curvature)
    let candidateVariance = priors.variance(.candidate)
    let scales = (0...rungs.count).map { priors.scale(ofRung: $0) }
    let noises = (0...rungs.count).map { priors.noise(ofRung: $0) }
    let correlations = (0...rungs.count).map { priors.correlation(ofRung: $0) }
    let seedVariances = [priors.variance(.seed)] + priors.rungs.map { $0.variance(.seed) }
    let deviationVariances = [0] + priors.rungs.map { $0.variance(.deviation) }
    let ownVariances = [0] + priors.rungs.map { $0.variance(.candidate) }
    var matrix = Array(repeating: 0.0, count: count * count)
    var index = 0
    for row in 0..<count {
      let rung = rungs.rungs[row]
      for column in 0...row {
        var shared = featureVariance * features[index] + layerVariance * layers[index] + rankVariance * ranks[index]
        shared += pairVariance * pairs[index] + curvatureVariance * curvature[index]
        shared += candidateVariance * candidates[index]
        var value = scales[rung] * scales[rungs.rungs[column]] * shared
        if rungs.rungs[column] == rung {
          value += EffectPriors.baseVariance + seedVariances[rung] * seeds[index]
          value += deviationVariances[rung] * deviations[index] + ownVariances[rung] * candidates[index]
        }
        matrix[row * count + column] = value
        index += 1
      }
      matrix[row * count + row] += noises[rung] * noises[rung]
    }
    for (row, column) in sameCourse {
      let (left, right) = (rungs.rungs[row], rungs.rungs[column])
      matrix[row * count + column] += correlations[left] * noises[left] * correlations[right] * noises[right]
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
