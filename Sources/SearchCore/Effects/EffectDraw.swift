import Randomness

/// A world that the trainings leave possible: weights and what is particular to each trained candidate, drawn together.
package struct EffectDraw: Sendable {
  package var effects: Effects
  /// u by trained candidate, in the order of `EffectModel.trained`.
  package var particular: [Double]
}

extension EffectModel {
  /// What chance says of a world before the trainings have their say.
  struct Luck: Sendable {
    var weights: [Double]
    /// u by trained candidate.
    var particular: [Double]
    /// Seed and noise by training.
    var trainings: [Double]
  }

  /// A draw from the posterior: one from the prior, and trainings in it, moved by what the true trainings differ by
  /// (Matheron's rule; Wilson et al. 2020, "Efficiently sampling functions from Gaussian process posteriors").
  package func draw(_ random: inout StableRandom) -> EffectDraw { draw(luck(&random)) }

  /// Drawn in a fixed order; worlds can then be made side by side.
  func luck(_ random: inout StableRandom) -> Luck {
    var drawn = weights.mean
    for index in drawn.indices { drawn[index] += weights.variance[index].squareRoot() * random.normal() }
    let particular = trained.map { _ in priors[.candidate] * random.normal() }
    var seeds: [UInt64: Double] = [:]
    // Standard normal, of which a training has a part at every rung.
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
      // A seed's own term is a weight there.
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
