import Randomness

/// A Gaussian linear model of the accuracy of all candidates, fitted to every sound training of a study, whichever
/// strategy asked for it.
///
/// The score of candidate c under seed s, in points:
///
///     y(c, s) = μ + b_s − g(c) + u_c + ε        A_l = φ_l · γ + α_l        ψ(r) = (1 − r/N)^p
///     g(c) = Σ_l A_l ψ(r_l) + Σ_l δ_{l, r_l} + Σ_{i~j} w_{ij, r_i, r_j} + κ_P P(c)² + κ_M M(c)²
///
/// Trainings below the top rung share g and u with it, scaled by ρ, and have terms of their own (`EffectRungs`).
/// Estimates and draws are those of the top.
///
/// The prior of every weight is normal with mean 0, except for μ (the trainings' mean) and the first component of γ
/// (`EffectPriors.damageOfAll` / layers), so that the posterior is exact: one Cholesky factor of the trainings'
/// covariance (Rasmussen and Williams 2006, chapter 2). `EffectPriors` lists the prior deviation of each symbol.
package struct EffectModel: Sendable {
  /// The expectation of an accuracy, or of another combination of weights, with its uncertainty.
  package struct Estimate: Hashable, Sendable {
    /// Expected accuracy over seeds, in points.
    package var mean: Double
    /// The standard deviation of that expectation, in points; not that of a single training.
    package var deviation: Double

    /// A standard normal variable lies within ± `reach` with probability 0.9.
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
  /// The distinct candidates that were trained at any rung, in the order of their first training; `trainingsOfTrained`
  /// has the trainings of each.
  package let trained: [[Int]]
  let trainingsOfTrained: [[Int]]
  private let numberOfTrained: [[Int]: Int]
  /// Whether different candidates were trained under one seed. Only then can the effect of a seed be told from the
  /// noise of a single training.
  package let sharesSeeds: Bool
  /// The posterior means of the weights.
  private var posterior: [Double] = []

  /// With fewer trainings at the top rung, the default priors are used unchanged.
  package static let fewestForFit = 8

  /// - Parameters:
  ///   - priors: the priors to use, with as many lower rungs as the trainings have; `nil` to choose those under which
  ///     the trainings are most likely.
  ///   - isGrouped: whether to factorize by candidate, with memory and time linear in the number of trainings, for
  ///     thousands of them. The results differ by rounding, so decisions of a search are made without it.
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

  /// Returns weights drawn from the prior, conditioned on the trainings. `residuals` is K⁻¹ times the differences
  /// between the trainings and what the drawn weights predict.
  func conditioned(_ drawn: [Double], on residuals: [Double]) -> [Double] {
    var moved = drawn
    rows.add(times: residuals, scaledBy: weights.variance, to: &moved)
    return moved
  }

  /// The variance of one more training at the top around its candidate's mean, in points²; it includes that of the seed
  /// unless candidates share seeds.
  package var varianceOfTraining: Double {
    priors.variance(.noise) + (sharesSeeds ? 0 : priors.variance(.seed))
  }

  /// Returns the trainings of a candidate at any rung, in order.
  func trainings(of options: [Int]) -> [Int] { numberOfTrained[options].map { trainingsOfTrained[$0] } ?? [] }

  /// Whether the candidate has a training at the top.
  package func isTrainedAtTop(_ options: [Int]) -> Bool {
    trainings(of: options).contains { trainings[$0].rung == 0 }
  }

  /// The effects at the posterior means of the weights.
  package var effects: Effects { weights.effects(posterior) }

  /// Returns the posterior mean of u_c; 0 for a candidate that was not trained.
  func expectedParticular(_ options: [Int]) -> Double {
    var sum = 0.0
    for index in trainings(of: options) { sum += scales[index] * residuals[index] }
    return priors.variance(.candidate) * sum
  }

  /// Returns the estimate of μ − g(c) + u_c.
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

  /// Returns the estimate of a linear combination of the weights, in points.
  /// - Parameter row: the factor of each weight.
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

  /// Returns what is left of a prior variance once the trainings are known.
  /// - Parameter covariances: prior covariances with each training.
  private func left(of variance: Double, by covariances: [Double]) -> Double {
    guard case .whole(let factor) = factor else { return variance - factor.square(covariances) }
    return factor.solveLower(covariances).reduce(variance) { $0 - $1 * $1 }
  }
}
