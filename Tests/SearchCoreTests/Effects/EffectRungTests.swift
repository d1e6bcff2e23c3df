import Randomness
import Testing

@testable import SearchCore

@Suite("model of effects over rungs")
struct EffectRungTests {
  /// A synthetic lower rung: how much of the top's damage it has, and its own damage.
  struct Rung {
    var scale: Double
    var own: Effects?
    var noise: Double
    /// The correlation of its noise with the top's.
    var correlation = 0.0
  }

  static func truth(_ space: EffectSpace, _ random: inout StableRandom) -> Effects {
    EffectModel(space: space, trainings: []).draw(&random).effects
  }

  /// Trainings of every candidate at the lower rung, and of the first `promoted` at the top as well.
  static func trainings(
    _ count: Int, promoted: Int, of truth: Effects, in space: EffectSpace, noise: Double, _ rung: Rung,
    _ random: inout StableRandom
  ) -> [EffectTraining] {
    (0..<count).flatMap { number in
      let options = EffectModelTests.randomOptions(space, &random)
      let seed = UInt64(random.integer(below: 3))
      let (luck, other) = (random.normal(), random.normal())
      let damage = truth.damage(options, in: space)
      let own = rung.own?.damage(options, in: space) ?? 0
      let shared = rung.correlation * luck + (1 - rung.correlation * rung.correlation).squareRoot() * other
      let top = EffectTraining(options: options, seed: seed, score: truth.base - damage + noise * luck)
      let low = EffectTraining(
        options: options, seed: seed, score: 30 - rung.scale * damage - own + rung.noise * shared, rung: 1)
      return number < promoted ? [low, top] : [low]
    }
  }

  /// Effects in which all options of all layers do the same damage, three times the mean damage in `truth`.
  private static func uniform(_ truth: Effects, _ space: EffectSpace) -> Effects {
    let damages = truth.layers.flatMap { $0.dropFirst() }
    let mean = max(0.3, Statistics.mean(damages))
    return Effects(
      base: truth.base,
      layers: truth.layers.map { $0.map { _ in 0 }.enumerated().map { $0.offset == 0 ? 0 : 3 * mean } },
      pairs: truth.pairs.map { $0.map { _ in 0 } }, parameterCurvature: 0, multiplyAddCurvature: 0)
  }

  // MARK: exactness

  /// The prior covariance of two trainings over rungs, term by term.
  private static func covariance(
    _ left: EffectTraining, _ right: EffectTraining, _ model: EffectModel, isSame: Bool, isSameCourse: Bool
  ) -> Double {
    let (space, priors) = (model.space, model.priors)
    let isSameSeed = left.seed == right.seed
    var shared = EffectModelTests.covariance(left, right, model, isSame: false) - EffectPriors.baseVariance
    if isSameSeed { shared -= priors.variance(.seed) }
    func scale(_ rung: Int) -> Double { rung == 0 ? 1 : priors.rungs[rung - 1][.scale] }
    func noise(_ rung: Int) -> Double { rung == 0 ? priors[.noise] : priors.rungs[rung - 1][.noise] }
    func correlation(_ rung: Int) -> Double { rung == 0 ? 1 : priors.rungs[rung - 1][.correlation] }
    var sum = scale(left.rung) * scale(right.rung) * shared
    if left.rung == right.rung {
      sum += EffectPriors.baseVariance
      if left.rung == 0 {
        if isSameSeed { sum += priors.variance(.seed) }
      } else {
        let own = priors.rungs[left.rung - 1]
        func share(_ layer: Int, _ option: Int) -> Double {
          guard option > 0 else { return 0 }
          return 1 - Double(space.layers[layer].ranks[option - 1]) / Double(space.layers[layer].outputChannels)
        }
        var (a, b, both) = (0.0, 0.0, 0.0)
        for layer in space.layers.indices {
          let (l, r) = (share(layer, left.options[layer]), share(layer, right.options[layer]))
          a += l
          b += r
          both += l * r
        }
        sum += own.variance(.deviation) * (a * b + both)
        if left.options == right.options { sum += own.variance(.candidate) }
        if isSameSeed { sum += own.variance(.seed) }
      }
    }
    if isSame { return sum + noise(left.rung) * noise(left.rung) }
    guard isSameCourse else { return sum }
    return sum + correlation(left.rung) * noise(left.rung) * correlation(right.rung) * noise(right.rung)
  }

  @Test("the posterior is that of the whole covariance, written down and eliminated", arguments: [false, true])
  func posterior(withTruncation: Bool) throws {
    var random = StableRandom(seed: 12)
    let names = try EffectModelTests.space().layers
    let errors = Dictionary(
      uniqueKeysWithValues: names.map { layer in
        (layer.name, Dictionary(uniqueKeysWithValues: layer.ranks.map { ($0, random.uniform()) }))
      })
    let space = try EffectModelTests.space(truncation: withTruncation ? TruncationErrors(errors) : nil)
    let truth = Self.truth(space, &random)
    // Two lower rungs. The last training of the second has no counterpart at the others, and one candidate comes twice
    // under one seed.
    var trainings = Self.trainings(
      14, promoted: 6, of: truth, in: space, noise: 1, Rung(scale: 0.7, noise: 0.8), &random)
    for training in trainings.prefix(6) {
      var lower = training
      lower.rung = 2
      lower.score -= 5
      trainings.append(lower)
    }
    trainings.append(trainings[0])
    trainings.append(trainings[1])
    trainings[trainings.count - 1].score += 1
    var priors = EffectPriors.default
    for parameter in EffectPriors.Parameter.allCases { priors = priors.moved(parameter, by: 1) ?? priors }
    priors.rungs = [.default, .default]
    for parameter in RungPriors.Parameter.allCases {
      priors.rungs[0] = try #require(priors.rungs[0].moved(parameter, by: parameter == .scale ? -1 : 1))
    }
    let model = EffectModel(space: space, trainings: trainings, priors: priors)
    #expect(priors.rungs[0] != priors.rungs[1] && model.rungs.counts.allSatisfy { $0 >= 3 })

    var occurrences: [EffectTraining: Int] = [:]
    let courses = trainings.map { training in
      var key = training
      key.score = 0
      occurrences[key, default: 0] += 1
      key.rung = 0
      return (
        key,
        occurrences[
          {
            var own = key; own.rung = training.rung; return own
          }()]
      )
    }
    func covariance(_ row: Int, _ column: Int) -> Double {
      Self.covariance(
        trainings[row], trainings[column], model, isSame: row == column,
        isSameCourse: courses[row].0 == courses[column].0 && courses[row].1 == courses[column].1)
    }
    let matrix = trainings.indices.map { row in trainings.indices.map { covariance(row, $0) } }
    func priorMean(_ options: [Int], rung: Int) -> Double {
      var sum = 0.0
      for (layer, option) in options.enumerated() where option > 0 {
        let share = 1 - Double(space.layers[layer].ranks[option - 1]) / Double(space.layers[layer].outputChannels)
        sum += StableMath.exponential(ofNonPositive: priors[.exponent] * StableMath.logarithm(share))
      }
      let scale = rung == 0 ? 1 : priors.rungs[rung - 1][.scale]
      return Statistics.mean(trainings.filter { $0.rung == rung }.map(\.score))
        - scale * EffectPriors.damageOfAll / 7 * sum
    }
    let weights = EffectModelTests.solved(
      matrix, trainings.map { $0.score - priorMean($0.options, rung: $0.rung) })
    for options in [
      trainings[0].options, trainings[13].options, EffectModelTests.randomOptions(space, &random),
      space.layers.map { _ in 0 },
    ] {
      let asked = EffectTraining(options: options, seed: 1000, score: 0)
      let covariances = trainings.map {
        Self.covariance(asked, $0, model, isSame: false, isSameCourse: false)
      }
      var mean = priorMean(options, rung: 0)
      for (weight, covariance) in zip(weights, covariances) { mean += weight * covariance }
      var variance =
        Self.covariance(asked, asked, model, isSame: false, isSameCourse: false) - priors.variance(.seed)
      for (left, right) in zip(covariances, EffectModelTests.solved(matrix, covariances)) { variance -= left * right }
      let estimate = model.estimate(options)
      #expect(abs(estimate.mean - mean) < 1e-9)
      #expect(abs(estimate.deviation - variance.squareRoot()) < 1e-8)
      let expected = model.effects.base - model.effects.damage(options, in: space) + model.expectedParticular(options)
      #expect(abs(expected - mean) < 1e-9)
    }
  }

  @Test("draws have the posterior's mean and deviation")
  func draws() throws {
    var random = StableRandom(seed: 22)
    let space = try EffectModelTests.space()
    let truth = Self.truth(space, &random)
    let trainings = Self.trainings(
      30, promoted: 10, of: truth, in: space, noise: 1, Rung(scale: 0.5, noise: 1, correlation: 0.6), &random)
    let model = EffectModel(space: space, trainings: trainings)
    // A candidate with trainings at both rungs, and one with the lower rung alone.
    for index in [3, 20] {
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

  // MARK: what a rung says

  @Test("how much of the top's damage a rung has is found again", arguments: [1, 0.5, 0])
  func scale(_ scale: Double) throws {
    let space = try EffectModelTests.space()
    var found: [Double] = []
    for seed in 0..<4 as Range<UInt64> {
      var random = StableRandom(seed: seed, purpose: "scale")
      let truth = Self.truth(space, &random)
      let trainings = Self.trainings(
        90, promoted: 60, of: truth, in: space, noise: 0.5, Rung(scale: scale, noise: 0.5, correlation: 0.5), &random)
      found.append(try #require(EffectModel(space: space, trainings: trainings).priors.rungs.first)[.scale])
    }
    #expect(abs(Statistics.mean(found) - scale) <= 0.25, "\(found)")
    #expect(found.allSatisfy { abs($0 - scale) <= 0.5 }, "\(found)")
  }

  @Test("a rung that agrees makes estimates better; one that says nothing or misleads hardly harms them")
  func worth() throws {
    let space = try EffectModelTests.space()
    /// Squared errors of all candidates' estimates, without and with the lower rung's trainings.
    func errors(_ rung: (Effects) -> Rung, seeds: Range<UInt64>) -> (without: Double, with: Double) {
      var (without, with) = (0.0, 0.0)
      for seed in seeds {
        var random = StableRandom(seed: seed, purpose: "worth")
        let truth = Self.truth(space, &random)
        let trainings = Self.trainings(
          80, promoted: 24, of: truth, in: space, noise: 1, rung(truth), &random)
        let top = EffectModel(space: space, trainings: trainings.filter { $0.rung == 0 })
        let all = EffectModel(space: space, trainings: trainings)
        for _ in 0..<40 {
          let options = EffectModelTests.randomOptions(space, &random)
          let expected = truth.base - truth.damage(options, in: space)
          for (model, isAll) in [(top, false), (all, true)] {
            let error = model.estimate(options).mean - expected
            if isAll { with += error * error } else { without += error * error }
          }
        }
      }
      return (without, with)
    }
    let good = errors({ _ in Rung(scale: 0.7, noise: 0.5) }, seeds: 0..<6)
    #expect(good.with < 0.9 * good.without, "\(good)")
    let silent = errors({ _ in Rung(scale: 0, noise: 0.5) }, seeds: 0..<6)
    #expect(silent.with < 1.15 * silent.without, "\(silent)")
    // The layers that suffer most at the top suffer least here.
    let misleading = errors({ Rung(scale: -2, own: Self.uniform($0, space), noise: 0.5) }, seeds: 0..<6)
    #expect(misleading.with < 1.35 * misleading.without, "\(misleading)")
  }

  @Test("a rung without its top, and a top without the rung")
  func few() throws {
    var random = StableRandom(seed: 31)
    let space = try EffectModelTests.space()
    let truth = Self.truth(space, &random)
    let trainings = Self.trainings(
      40, promoted: 0, of: truth, in: space, noise: 1, Rung(scale: 1, noise: 0.5), &random)
    let model = EffectModel(space: space, trainings: trainings)
    #expect(model.priors.rungs.map { $0[.scale] } == [1], "nothing says how the rung stands to the top")
    let (dense, all) = (space.layers.map { _ in 0 }, space.layers.map { _ in 1 })
    #expect(model.estimate(dense).mean > model.estimate(all).mean)
    #expect(!model.isTrainedAtTop(model.trained[0]))
    // A gap: trainings at the second rung below the top, and none at the first.
    let gap = trainings.map { training in
      var training = training
      training.rung = 2
      return training
    }
    let other = EffectModel(space: space, trainings: gap)
    #expect(other.priors.rungs.count == 2 && other.priors.rungs[0] == .default)
    #expect(abs(other.estimate(all).mean - model.estimate(all).mean) < 0.5)
  }
}
