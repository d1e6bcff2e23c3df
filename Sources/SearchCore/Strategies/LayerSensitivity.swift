/// The measured loss of accuracy when one layer alone is decomposed.
struct LayerSensitivity: Hashable, Sendable {
  let layer: String
  let form: BasisForm
  var rank: Int { form.rank }
  /// Accuracy of the dense network minus accuracy with this layer alone decomposed; may be negative by chance. `nil` if
  /// the network diverged with it: unknown, and worse than any number.
  let drop: Double?
  let savedParameters: Int

  /// Orders the least sensitive first, and of equals the larger saving. Items are compared by key; `nil` comes last.
  fileprivate static func precedes(
    _ left: (key: [Double]?, item: LayerSensitivity), _ right: (key: [Double]?, item: LayerSensitivity)
  ) -> Bool {
    if (left.key == nil) != (right.key == nil) { return right.key == nil }
    let saved = (left.item.savedParameters, right.item.savedParameters)
    if left.key == right.key {
      return saved.0 == saved.1 ? LayerName.precedes(left.item.layer, right.item.layer) : saved.0 > saved.1
    }
    return (left.key ?? []).lexicographicallyPrecedes(right.key ?? [])
  }
}

/// The results of the first stage of the sensitivity method: the drop of every layer at every rank, and its noise.
struct SensitivityTable {
  let drops: [LayerSensitivity]
  /// Standard error of the difference of two candidates' mean accuracies, from the spread between seeds pooled over all
  /// candidates of the stage; 0 if no candidate has two results.
  let noise: Double

  /// The trainings of one candidate.
  private struct Measurements {
    /// The accuracies of trainings that did not diverge.
    var accuracies: [Double] = []
    var diverged = 0

    /// `nil` unless more trainings ended well than diverged.
    var mean: Double? { accuracies.count > diverged ? Statistics.mean(accuracies) : nil }
  }

  /// Reads the results of the given works only, so that later trainings change nothing.
  init(works: [Work], history: SearchHistory, space: SearchSpace) {
    var measurements: [Candidate: Measurements] = [:]
    for work in works {
      guard let result = history.results[work], let accuracy = result[.accuracy] else { continue }
      if result.diverged {
        measurements[work.candidate, default: Measurements()].diverged += 1
      } else {
        measurements[work.candidate, default: Measurements()].accuracies.append(accuracy)
      }
    }
    // In the order of `works`, so that sums have the same bits on every machine.
    var seen: Set<Candidate> = []
    let measured = works.map(\.candidate).filter { seen.insert($0).inserted && measurements[$0] != nil }

    var squares = 0.0
    var degreesOfFreedom = 0
    for candidate in measured {
      guard let values = measurements[candidate]?.accuracies, let variance = Statistics.sampleVariance(values) else {
        continue
      }
      squares += variance * Double(values.count - 1)
      degreesOfFreedom += values.count - 1
    }
    let singles = measured.filter { $0.decompositions.count == 1 }
    // If the dense network failed to train, the best of the others takes its place.
    let baseline =
      measurements[.dense]?.mean ?? singles.compactMap { measurements[$0]?.mean }.max() ?? 0
    drops = singles.compactMap { candidate in
      guard let single = candidate.decompositions.first, let values = measurements[candidate] else { return nil }
      return LayerSensitivity(
        layer: single.layer, form: single.form, drop: values.mean.map { baseline - $0 },
        savedParameters: space.denseCost.parameters - space.cost(of: candidate).parameters)
    }
    let repetitions =
      singles.compactMap { measurements[$0] }.filter { $0.mean != nil }.map(\.accuracies.count).min() ?? 1
    noise =
      degreesOfFreedom == 0
      ? 0 : (squares / Double(degreesOfFreedom) * 2 / Double(max(1, repetitions))).squareRoot()
  }

  /// Returns the layers at their `index`-th rank, least sensitive first, and those with which the network diverged
  /// last.
  func chain(rankIndex index: Int, in space: SearchSpace) -> [LayerSensitivity] {
    drops.filter { space.form(of: $0.layer, rankIndex: index) == $0.form }
      .map { (key: $0.drop.map { [$0] }, item: $0) }
      .sorted(by: LayerSensitivity.precedes).map(\.item)
  }

  /// Returns every layer once, at the rank that saves most among those whose drop lies within the noise of the layer's
  /// best. The layers with the smallest drop per parameter saved come first. A drop below the noise counts as the
  /// noise, since smaller measured differences are meaningless, so that the larger saving comes first. A layer with
  /// which the network diverged at every rank comes last, at its highest rank.
  func mixedChain(in space: SearchSpace) -> [LayerSensitivity] {
    let chosen = space.choices.compactMap { choice -> LayerSensitivity? in
      let options = drops.filter { $0.layer == choice.layer }
      guard let best = options.compactMap(\.drop).min() else { return options.max { $0.rank < $1.rank } }
      return options.filter { $0.drop.map { $0 <= best + noise } ?? false }
        .max { $0.savedParameters < $1.savedParameters }
    }
    func price(_ drop: Double, _ item: LayerSensitivity) -> Double {
      max(drop, noise, 0) / Double(max(1, item.savedParameters))
    }
    return chosen.map { item in (key: item.drop.map { [price($0, item), $0] }, item: item) }
      .sorted(by: LayerSensitivity.precedes).map(\.item)
  }
}
