import Digests
import SearchCore
import Yams

extension StudyConfiguration {
  /// Keys that came later are left out where they say what was so before them: studies of earlier versions have the
  /// same entries.
  static func entries(
    _ recipe: TrainingRecipe, _ space: SpaceReader.Space, _ objectives: [Objective], _ strategy: StrategySettings,
    _ seeding: Seeding, _ constraints: SearchConstraints, _ seed: UInt64
  ) -> [String: String] {
    var entries = recipe.entries
    entries[space.rankKey] = space.ranks
    if space.built.variants.count > 1 {
      entries["space.variants"] = "[" + space.built.variants.map(\.rawValue).joined(separator: ", ") + "]"
    }
    entries["space.include"] = list(space.include)
    entries["space.exclude"] = list(space.exclude)
    entries["objectives"] = list(objectives.map(\.rawValue))
    if let table = DeviceTimeTable(recorded: space.built) {
      entries[deviceTimesKey] = SHA256.hexadecimal(Array(table.text.utf8))
      entries[deviceTimeValuesKey] = table.text
    }
    entries["strategy.name"] = strategy.name.rawValue
    entries["strategy.seeds"] = "\(strategy.seeds)"
    if seeding == .common { entries[commonSeedsKey] = "true" }
    if strategy.round != StrategySettings.defaultRound { entries["strategy.round"] = "\(strategy.round)" }
    if strategy.confirm != 0 { entries["strategy.confirm"] = "\(strategy.confirm)" }
    if strategy.scores == .accuraciesAndLosses { entries[trainingLossesKey] = "true" }
    if strategy.weighsTruncation { entries[truncationErrorsKey] = "true" }
    if let halving = strategy.halving {
      entries["strategy.halving.rungs"] = "[" + halving.rungs.map { "\($0)" }.joined(separator: ", ") + "]"
      entries["strategy.halving.keep"] = "\(halving.keep)"
    }
    entries["strategy.tolerance"] = strategy.tolerance.map { "\($0)" }
    entries["constraints.max_parameters"] = constraints.maxParameters?.text
    entries["constraints.max_multiply_adds"] = constraints.maxMultiplyAdds?.text
    entries["constraints.max_device_time"] = constraints.maxDeviceTime.map { "\($0.share)" }
    entries["constraints.min_accuracy"] = constraints.minAccuracy.map { "\($0)" }
    entries["seed"] = "\(seed)"
    return entries
  }

  /// The table that is on record in a study's entries, whatever path its configuration names.
  package static func recordedTable(in entries: [String: String]) -> TableOfFile {
    { path throws(DeviceTimeProblem) -> DeviceTimeTable? in
      guard let text = entries[deviceTimeValuesKey] else {
        throw DeviceTimeProblem(file: path, "the study has no times on record")
      }
      return try DeviceTimeTable(text: text, file: path)
    }
  }

  /// The order of patterns and objectives changes nothing.
  static func list(_ texts: [String]) -> String { "[" + texts.sorted().joined(separator: ", ") + "]" }

  static let commonSeedsKey = "strategy.common_seeds"
  private static let trainingLossesKey = "strategy.training_losses"
  private static let truncationErrorsKey = "strategy.truncation_errors"
  static let startAugmentKey = "start.augment"
  /// The content of the table, of which its values are recorded under the second key.
  private static let deviceTimesKey = "device_times"
  private static let deviceTimeValuesKey = "device_times.values"
  /// Truth values that are mostly true by default, and that studies of versions without them do not have on record:
  /// there they are false.
  static let keysThatCameLater = [commonSeedsKey, trainingLossesKey, truncationErrorsKey, startAugmentKey]

  /// - Parameter sections: all that such keys stand in.
  static func leftOpen(in sections: [SectionReader]) -> Set<String> {
    Set(keysThatCameLater).subtracting(
      sections.flatMap { section in
        ConfigurationKeys.allowed(in: section.name).filter(section.isSet).map(section.full)
      })
  }

  /// As a study with these entries goes on: where this configuration leaves open what came later, it is as it was in
  /// the study, which may be of a version that did not know it.
  package func continuing(_ recorded: [String: String]) -> StudyConfiguration {
    guard !leftOpen.isEmpty else { return self }
    var entries = entries
    for key in leftOpen { entries[key] = recorded[key] }
    var strategy = strategy
    var recipe = recipe
    recipe.start?.augment = entries[Self.startAugmentKey] == "true"
    strategy.weighsTruncation = entries[Self.truncationErrorsKey] == "true"
    strategy.scores = entries[Self.trainingLossesKey] == "true" ? .accuraciesAndLosses : .accuracies
    return StudyConfiguration(
      study: study, recipe: recipe, dataPath: dataPath, startCheckpoint: startCheckpoint, space: space,
      objectives: objectives, strategy: strategy,
      seeding: entries[Self.commonSeedsKey] == "true" ? .common : .perCandidate, constraints: constraints,
      budget: budget, seed: seed, entries: entries, leftOpen: leftOpen, text: text)
  }

  /// Most jobs that a configuration file names; nil where it names none, or is no such file.
  package static func jobs(in text: String) -> Int? {
    scalar("budget", "jobs", in: try? Yams.compose(yaml: text)).flatMap { Int($0) }
  }

  /// The same with another number of jobs at most, whatever the file says.
  package func withBudget(ofJobs jobs: Int?) -> StudyConfiguration {
    var budget = budget
    budget.jobs = jobs
    return StudyConfiguration(
      study: study, recipe: recipe, dataPath: dataPath, startCheckpoint: startCheckpoint, space: space,
      objectives: objectives, strategy: strategy, seeding: seeding, constraints: constraints, budget: budget,
      seed: seed, entries: entries, leftOpen: leftOpen, text: text)
  }
}
