import Randomness

/// What all trainings of a study together say of all its candidates: a Gaussian linear model, over every sound
/// training, whatever strategy asked for it.
///
/// In points, of candidate c under seed s:
///
///     y(c, s) = μ + b_s − g(c) + u_c + ε        A_l = φ_l · γ + α_l        ψ(r) = (1 − r/N)^p
///     g(c) = Σ_l A_l ψ(r_l) + Σ_l δ_{l, r_l} + Σ_{i~j} w_{ij, r_i, r_j} + κ_P P(c)² + κ_M M(c)²
///
/// Trainings below the top rung share g and u with it in proportion ρ, and have terms of their own (`EffectRungs`);
/// what is estimated and drawn is the top's.
///
/// Every weight is normal around 0 (the first of γ around `EffectPriors.damageOfAll` / layers), so that the posterior
/// is exact: one Cholesky factor of the trainings' covariance (Rasmussen and Williams 2006, chapter 2). `EffectPriors`
/// says what each letter's deviation is called.
package struct EffectModel: Sendable {
  package struct Estimate: Hashable, Sendable {
    /// Expected accuracy over seeds, in points.
    package var mean: Double
    /// Of that expectation, in points: not of a single training.
    package var deviation: Double

    /// A standard normal is within ± so much in nine of ten cases.
    package static let reach = 1.644_853_626_951_472

    /// The expectation and the ends of its 90 % interval, 0…1.
    var accuracy: Double { mean / 100 }
    var low: Double { (mean - Self.reach * deviation) / 100 }
    var high: Double { (mean + Self.reach * deviation) / 100 }
  }

  package let space: EffectSpace
  package let trainings: [EffectTraining]
  package let priors: EffectPriors
  let weights: EffectWeights
  let rungs: EffectRungs
  /// ρ by training.
  let scales: [Double]
  let rows: SparseRows
  let factor: TrainingsFactor
  /// K⁻¹ (y − prior mean).
  let residuals: [Double]
  /// Distinct candidates that were trained at any rung, in order of their first training, and the trainings of each.
  package let trained: [[Int]]
  let trainingsOfTrained: [[Int]]
  private let numberOfTrained: [[Int]: Int]
  /// Different candidates were trained under one seed: only then what a seed brings can be told from what a single
  /// training does.
  package let sharesSeeds: Bool
  /// Posterior means.
  private var posterior: [Double] = []

  /// With fewer trainings the default priors are taken as they are.
  package static let fewestForFit = 8

  /// - Parameters:
  ///   - priors: with as many lower rungs as the trainings have; nil to choose those under which the trainings are most
  ///     likely.
  ///   - isGrouped: with memory and time that grow with the trainings, for thousands of them; the same but for
  ///     rounding, which is why what decides does without.
  package init(
    space: EffectSpace, trainings: [EffectTraining], priors chosen: EffectPriors? = nil, isGrouped: Bool = false
  ) {
    self.space = space
    self.trainings = trainings
    let rungs = EffectRungs(trainings)
    self.rungs = rungs
    var fit = EffectFit(space: space, trainings: trainings, rungs: rungs, isGrouped: isGrouped)
    let isFew = trainings.count { $0.rung == 0 } < Self.fewestForFit
    let priors = chosen ?? (isFew ? fit.start : fit.mostLikely())
    self.priors = priors
    weights = EffectWeights(space: space, priors: priors, baseline: rungs.baselines[0], rungs: rungs)
    rows = SparseRows(trainings.enumerated().map { [weights] in weights.row($1.options, training: $0) })
    scales = trainings.map { priors.scale(ofRung: $0.rung) }
    factor = fit.factor(priors)
    let differences = fit.differences(priors)
    residuals = factor.solve(differences)
    var (trained, own, numbers) = ([[Int]](), [[Int]](), [[Int]: Int]())
    for (index, training) in trainings.enumerated() {
      let number = numbers[training.options] ?? trained.count
      if number == trained.count {
        numbers[training.options] = number
        trained.append(training.options)
        own.append([])
      }
      own[number].append(index)
    }
    self.trained = trained
    trainingsOfTrained = own
    numberOfTrained = numbers
    var first: [UInt64: [Int]] = [:]
    sharesSeeds = trainings.contains { training in
      let known = first[training.seed]
      first[training.seed] = known ?? training.options
      return known != nil && known != training.options
    }
    posterior = conditioned(weights.mean, on: residuals)
  }

  /// Weights that would have been drawn, moved to where the trainings want them.
  func conditioned(_ drawn: [Double], on residuals: [Double]) -> [Double] {
    var moved = drawn
    rows.add(times: residuals, scaledBy: weights.variance, to: &moved)
    return moved
  }

  /// Of one more training at the top around its candidate, in points²: with its seed, where that is its own.
  package var varianceOfTraining: Double {
    priors.variance(.noise) + (sharesSeeds ? 0 : priors.variance(.seed))
  }

  /// Of a candidate, at any rung, in their order.
  func trainings(of options: [Int]) -> [Int] { numberOfTrained[options].map { trainingsOfTrained[$0] } ?? [] }

  /// Whether the candidate has a training at the top.
  package func isTrainedAtTop(_ options: [Int]) -> Bool {
    trainings(of: options).contains { trainings[$0].rung == 0 }
  }

  /// Expected weights.
  package var effects: Effects { weights.effects(posterior) }

  /// u_c as expected; 0 for a candidate that was not trained.
  func expectedParticular(_ options: [Int]) -> Double {
    var sum = 0.0
    for index in trainings(of: options) { sum += scales[index] * residuals[index] }
    return priors.variance(.candidate) * sum
  }

  /// μ − g(c) + u_c.
  package func estimate(_ options: [Int]) -> Estimate {
    let row = weights.row(options)
    var mean = expectedParticular(options)
    if case .grouped(let factor) = factor {
      for entry in row { mean += posterior[entry.index] * entry.value }
      let variance = factor.variance(
        of: row, particular: priors.variance(.candidate), training: trainings(of: options).first, scales: scales)
      return Estimate(mean: mean, deviation: max(0, variance).squareRoot())
    }
    var variance = priors.variance(.candidate)
    var weighted = Array(repeating: 0.0, count: weights.count)
    for entry in row {
      mean += posterior[entry.index] * entry.value
      weighted[entry.index] = weights.variance[entry.index] * entry.value
      variance += weighted[entry.index] * entry.value
    }
    var covariances = Array(repeating: 0.0, count: trainings.count)
    rows.addProducts(with: weighted, to: &covariances)
    for index in trainings(of: options) { covariances[index] += scales[index] * priors.variance(.candidate) }
    variance = left(of: variance, by: covariances)
    return Estimate(mean: mean, deviation: max(0, variance).squareRoot())
  }

  /// Of a sum of weights, in points: its expectation and deviation.
  /// - Parameter row: each weight's factor.
  func combination(_ row: [(index: Int, value: Double)]) -> Estimate {
    if case .grouped(let factor) = factor {
      let mean = row.reduce(0) { $0 + posterior[$1.index] * $1.value }
      return Estimate(mean: mean, deviation: factor.variance(of: row).squareRoot())
    }
    var (mean, variance) = (0.0, 0.0)
    var weighted = Array(repeating: 0.0, count: weights.count)
    for entry in row {
      mean += posterior[entry.index] * entry.value
      weighted[entry.index] = weights.variance[entry.index] * entry.value
      variance += weighted[entry.index] * entry.value
    }
    var covariances = Array(repeating: 0.0, count: trainings.count)
    rows.addProducts(with: weighted, to: &covariances)
    variance = left(of: variance, by: covariances)
    return Estimate(mean: mean, deviation: max(0, variance).squareRoot())
  }

  /// What is left of a variance once the trainings are known.
  private func left(of variance: Double, by covariances: [Double]) -> Double {
    guard case .whole(let factor) = factor else { return variance - factor.square(covariances) }
    return factor.solveLower(covariances).reduce(variance) { $0 - $1 * $1 }
  }
}
