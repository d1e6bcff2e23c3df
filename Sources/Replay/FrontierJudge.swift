import SearchCore

/// Judges what a search would name by trainings that it has not seen.
package struct FrontierJudge: Sendable {
  package struct Judgment: Hashable, Sendable {
    /// V: mean judged accuracy of the named candidates over all levels of cost, in points.
    package var frontierAccuracy: Double
    /// What the search says of them minus what is judged, mean over the same levels, in points.
    package var claim: Double
    /// By level; nil where the search knows nothing that is small enough.
    package var named: [Candidate?]
  }

  private let levels: [CostConstraints]
  private let costs: [Candidate: Cost]
  private let draw: ReplayDraw

  package init(_ draw: ReplayDraw, space: EffectSpace) {
    self.draw = draw
    levels = CostLevels(space).levels
    costs = Dictionary(
      uniqueKeysWithValues: draw.judged.keys.compactMap { candidate in
        space.options(of: candidate).map { (candidate, space.cost(options: $0)) }
      })
  }

  /// - Parameter estimates: accuracies that the search believes in, in points. What has no judge is not named.
  package func judge(_ estimates: [Candidate: Double]) -> Judgment {
    // The most accurate first; of equals the smaller, then the first by text, whatever order the dictionary has.
    let ranked = estimates.compactMap { candidate, estimate in
      costs[candidate].map { (candidate: candidate, estimate: estimate, cost: $0) }
    }.sorted { left, right in
      if left.estimate != right.estimate { return left.estimate > right.estimate }
      if left.cost.parameters != right.cost.parameters { return left.cost.parameters < right.cost.parameters }
      return left.candidate.description < right.candidate.description
    }
    let named = levels.map { level in ranked.first { level.allow($0.cost) } }
    var accuracies: [Double] = []
    var claims: [Double] = []
    for entry in named {
      guard let entry, let judged = draw.judged[entry.candidate] else { continue }
      accuracies.append(judged.mean)
      claims.append(entry.estimate - judged.mean)
    }
    return Judgment(
      frontierAccuracy: accuracies.isEmpty ? 0 : Statistics.mean(accuracies),
      claim: claims.isEmpty ? 0 : Statistics.mean(claims), named: named.map { $0?.candidate })
  }

  /// The share of judged means that lie within the 90 % interval of their estimates, widened by what the mean of the
  /// judging trainings itself varies by.
  package func coverage(of model: EffectModel) -> Double {
    let noise = model.priors.variance(.noise) + model.priors.variance(.seed)
    var inside = 0
    var asked = 0
    for candidate in draw.table.candidates {
      guard let judged = draw.judged[candidate], let options = model.space.options(of: candidate) else { continue }
      let estimate = model.estimate(options)
      let variance = estimate.deviation * estimate.deviation + noise / Double(judged.count)
      asked += 1
      if abs(judged.mean - estimate.mean) <= 1.644_853_626_951_472 * variance.squareRoot() { inside += 1 }
    }
    return asked == 0 ? 0 : Double(inside) / Double(asked)
  }
}
