/// NSGA-II, one generation per round: a search that needs no model, and a baseline for those that do.
struct GeneticSearch: SearchStrategy {
  let name = StrategyName.nsga2
  let notes: [String]
  private let sample: SearchSample
  private let settings: StrategySettings
  private let jobs: Int

  /// The number of generations if the configuration sets no budget.
  private static let defaultGenerations = 10

  init(_ settings: StrategySettings, space: SearchSpace, jobs: Int?, template: WorkTemplate) {
    sample = SearchSample(space, constraints: settings.constraints, template: template)
    self.settings = settings
    self.jobs = jobs ?? Self.defaultGenerations * settings.round
    notes = jobs == nil ? ["no budget is set: the search asks for \(self.jobs) trainings"] : []
  }

  var roundSize: Int? { settings.round }

  func roundsToKnow(before round: Int) -> Int { max(0, round - 1) }

  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    let asked = sample.asked(history)
    let left = jobs - history.asked.count
    guard left > 0 else { return .over }
    let references = number == 0 ? sample.references : []
    var random = sample.random("nsga2 generation \(number)")
    var generation = GeneticRound(
      space: sample.space, constraints: settings.constraints, asked: Set(asked.keys).union(references))
    let wanted = max(1, min(settings.round, left) / settings.seeds)
    let children = generation.decide(
      from: individuals(history), count: max(0, wanted - references.count), random: &random)
    return SearchRound(
      works: Array(sample.works(references + children, asked: asked, seeds: settings.seeds).prefix(left)))
  }

  /// Returns the candidates with a majority of sound trainings, with mean accuracy and costs, in the order in which
  /// they were asked for.
  private func individuals(_ history: SearchHistory) -> [GeneticRound.Individual] {
    var sound: [Candidate: [Double]] = [:]
    var diverged: [Candidate: Int] = [:]
    var order: [Candidate] = []
    for work in history.rounds.joined() {
      guard let result = history.results[work] else { continue }
      if sound[work.candidate] == nil {
        order.append(work.candidate)
        sound[work.candidate] = []
      }
      if result.diverged {
        diverged[work.candidate, default: 0] += 1
      } else if let accuracy = result[.accuracy] {
        sound[work.candidate]?.append(accuracy)
      }
    }
    return order.compactMap { candidate in
      guard let accuracies = sound[candidate], accuracies.count > diverged[candidate, default: 0],
        let options = sample.space.options(of: candidate)
      else { return nil }
      let cost = sample.space.cost(options: options)
      return GeneticRound.Individual(
        options: options,
        objectives: [-Statistics.mean(accuracies), Double(cost.parameters), Double(cost.effort)])
    }
  }

  func expectedWorks(history: SearchHistory) -> Int { jobs }
}
