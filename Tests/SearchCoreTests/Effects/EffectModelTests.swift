import Randomness
import Testing

@testable import SearchCore

@Suite("model of effects")
struct EffectModelTests {
  static func space(
    _ include: [String] = ["*conv*"], truncation: TruncationErrors? = nil, others: [BasisVariant] = []
  ) throws -> EffectSpace {
    EffectSpace(
      try SearchSpace(
        architecture: Architecture(.resnet8), ranks: .fractions([0.25, 0.5]), include: include, others: others),
      truncation: truncation)
  }

  static func randomOptions(_ space: EffectSpace, _ random: inout StableRandom) -> [Int] {
    space.layers.map { random.integer(below: $0.optionCount) }
  }

  private static func trainings(
    _ count: Int, of truth: Effects, in space: EffectSpace, noise: Double, _ random: inout StableRandom
  ) -> [EffectTraining] {
    (0..<count).map { _ in
      let options = randomOptions(space, &random)
      let accuracy = truth.base - truth.damage(options, in: space) + noise * random.normal()
      return EffectTraining(options: options, seed: UInt64(random.integer(below: 3)), score: accuracy)
    }
  }

  /// The prior covariance of two trainings, term by term as in the formula.
  static func covariance(
    _ left: EffectTraining, _ right: EffectTraining, _ model: EffectModel, isSame: Bool
  ) -> Double {
    let (space, priors) = (model.space, model.priors)
    func psi(_ layer: Int, _ option: Int) -> Double {
      guard option > 0 else { return 0 }
      let description = space.layers[layer]
      let share = 1 - Double(description.ranks[option - 1]) / Double(description.outputChannels)
      return StableMath.exponential(ofNonPositive: priors[.exponent] * StableMath.logarithm(share))
    }
    var sum = EffectPriors.baseVariance
    for feature in 0..<EffectSpace.featureCount {
      var (a, b) = (0.0, 0.0)
      for layer in space.layers.indices {
        a += space.layers[layer].features[feature] * psi(layer, left.options[layer])
        b += space.layers[layer].features[feature] * psi(layer, right.options[layer])
      }
      sum += priors.variance(.features) * a * b
    }
    func truncation(_ options: [Int]) -> Double {
      options.enumerated().reduce(0) { $0 + (space.layers[$1.0].truncation?[$1.1] ?? 0) * psi($1.0, $1.1) }
    }
    sum += priors.variance(.features) * truncation(left.options) * truncation(right.options)
    // A weight for each variant except the study's own, over all layers.
    for variant in Set(space.layers.flatMap { $0.forms.compactMap(\.variant) }) {
      func damage(_ options: [Int]) -> Double {
        options.enumerated().reduce(0) { sum, layer in
          let isOfVariant = layer.1 > 0 && space.layers[layer.0].forms[layer.1 - 1].variant == variant
          return sum + (isOfVariant ? psi(layer.0, layer.1) : 0)
        }
      }
      sum += priors.variance(.features) * damage(left.options) * damage(right.options)
    }
    func shares(_ layer: Int) -> Bool { left.options[layer] > 0 && left.options[layer] == right.options[layer] }
    for layer in space.layers.indices {
      sum += priors.variance(.layer) * psi(layer, left.options[layer]) * psi(layer, right.options[layer])
      if shares(layer) { sum += priors.variance(.rank) }
    }
    for pair in space.pairs where shares(pair.first) && shares(pair.second) { sum += priors.variance(.pair) }
    let (a, b) = (
      space.saved(space.cost(options: left.options)), space.saved(space.cost(options: right.options))
    )
    sum +=
      priors.variance(.curvature)
      * (a.parameters * a.parameters * b.parameters * b.parameters
        + a.multiplyAdds * a.multiplyAdds * b.multiplyAdds * b.multiplyAdds)
    if left.options == right.options { sum += priors.variance(.candidate) }
    if left.seed == right.seed { sum += priors.variance(.seed) }
    return sum + (isSame ? priors.variance(.noise) : 0)
  }

  /// Solves a linear system by Gaussian elimination.
  static func solved(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
    var (a, b) = (matrix, right)
    for column in b.indices {
      let pivot = b.indices[column...].max { abs(a[$0][column]) < abs(a[$1][column]) } ?? column
      a.swapAt(column, pivot)
      b.swapAt(column, pivot)
      for row in b.indices where row != column {
        let factor = a[row][column] / a[column][column]
        for other in column..<b.count { a[row][other] -= factor * a[column][other] }
        b[row] -= factor * b[column]
      }
    }
    return b.indices.map { b[$0] / a[$0][$0] }
  }

  @Test(
    "the posterior is that of the whole covariance, written down and eliminated",
    arguments: [[], [BasisVariant.tied, .grouped(2)]])
  func posterior(others: [BasisVariant]) throws {
    var random = StableRandom(seed: 11)
    let space = try Self.space(others: others)
    let truth = EffectModel(space: space, trainings: []).draw(&random).effects
    var trainings = Self.trainings(20, of: truth, in: space, noise: 1, &random)
    trainings.append(EffectTraining(options: trainings[0].options, seed: 7, score: 44))
    var priors = EffectPriors.default
    for parameter in EffectPriors.Parameter.allCases { priors = priors.moved(parameter, by: 1) ?? priors }
    let model = EffectModel(space: space, trainings: trainings, priors: priors)

    let matrix = trainings.indices.map { row in
      trainings.indices.map { Self.covariance(trainings[row], trainings[$0], model, isSame: row == $0) }
    }
    func priorMean(_ options: [Int]) -> Double {
      var sum = 0.0
      for (layer, option) in options.enumerated() where option > 0 {
        let share = 1 - Double(space.layers[layer].ranks[option - 1]) / Double(space.layers[layer].outputChannels)
        sum += StableMath.exponential(ofNonPositive: priors[.exponent] * StableMath.logarithm(share))
      }
      return Statistics.mean(trainings.map(\.score)) - EffectPriors.damageOfAll / 7 * sum
    }
    let weights = Self.solved(matrix, trainings.map { $0.score - priorMean($0.options) })
    for options in [
      trainings[0].options, trainings[5].options, Self.randomOptions(space, &random), space.layers.map { _ in 0 },
    ] {
      // A new seed without noise: the expectation over seeds.
      let asked = EffectTraining(options: options, seed: 1000, score: 0)
      let covariances = trainings.map { Self.covariance(asked, $0, model, isSame: false) }
      var mean = priorMean(options)
      for (weight, covariance) in zip(weights, covariances) { mean += weight * covariance }
      var variance = Self.covariance(asked, asked, model, isSame: false) - priors.variance(.seed)
      for (left, right) in zip(covariances, Self.solved(matrix, covariances)) { variance -= left * right }
      let estimate = model.estimate(options)
      #expect(abs(estimate.mean - mean) < 1e-9)
      #expect(abs(estimate.deviation - variance.squareRoot()) < 1e-8)
      let expected = model.effects.base - model.effects.damage(options, in: space) + model.expectedParticular(options)
      #expect(abs(expected - mean) < 1e-9)
    }
  }

  @Test("known effects are found again, and intervals hold what they say")
  func recovery() throws {
    let found = try recovered(worlds: 20, trainings: 80) { _, _ in }
    #expect(found.error < 0.45)
    #expect(found.inside > 0.85)
  }

  @Test("intervals hold what they say where pairs of layers cost as much as layers do")
  func strongPairs() throws {
    let space = try Self.space()
    let found = try recovered(worlds: 6, trainings: 80) { truth, random in
      for (index, pair) in space.pairs.enumerated() {
        let counts = (space.optionCounts[pair.first], space.optionCounts[pair.second])
        for first in 1..<counts.0 {
          for second in 1..<counts.1 { truth.pairs[index][first * counts.1 + second] = 0.6 * random.normal() }
        }
      }
    }
    #expect(found.error < 1.2)
    #expect(found.inside > 0.85)
  }

  /// Estimates the damage of candidates from trainings of others, in random worlds. Returns the root mean square error,
  /// in points, and the share of estimates whose 90 % interval contains the truth.
  private func recovered(
    worlds: UInt64, trainings count: Int, changing: (inout Effects, inout StableRandom) -> Void
  ) throws -> (error: Double, inside: Double) {
    let space = try Self.space()
    var inside = 0
    var asked = 0
    var squares = 0.0
    for seed in 0..<worlds {
      var random = StableRandom(seed: seed, purpose: "recovery")
      var truth = EffectModel(space: space, trainings: []).draw(&random).effects
      changing(&truth, &random)
      let trainings = Self.trainings(count, of: truth, in: space, noise: 1, &random)
      let model = EffectModel(space: space, trainings: trainings)
      for _ in 0..<20 {
        let options = Self.randomOptions(space, &random)
        let estimate = model.estimate(options)
        let error = estimate.mean - (truth.base - truth.damage(options, in: space))
        squares += error * error
        asked += 1
        // The intervals include a candidate's own deviation, which the truth does not have.
        if abs(error) < 1.645 * estimate.deviation { inside += 1 }
      }
    }
    return ((squares / Double(asked)).squareRoot(), Double(inside) / Double(asked))
  }

  @Test("draws have the posterior's mean and deviation")
  func draws() throws {
    var random = StableRandom(seed: 21)
    let space = try Self.space()
    let truth = EffectModel(space: space, trainings: []).draw(&random).effects
    let trainings = Self.trainings(30, of: truth, in: space, noise: 1, &random)
    let model = EffectModel(space: space, trainings: trainings)
    for index in [0, 3] {
      let options = model.trained[index]
      let values = (0..<4000).map { _ in
        let draw = model.draw(&random)
        return draw.effects.base - draw.effects.damage(options, in: space) + draw.particular[index]
      }
      let estimate = model.estimate(options)
      #expect(abs(Statistics.mean(values) - estimate.mean) < 5 * estimate.deviation / 4000.0.squareRoot())
      let deviation = try #require(Statistics.sampleVariance(values)?.squareRoot())
      #expect(abs(deviation / estimate.deviation - 1) < 0.08)
    }
  }

  @Test("many repetitions of one candidate pull its estimate to their mean")
  func repetitions() throws {
    var random = StableRandom(seed: 5)
    let space = try Self.space()
    let truth = EffectModel(space: space, trainings: []).draw(&random).effects
    var trainings = Self.trainings(30, of: truth, in: space, noise: 1, &random)
    let options = trainings[4].options
    let mean = truth.base - truth.damage(options, in: space) + 3
    for seed in 0..<80 as Range<UInt64> {
      trainings.append(EffectTraining(options: options, seed: 100 + seed, score: mean + random.normal()))
    }
    let estimate = EffectModel(space: space, trainings: trainings).estimate(options)
    #expect(abs(estimate.mean - mean) < 0.4)
    #expect(estimate.deviation < 0.25)
  }

  @Test("without trainings the prior, with one little more")
  func few() throws {
    let space = try Self.space()
    let dense = space.layers.map { _ in 0 }
    let all = space.layers.map { _ in 1 }
    let empty = EffectModel(space: space, trainings: [])
    #expect(empty.priors == .default)
    #expect(empty.estimate(dense).mean == 50)
    #expect(empty.estimate(all).mean < 50)
    #expect(empty.estimate(dense).deviation > 10)
    let one = EffectModel(
      space: space, trainings: [EffectTraining(options: dense, seed: 1, score: 60)])
    #expect(abs(one.estimate(dense).mean - 60) < 0.1)
    #expect(one.estimate(all).mean < 60)
    #expect(one.estimate(dense).deviation < 2)
  }

  @Test("a common seed that was lucky is told apart from its candidates")
  func seeds() throws {
    let space = try Self.space()
    var random = StableRandom(seed: 8)
    let truth = EffectModel(space: space, trainings: []).draw(&random).effects
    var trainings: [EffectTraining] = []
    for _ in 0..<40 {
      let options = Self.randomOptions(space, &random)
      let accuracy = truth.base - truth.damage(options, in: space)
      for seed in 0..<2 as Range<UInt64> {
        trainings.append(
          EffectTraining(
            options: options, seed: seed, score: accuracy + (seed == 0 ? 2.5 : -2.5) + 0.3 * random.normal()))
      }
    }
    let model = EffectModel(space: space, trainings: trainings)
    #expect(model.priors[.seed] >= 0.8)
    #expect(model.priors[.noise] < 0.6)
  }
}
