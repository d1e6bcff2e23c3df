import SearchCore

/// Reads how candidates are chosen: the sections `strategy`, `constraints` and `budget`.
struct SearchReader {
  let strategy: SectionReader
  let constraints: SectionReader
  let budget: SectionReader

  init(root: SectionReader) {
    strategy = root.section("strategy")
    constraints = root.section("constraints")
    budget = root.section("budget")
  }

  func readBudget() -> SearchBudget {
    SearchBudget(
      jobs: budget.integer("jobs", in: StudyConfiguration.Limits.jobs),
      workerHours: budget.number("worker_hours", in: StudyConfiguration.Limits.hours),
      hours: budget.number("hours", in: StudyConfiguration.Limits.hours))
  }

  func readConstraints() -> SearchConstraints {
    var read = SearchConstraints()
    read.maxParameters = constraints.number("max_parameters", CostBound.init)
    read.maxMultiplyAdds = constraints.number("max_multiply_adds", CostBound.init)
    read.maxDeviceTime = constraints.number("max_device_time", DeviceTimeBound.init)
    read.minAccuracy = constraints.number("min_accuracy", AccuracyFloor.checked)
    return read
  }

  /// - Parameters:
  ///   - space: `nil` if the space could not be read.
  ///   - hasStart: Whether trainings start from a trained network.
  func readStrategy(
    _ constraints: SearchConstraints, space: SearchSpace?, hasStart: Bool
  ) -> (StrategySettings, Seeding) {
    let name = strategy.choice("name") ?? StrategyName.sensitivity
    if let space { check(constraints.costs(in: space), in: space) }
    var settings = StrategySettings(
      name: name, seeds: strategy.integer("seeds", default: name.defaultSeeds, in: TrainingLimits.seeds),
      round: strategy.integer("round", default: StrategySettings.defaultRound, in: StudyConfiguration.Limits.round),
      constraints: space.map { constraints.costs(in: $0) } ?? .none,
      tolerance: strategy.number("tolerance", in: StudyConfiguration.Limits.tolerance))
    if settings.tolerance != nil, name != .surrogate {
      strategy.report(
        "tolerance", "requires surrogate, which estimates the expected loss; \(name.rawValue) does not: leave it out"
      )
      settings.tolerance = nil
    }
    settings.halving = readHalving(name)
    settings.minAccuracy = constraints.minAccuracy
    settings.scores = strategy.boolean("training_losses", default: true) ? .accuraciesAndLosses : .accuracies
    settings.weighsTruncation = strategy.boolean("truncation_errors", default: hasStart)
    if settings.weighsTruncation, !hasStart {
      strategy.report(
        "truncation_errors", "requires trainings that start from a trained network (start.from): leave it out")
    }
    settings.confirm = strategy.integer("confirm", default: 0, in: StudyConfiguration.Limits.confirm)
    return (settings, strategy.boolean("common_seeds", default: true) ? .common : .perCandidate)
  }

  /// Returns `nil` if halving is not requested.
  private func readHalving(_ name: StrategyName) -> HalvingSettings? {
    guard strategy.isSet("halving") else { return nil }
    let section = strategy.section("halving")
    let before = section.problems.problems.count
    let rungs = section.numbers("rungs", allowed: "from 0 to 1") { (0...1).contains($0) }
    let keep = section.number(
      "keep", default: HalvingSettings.defaultKeep, in: NumberLimit("more than 0 and less than 1") { $0 > 0 && $0 < 1 })
    guard section.problems.problems.count == before else { return nil }
    let halving = HalvingSettings(rungs: rungs?.map(\.value) ?? HalvingSettings.defaultRungs, keep: keep)
    if let problem = halving.problem(with: name) {
      strategy.report("halving", "cannot be used: \(problem)")
      return nil
    }
    return halving
  }

  /// Reports rungs that cannot be distinguished with this recipe.
  func checkRungs(_ settings: StrategySettings, of recipe: TrainingRecipe) {
    do { _ = try settings.halving?.lowerRungs(of: recipe, for: settings.name) } catch {
      strategy.report("halving", "cannot be used: \(error)")
    }
  }

  private func check(_ costs: CostConstraints, in space: SearchSpace) {
    guard costs != .none else { return }
    let key =
      costs.parameters != nil
      ? "max_parameters" : costs.multiplyAdds != nil ? "max_multiply_adds" : "max_device_time"
    if let problem = costs.problem(in: space) {
      constraints.report(key, "cannot be used: \(problem)")
    } else if costs.leaveOnlyReferences(of: space) {
      constraints.report(key, "leaves only the references, which are trained whatever they cost; allow more")
    }
  }
}

extension StrategyName {
  /// The default number of seeds. Strategies that learn from all trainings together need only one: they repeat a
  /// training when that pays.
  var defaultSeeds: Int {
    switch self {
    case .surrogate, .factorial: 1
    case .exhaustive, .random, .sensitivity, .nsga2: 2
    }
  }
}
