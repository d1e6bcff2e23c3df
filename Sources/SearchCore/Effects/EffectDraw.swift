import Randomness

/// A world that the trainings leave possible: weights and what is particular to each trained candidate, drawn together.
package struct EffectDraw: Sendable {
  package var effects: Effects
  /// u by trained candidate, in the order of `EffectModel.trained`.
  package var particular: [Double]
}

extension EffectModel {
  /// A draw from the posterior: one from the prior, and trainings in it, moved by what the true trainings differ by
  /// (Matheron's rule; Wilson et al. 2020, "Efficiently sampling functions from Gaussian process posteriors").
  package func draw(_ random: inout StableRandom) -> EffectDraw {
    var drawn = weights.mean
    for index in drawn.indices { drawn[index] += weights.variance[index].squareRoot() * random.normal() }
    var particular = trained.map { _ in priors[.candidate] * random.normal() }
    var seeds: [UInt64: Double] = [:]
    var luck: [Int: Double] = [:]
    var residuals: [Double] = []
    residuals.reserveCapacity(trainings.count)
    for (index, training) in trainings.enumerated() {
      var simulated = 0.0
      if training.rung == 0 {
        let seed = seeds[training.seed] ?? priors[.seed] * random.normal()
        seeds[training.seed] = seed
        simulated = seed + priors[.noise] * luckAtTop(of: index, &luck, &random)
      } else {
        // A seed's own term is a weight there.
        let shared = priors.correlation(ofRung: training.rung)
        simulated = shared * luckAtTop(of: index, &luck, &random) + (1 - shared * shared).squareRoot() * random.normal()
        simulated *= priors.noise(ofRung: training.rung)
      }
      for entry in rows[index] { simulated += drawn[entry.index] * entry.value }
      residuals.append(training.score - simulated)
    }
    for (candidate, options) in trained.enumerated() {
      for index in trainingsOf[options] ?? [] { residuals[index] -= scales[index] * particular[candidate] }
    }
    let solved = factor.solve(residuals)
    for (candidate, options) in trained.enumerated() {
      for index in trainingsOf[options] ?? [] {
        particular[candidate] += priors.variance(.candidate) * (scales[index] * solved[index])
      }
    }
    let moved = Self.conditioned(drawn, weights: weights, rows: rows, on: solved)
    return EffectDraw(effects: weights.effects(moved), particular: particular)
  }

  /// A training's luck at the top, standard normal, of which it has a part at every rung.
  private func luckAtTop(of training: Int, _ known: inout [Int: Double], _ random: inout StableRandom) -> Double {
    guard rungs.count > 0 else { return random.normal() }
    let course = rungs.courses[training]
    if let luck = known[course] { return luck }
    let luck = random.normal()
    known[course] = luck
    return luck
  }
}
