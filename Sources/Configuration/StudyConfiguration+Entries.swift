import Digests
import SearchCore
import Yams

extension StudyConfiguration {
  /// The entries of a configuration. Keys that were added later are omitted if they have the value that was in effect
  /// before: the entries of studies of earlier versions stay the same.
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

  /// Returns the table recorded in a study's entries, whatever path its configuration names.
  package static func recordedTable(in entries: [String: String]) -> TableOfFile {
    { path throws(DeviceTimeProblem) -> DeviceTimeTable? in
      guard let text = entries[deviceTimeValuesKey] else {
        throw DeviceTimeProblem(file: path, "the study has no times on record")
      }
      return try DeviceTimeTable(text: text, file: path)
    }
  }

  /// Sorts the texts, since the order of patterns and objectives has no effect.
  static func list(_ texts: [String]) -> String { "[" + texts.sorted().joined(separator: ", ") + "]" }

  static let commonSeedsKey = "strategy.common_seeds"
  private static let trainingLossesKey = "strategy.training_losses"
  private static let truncationErrorsKey = "strategy.truncation_errors"
  static let startAugmentKey = "start.augment"
  /// The first key has the hash of the table, the second one its values.
  private static let deviceTimesKey = "device_times"
  private static let deviceTimeValuesKey = "device_times.values"
  /// Boolean keys that are missing in the records of studies of earlier versions, where they count as false. By
  /// default, most of them are true.
  static let keysThatCameLater = [commonSeedsKey, trainingLossesKey, truncationErrorsKey, startAugmentKey]

  /// Returns the keys of `keysThatCameLater` that the configuration does not mention.
  /// - Parameter sections: All sections that contain such keys.
  static func leftOpen(in sections: [SectionReader]) -> Set<String> {
    Set(keysThatCameLater).subtracting(
      sections.flatMap { section in
        ConfigurationKeys.allowed(in: section.name).filter(section.isSet).map(section.full)
      })
  }

  /// Returns the configuration with which a study with these entries is resumed. The keys in `leftOpen` take the values
  /// that they have in the study, which may be of a version that did not know them.
  package func continuing(_ recorded: [String: String]) -> StudyConfiguration {
    guard !leftOpen.isEmpty else { return self }
    var entries = entries
    for key in leftOpen { entries[key] = recorded[key] }
    func isTrue(_ key: String) -> Bool { entries[key] == "true" }
    var continued = self
    continued.entries = entries
    continued.recipe.start?.augment = isTrue(Self.startAugmentKey)
    continued.strategy.weighsTruncation = isTrue(Self.truncationErrorsKey)
    continued.strategy.scores = isTrue(Self.trainingLossesKey) ? .accuraciesAndLosses : .accuracies
    continued.seeding = isTrue(Self.commonSeedsKey) ? .common : .perCandidate
    return continued
  }

  /// Returns the value of `budget.jobs` in a configuration file; `nil` if it has none, or the text is not a
  /// configuration.
  package static func jobs(in text: String) -> Int? {
    scalar("budget", "jobs", in: try? Yams.compose(yaml: text)).flatMap { Int($0) }
  }

  /// Returns a copy with another maximum number of jobs, whatever the file says.
  package func withBudget(ofJobs jobs: Int?) -> StudyConfiguration {
    var copy = self
    copy.budget.jobs = jobs
    return copy
  }
}
