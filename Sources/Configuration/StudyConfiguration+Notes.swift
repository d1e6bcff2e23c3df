import SearchCore

extension StudyConfiguration {
  /// What is allowed and may not be what was meant, one line each.
  package var notes: [String] {
    var notes: [String] = []
    let measured = objectives.filter { $0 == .stepTime || $0 == .inferenceTime }.map(\.rawValue)
    if !measured.isEmpty, strategy.name.decidesByResults {
      notes.append(
        "objectives \(measured.joined(separator: " and ")): measured times differ from machine to machine, so that the "
          + "frontier weighs them and the strategy \(strategy.name.rawValue) does not")
    }
    if seeding == .common, leftOpen.contains(Self.commonSeedsKey), recipe.start == nil, strategy.name.estimates,
      strategy.seeds == 1
    {
      notes.append(
        "under one common seed estimates take what that seed makes of a layer for the layer's own: with "
          + "strategy.common_seeds false each training has a seed of its own")
    }
    return notes
  }
}

extension StrategyName {
  /// What it asks for follows from what was found.
  fileprivate var decidesByResults: Bool {
    switch self {
    case .sensitivity, .surrogate, .nsga2: true
    case .exhaustive, .random, .factorial: false
    }
  }

  /// Its trainings are chosen for the model of effects.
  fileprivate var estimates: Bool {
    switch self {
    case .surrogate, .factorial: true
    case .exhaustive, .random, .sensitivity, .nsga2: false
    }
  }
}
