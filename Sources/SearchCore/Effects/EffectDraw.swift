import Randomness

/// A world drawn from the posterior: the weights and the particular effects of all trained candidates, drawn jointly.
package struct EffectDraw: Sendable {
  package var effects: Effects
  /// u of each trained candidate, in the order of `EffectModel.trained`.
  package var particular: [Double]
}

extension EffectModel {
  /// The random part of a world: a draw from the prior, before it is conditioned on the trainings.
  struct Luck: Sendable {
    var weights: [Double]
    /// u of each trained candidate.
    var particular: [Double]
    /// The noise of each training; at the top, with its seed's effect added.
    var trainings: [Double]
  }

  /// Draws from the posterior: draws a world from the prior, simulates the trainings in it, and corrects it by the
  /// differences between the true and the simulated trainings (Matheron's rule; Wilson et al. 2020, "Efficiently
  /// sampling functions from Gaussian process posteriors").
  package func draw(_ random: inout StableRandom) -> EffectDraw { draw(luck(&random)) }

  /// Draws the random part of a world in a fixed order, so that worlds can then be computed in parallel.
  func luck(_ random: inout StableRandom) -> Luck {
    var drawn = weights.mean
    for index in drawn.indices { drawn[index] += weights.variance[index].squareRoot() * random.normal() }
    let particular = trained.map { _ in priors[.candidate] * random.normal() }
    var seeds: [UInt64: Double] = [:]
    // Standard normal noise of each course, part of which enters its training at every rung.
    var courses: [Double?] = Array(repeating: nil, count: rungs.courses.count)
    func luckAtTop(of training: Int) -> Double {
      guard rungs.count > 0 else { return random.normal() }
      let course = rungs.courses[training]
      if let luck = courses[course] { return luck }
      let luck = random.normal()
      courses[course] = luck
      return luck
    }
    let simulated = trainings.indices.map { index in
      let rung = rungs.rungs[index]
      guard rung > 0 else {
        let number = trainings[index].seed
        let seed = seeds[number] ?? priors[.seed] * random.normal()
        seeds[number] = seed
        return seed + priors[.noise] * luckAtTop(of: index)
      }
      // At a lower rung the seed's effect is one of the weights.
      let shared = priors.correlation(ofRung: rung)
      let luck = shared * luckAtTop(of: index) + (1 - shared * shared).squareRoot() * random.normal()
      return luck * priors.noise(ofRung: rung)
    }
    return Luck(weights: drawn, particular: particular, trainings: simulated)
  }

  func draw(_ luck: Luck) -> EffectDraw {
    var simulated = luck.trainings
    rows.addProducts(with: luck.weights, to: &simulated)
    var residuals = trainings.indices.map { trainings[$0].score - simulated[$0] }
    var particular = luck.particular
    for (candidate, own) in trainingsOfTrained.enumerated() {
      for index in own { residuals[index] -= scales[index] * particular[candidate] }
    }
    let solved = factor.solve(residuals)
    for (candidate, own) in trainingsOfTrained.enumerated() {
      for index in own { particular[candidate] += priors.variance(.candidate) * (scales[index] * solved[index]) }
    }
    return EffectDraw(effects: weights.effects(conditioned(luck.weights, on: solved)), particular: particular)
  }
}
