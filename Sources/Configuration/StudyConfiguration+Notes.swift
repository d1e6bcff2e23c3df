import SearchCore

extension StudyConfiguration {
  /// Settings that are allowed but may not be what the user meant, one line each.
  package var notes: [String] {
    var notes: [String] = []
    let measured = objectives.filter { $0 == .stepTime || $0 == .inferenceTime }.map(\.rawValue)
      .joined(separator: " and ")
    let trains = recipe.epochs > .none
    if !measured.isEmpty, !trains {
      notes.append(
        "objectives \(measured): times are measured beside trainings only, and with proxy.epochs 0 there are none, so "
          + "the frontier stays empty")
    } else if !measured.isEmpty, strategy.name.decidesByResults {
      notes.append(
        "objectives \(measured): measured times differ from machine to machine, so the frontier takes them into "
          + "account, but the strategy \(strategy.name.rawValue) does not")
    }
    if !trains, strategy.seeds > 1 || strategy.confirm > 0 {
      let keys = [strategy.seeds > 1 ? "seeds" : nil, strategy.confirm > 0 ? "confirm" : nil].compactMap(\.self)
      notes.append(
        "strategy.\(keys.joined(separator: " and strategy.")): with proxy.epochs 0 nothing is trained, so no seed has "
          + "any effect and all repetitions of a candidate have the same result")
    }
    if case .dense? = recipe.start?.origin {
      let bytes = recipe.architecture.cost(of: .dense, variant: .remainder).parameters * MemoryLayout<Float>.size
      if bytes > TrainedStart.mostBytes {
        notes.append(
          "start.from dense: every worker fetches the network's weights, which have \(bytes >> 20) MiB (those of a "
            + "checkpoint may have at most \(TrainedStart.mostBytes >> 20))")
      }
    }
    if seeding == .common, leftOpen.contains(Self.commonSeedsKey), recipe.start == nil, strategy.name.estimates,
      strategy.seeds == 1
    {
      notes.append(
        "with one common seed, estimates cannot tell the effect of a layer from the effect of that seed on the layer; "
          + "with strategy.common_seeds false, each training has its own seed")
    }
    return notes
  }
}

extension StrategyName {
  /// Whether the works that the strategy asks for depend on results.
  fileprivate var decidesByResults: Bool {
    switch self {
    case .sensitivity, .surrogate, .nsga2: true
    case .exhaustive, .random, .factorial: false
    }
  }

  /// Whether the strategy chooses trainings for the model of effects.
  fileprivate var estimates: Bool {
    switch self {
    case .surrogate, .factorial: true
    case .exhaustive, .random, .sensitivity, .nsga2: false
    }
  }
}
