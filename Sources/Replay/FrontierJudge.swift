import SearchCore

/// Judges the candidates that a search would name by trainings that the search has not seen.
package struct FrontierJudge: Sendable {
  package struct Judgment: Hashable, Sendable {
    /// V: mean judged accuracy of the named candidates over all levels of cost, in points.
    package var frontierAccuracy: Double
    /// The accuracy that the search claims for the named candidates minus the judged accuracy, mean over the levels at
    /// which it names one, in points; `nil` if it names none.
    package var claim: Double?
    /// The named candidate of each level; `nil` if the search knows nothing that is small enough. The largest network
    /// that fits is judged in its place, since a user who needs a network that small would take it.
    package var named: [Candidate?]
    /// The mean squared error of the estimates of all candidates against the judged accuracies, beyond the variance of
    /// the judging itself, in points². A common offset of all estimates does not count. May be negative if there is no
    /// error; `nil` if fewer than two candidates have an estimate.
    package var squaredError: Double?
  }

  private let levels: [CostConstraints]
  private let costs: [Candidate: Cost]
  /// The largest network that fits, by level.
  private let largest: [Candidate?]
  private let draw: ReplayDraw

  /// - Parameter constraints: Candidates that exceed these are not named.
  package init(_ draw: ReplayDraw, space: EffectSpace, within constraints: CostConstraints = .none) {
    self.draw = draw
    levels = CostLevels(space).levels
    let costs = Dictionary(
      uniqueKeysWithValues: draw.judged.keys.compactMap { candidate in
        space.options(of: candidate).map { (candidate, space.cost(options: $0)) }
      }.filter { constraints.allow($0.1) })
    self.costs = costs
    let ordered = costs.sorted { left, right in
      let (l, r) = (left.value.parameters, right.value.parameters)
      return l != r ? l > r : left.key.description < right.key.description
    }
    largest = levels.map { level in ordered.first { level.allow($0.value) }?.key }
  }

  /// - Parameter estimates: The accuracies that the search believes in, in points. Candidates without a judge are not
  ///   named.
  package func judge(_ estimates: [Candidate: Double]) -> Judgment {
    // Most accurate first; among equals the smaller, then the first by text, whatever the order of the dictionary.
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
    for (entry, largest) in zip(named, largest) {
      guard let candidate = entry?.candidate ?? largest, let judged = draw.judged[candidate] else { continue }
      accuracies.append(judged.mean)
      if let entry { claims.append(entry.estimate - judged.mean) }
    }
    return Judgment(
      frontierAccuracy: accuracies.isEmpty ? 0 : Statistics.mean(accuracies), claim: Statistics.mean(of: claims),
      named: named.map { $0?.candidate }, squaredError: squaredError(ranked.map { ($0.candidate, $0.estimate) }))
  }

  private func squaredError(_ believed: [(candidate: Candidate, estimate: Double)]) -> Double? {
    let judged = believed.compactMap { entry in
      draw.judged[entry.candidate].map { (difference: entry.estimate - $0.mean, count: Double($0.count)) }
    }
    guard let noise = draw.table.varianceWithinSeeds, let spread = Statistics.sampleVariance(judged.map(\.difference))
    else {
      return nil
    }
    return spread - noise * Statistics.mean(judged.map { 1 / $0.count })
  }

  /// Returns the share of judged means that lie within the 90 % interval of their estimates, widened by the variance of
  /// the mean of the judging trainings: as the whole table gives it, or the model if no candidate of the table has two.
  package func coverage(of model: EffectModel) -> Double {
    let noise = draw.table.variance ?? (model.priors.variance(.noise) + model.priors.variance(.seed))
    var inside = 0
    var asked = 0
    for candidate in draw.table.candidates {
      guard let judged = draw.judged[candidate], let options = model.space.options(of: candidate) else { continue }
      let estimate = model.estimate(options)
      let variance = estimate.deviation * estimate.deviation + noise / Double(judged.count)
      asked += 1
      if abs(judged.mean - estimate.mean) <= EffectModel.Estimate.reach * variance.squareRoot() { inside += 1 }
    }
    return asked == 0 ? 0 : Double(inside) / Double(asked)
  }
}
