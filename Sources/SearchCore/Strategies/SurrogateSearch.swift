/// Trains the candidates that may be the best by a model of all trainings so far, round by round (`SurrogateRound`).
///
/// It begins with the references and a balanced design, at least as many trainings as there are layers, in two rounds;
/// each further round knows all rounds but the one before it.
struct SurrogateSearch: SearchStrategy {
  let name = StrategyName.surrogate
  let notes: [String]
  let takesTime = true
  private let sample: SearchSample
  private let settings: StrategySettings
  private let jobs: Int?
  private let solver: FrontierSolver
  /// The candidates of the first two rounds, half of them each.
  private let first: [[[Int]]]

  private static let fewestFirst = 16
  /// The number of trainings for each layer if the configuration sets no budget.
  private static let defaultWorksOfLayer = 8
  private static let drawsForLoss = 64

  init(_ settings: StrategySettings, space: SearchSpace, jobs: Int?, template: WorkTemplate) {
    sample = SearchSample(space, constraints: settings.constraints, template: template)
    self.settings = settings
    let unbounded = max(4 * Self.fewestFirst, Self.defaultWorksOfLayer * sample.space.layers.count) * settings.seeds
    self.jobs = jobs ?? (settings.tolerance == nil ? unbounded : nil)
    notes =
      jobs == nil && settings.tolerance == nil ? ["no budget is set: the search asks for \(unbounded) trainings"] : []
    solver = .coarse(sample.space)
    let references = sample.references
    let count = max(Self.fewestFirst, sample.space.layers.count)
    var random = sample.random("surrogate design")
    let design = BalancedDesign.candidates(
      in: sample.space, count: max(0, count - references.count), besides: references, random: &random,
      isAllowed: settings.constraints.allow)
    let half = max(0, count / 2 - references.count)
    first = [references + design.prefix(half), Array(design.dropFirst(half))]
  }

  var roundSize: Int? { settings.round }

  func roundsToKnow(before round: Int) -> Int { max(0, round - 1) }

  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    let asked = sample.asked(history)
    let left = jobs.map { $0 - history.asked.count } ?? .max
    guard left > 0 else { return .over }
    if number < first.count {
      let works = sample.works(first[number], asked: asked, seeds: settings.seeds)
      // If the references leave no room for a design, the round is decided like later ones.
      if !works.isEmpty { return SearchRound(works: works.first(left, seeds: settings.seeds)) }
    }
    let model = EffectModel(space: sample.space(knowing: history), trainings: sample.trainings(history))
    var random = sample.random("surrogate round \(number)")
    let unsound = sample.unsound(history)
    let loss = FrontierDraws(
      model, solver: solver, count: Self.drawsForLoss, within: settings.constraints, excluding: unsound,
      random: &random
    ).expectedLoss(
      of: FrontierEstimate(model, solver: solver, within: settings.constraints, excluding: unsound),
      at: CostLevels(sample.space))
    if let tolerance = settings.tolerance, let loss, loss < tolerance {
      let known = history.results.keys.count { $0.kind.isProxy }
      return SearchRound(
        works: [],
        notes: ["the expected loss fell below \(tolerance) points after \(known) trainings: the search ends"],
        expectedLoss: loss)
    }
    var round = SurrogateRound(
      model: model, solver: solver, constraints: settings.constraints, unsound: unsound, asked: asked,
      mostRepetitions: settings.mostRepetitions)
    let place = max(0, number - first.count) * settings.round
    let decided = round.decide(first: place, count: settings.round, random: &random)
    let works = sample.works(decided, asked: asked, seeds: settings.seeds)
    return SearchRound(works: works.first(min(left, settings.round), seeds: settings.seeds), expectedLoss: loss)
  }

  func expectedWorks(history: SearchHistory) -> Int { jobs ?? history.asked.count + settings.round }
}
