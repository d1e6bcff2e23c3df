/// Trains the references and a balanced design of the whole budget in one round, for machines with as many slots as
/// trainings. Every training is informative about every layer; varying one layer at a time needs about (L + 1)/2 times
/// as many trainings for the same error (Box, Hunter and Hunter 2005, chapter 5).
struct FactorialSearch: SearchStrategy {
  let name = StrategyName.factorial
  let notes: [String]
  private let sample: SearchSample
  private let seeds: Int
  private let jobs: Int

  init(_ settings: StrategySettings, space: SearchSpace, jobs: Int?, template: WorkTemplate) {
    sample = SearchSample(space, constraints: settings.constraints, template: template)
    seeds = settings.seeds
    // Four trainings for each layer determine its effect with half the noise of one training.
    self.jobs = jobs ?? max(32, 4 * sample.space.layers.count) * settings.seeds
    notes = jobs == nil ? ["no budget is set: the search asks for \(self.jobs) trainings"] : []
  }

  func roundsToKnow(before round: Int) -> Int { 0 }

  /// Keeps what was asked for under a smaller budget, and completes the design around it.
  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    let asked = sample.asked(history)
    let left = jobs - history.asked.count
    guard left > 0 else { return .over }
    var candidates = sample.references.filter { asked[$0] == nil }
    let wanted = max(0, (left + seeds - 1) / seeds - candidates.count)
    var random = sample.random("factorial design \(number)")
    let given =
      sample.references
      + asked.keys.filter { !sample.references.contains($0) }.sorted {
        $0.lexicographicallyPrecedes($1)
      }
    candidates += BalancedDesign.candidates(
      in: sample.space, count: wanted, besides: given, random: &random, isAllowed: sample.constraints.allow)
    return SearchRound(works: Array(sample.works(candidates, asked: asked, seeds: seeds).prefix(left)))
  }

  func expectedWorks(history: SearchHistory) -> Int { jobs }
}
