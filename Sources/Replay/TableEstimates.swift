import SearchCore

/// What a search believes of a table's candidates after some of its trainings: points of accuracy by candidate.
package enum TableEstimates {
  package typealias Served = (candidate: Candidate, training: TrainingTable.Training)

  /// Returns the means of the whole trainings that did not diverge. Candidates with as many diverged trainings, or
  /// more, are left out.
  package static func rawMeans(_ served: [Served]) -> [Candidate: Double] {
    var sound: [Candidate: [Double]] = [:]
    var diverged: [Candidate: Int] = [:]
    for (candidate, training) in served where training.rung == 0 {
      if training.diverged {
        diverged[candidate, default: 0] += 1
      } else {
        sound[candidate, default: []].append(training.accuracy * 100)
      }
    }
    return sound.filter { candidate, accuracies in accuracies.count > diverged[candidate, default: 0] }.mapValues {
      Statistics.mean($0)
    }
  }

  package static func model(_ served: [Served], space: EffectSpace, scores: TrainingScores) -> EffectModel {
    let rungs = 1 + (served.map(\.training.rung).max() ?? 0)
    return EffectModel(
      space: space,
      trainings: served.filter { !$0.training.diverged }.flatMap { candidate, training in
        space.options(of: candidate).map {
          scores.figures(
            accuracy: training.accuracy, loss: training.losses.last, options: $0, seed: training.seed,
            rung: training.rung, of: rungs)
        } ?? []
      })
  }

  /// Returns the estimates of all these candidates, trained or not.
  package static func estimates(_ model: EffectModel, of candidates: [Candidate]) -> [Candidate: Double] {
    var estimates: [Candidate: Double] = [:]
    for candidate in candidates {
      if let options = model.space.options(of: candidate) { estimates[candidate] = model.estimate(options).mean }
    }
    return estimates
  }

  /// The simplest rules, without any training: trusting in few layers, in one rank for all layers, or in parameters
  /// alone. A search has to be better than the best of them.
  package enum NoTraining: String, CaseIterable, Sendable {
    /// The fewest decomposed layers that fit; among equally many, the largest network.
    case fewestLayers = "fewest layers"
    /// One rank for all layers, the highest that fits.
    case oneRank = "one rank"
    /// The largest network that fits.
    case largest = "largest network"
  }

  /// - Parameter references: The dense network, and all layers at each rank.
  package static func estimates(
    _ rule: NoTraining, of candidates: [Candidate], space: EffectSpace, references: [Candidate]
  ) -> [Candidate: Double] {
    var estimates: [Candidate: Double] = [:]
    for candidate in candidates {
      guard let options = space.options(of: candidate) else { continue }
      let parameters = Double(space.cost(options: options).parameters)
      switch rule {
      case .fewestLayers:
        let share = parameters / Double(space.denseCost.parameters)
        estimates[candidate] = share / 2 - Double(options.count { $0 > 0 })
      case .oneRank:
        // Of these candidates, the larger one has the higher rank.
        if references.contains(candidate) { estimates[candidate] = parameters }
      case .largest: estimates[candidate] = parameters
      }
    }
    return estimates
  }
}
