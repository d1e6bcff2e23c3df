/// How much the network suffers when one layer alone is decomposed, as measured.
struct LayerSensitivity: Hashable, Sendable {
  let layer: String
  let rank: Int
  /// Accuracy of the dense network minus accuracy with this layer alone decomposed; below zero by chance.
  let drop: Double
  let savedParameters: Int
}

/// The first stage of the sensitivity method, read: the drop of every layer at every rank, and how sure it is.
struct SensitivityTable {
  let drops: [LayerSensitivity]
  /// Standard error of the difference of two candidates' mean accuracies, from the spread between seeds pooled over all
  /// candidates of the stage; 0 where no candidate has two results.
  let noise: Double

  /// Reads only the trials given, so that what is trained later changes nothing.
  init(trials: [Trial], history: SearchHistory, space: SearchSpace) {
    var accuracies: [Candidate: [Double]] = [:]
    for trial in trials {
      if let result = history.results[trial] { accuracies[trial.candidate, default: []].append(result.accuracy) }
    }
    // In the order of `trials`, so that sums have the same bits on every machine.
    var seen: Set<Candidate> = []
    let measured = trials.map(\.candidate).filter { seen.insert($0).inserted && accuracies[$0] != nil }

    var squares = 0.0
    var degreesOfFreedom = 0
    for candidate in measured {
      guard let values = accuracies[candidate], let variance = Statistics.sampleVariance(values) else { continue }
      squares += variance * Double(values.count - 1)
      degreesOfFreedom += values.count - 1
    }
    let singles = measured.filter { $0.ranks.count == 1 }
    // The dense network may have failed to train; its place is then taken by the best of the others.
    let baseline =
      accuracies[.dense].map(Statistics.mean)
      ?? singles.compactMap { accuracies[$0].map(Statistics.mean) }.max() ?? 0
    drops = singles.compactMap { candidate in
      guard let (layer, rank) = candidate.ranks.first, let values = accuracies[candidate] else { return nil }
      return LayerSensitivity(
        layer: layer, rank: rank, drop: baseline - Statistics.mean(values),
        savedParameters: space.denseCost.parameters - space.cost(of: candidate).parameters)
    }
    let repetitions = singles.compactMap { accuracies[$0]?.count }.min() ?? 1
    noise =
      degreesOfFreedom == 0
      ? 0 : (squares / Double(degreesOfFreedom) * 2 / Double(max(1, repetitions))).squareRoot()
  }

  /// Layers at their `index`-th rank, least sensitive first.
  func chain(rankIndex index: Int, in space: SearchSpace) -> [LayerSensitivity] {
    drops.filter { space.rank(of: $0.layer, rankIndex: index) == $0.rank }
      .sorted { left, right in
        let (l, r) = ((left.drop, -left.savedParameters), (right.drop, -right.savedParameters))
        return l == r ? LayerName.precedes(left.layer, right.layer) : l < r
      }
  }

  /// Every layer once, at the rank that saves most among those whose drop lies within the noise of the layer's best; cheapest
  /// in accuracy for what they save first. A drop within the noise counts as the noise: below it measured differences say
  /// nothing, and the larger saving goes first.
  func mixedChain(in space: SearchSpace) -> [LayerSensitivity] {
    let chosen = space.choices.compactMap { choice -> LayerSensitivity? in
      let options = drops.filter { $0.layer == choice.layer }
      guard let best = options.map(\.drop).min() else { return nil }
      return options.filter { $0.drop <= best + noise }.max { $0.savedParameters < $1.savedParameters }
    }
    func price(_ item: LayerSensitivity) -> Double { max(item.drop, noise, 0) / Double(max(1, item.savedParameters)) }
    return chosen.sorted { left, right in
      let (l, r) = ((price(left), left.drop, -left.savedParameters), (price(right), right.drop, -right.savedParameters))
      return l == r ? LayerName.precedes(left.layer, right.layer) : l < r
    }
  }
}
