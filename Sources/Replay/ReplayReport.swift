import SearchCore

/// The outcome of all replays.
package struct ReplayReport: Encodable, Sendable {
  package struct Row: Encodable, Sendable {
    package enum Kind: String, Encodable, Sendable {
      case reference, search, sequence
    }

    package struct Difference: Encodable, Sendable {
      package var reference: String
      package var spread: ReplaySpread
    }

    package var name: String
    package var kind: Kind
    /// The budget; `nil` for a reference.
    package var jobs: Int?
    /// The number of trainings that were asked for and served, mean over replays.
    package var trainings: Double
    /// In points.
    package var frontierAccuracy: ReplaySpread
    package var claim: ReplaySpread?
    package var openHypervolume: ReplaySpread?
    package var coverage: ReplaySpread?
    package var trainSeconds: ReplaySpread
    package var multiplyAdds: ReplaySpread
    package var clockSeconds: ReplaySpread?
    package var idleShare: ReplaySpread?
    /// See `FrontierJudge.Judgment.squaredError`.
    package var squaredError: ReplaySpread?
    /// The frontier accuracy minus that of each reference, in the same replays.
    package var differences: [Difference]
    /// The measures of each replay.
    package var replays: [ReplayMeasures]
  }

  package let table: String
  package let candidates: Int
  package let trainings: Int
  package let hasCommonSeeds: Bool
  /// The standard deviation of a training around its candidate's mean, in points; `nil` if no candidate has two
  /// trainings.
  package let trainingDeviation: Double?
  package let naming: ReplayNaming
  package let seed: UInt64
  package let slots: Int
  package let durations: String
  /// The smallest and the largest number of a candidate's trainings that are served.
  package let fewestServed: Int
  package let mostServed: Int
  /// The rows, references first.
  package let rows: [Row]

  init(
    _ table: TrainingTable, _ settings: Replay.Settings, subjects: [ReplaySubject],
    replays: [[ReplaySubject: ReplayMeasures]]
  ) {
    self.table = table.file
    candidates = table.candidates.count
    trainings = table.count
    hasCommonSeeds = table.hasCommonSeeds
    trainingDeviation = table.variance?.squareRoot()
    naming = settings.naming
    seed = settings.seed
    slots = settings.slots
    durations = settings.durations.rawValue
    let draw = ReplayDraw(table, number: 0, seed: settings.seed, judging: settings.judging)
    fewestServed = draw.fewestServed
    mostServed = draw.mostServed
    let measured = subjects.map { subject in
      (name: Self.name(subject), subject: subject, measures: replays.compactMap { $0[subject] })
    }
    // Of the rules without training, only the best is shown.
    let best = measured.filter { if case .noTraining = $0.subject { true } else { false } }.max {
      Self.accuracy($0.measures) < Self.accuracy($1.measures)
    }?.name
    let shown = measured.filter { entry in
      if case .noTraining = entry.subject { entry.name == best } else { true }
    }
    let references = shown.filter { Self.kind($0.subject) == .reference }
    rows = shown.compactMap { entry in
      Row(entry.subject, name: entry.name, entry.measures, references.map { ($0.name, $0.measures) })
    }
  }

  private static func accuracy(_ measures: [ReplayMeasures]) -> Double {
    Statistics.mean(of: measures.map(\.frontierAccuracy)) ?? 0
  }

  static func kind(_ subject: ReplaySubject) -> Row.Kind {
    switch subject {
    case .noTraining, .rawMeans, .everything: .reference
    case .search: .search
    case .sequence: .sequence
    }
  }

  private static func name(_ subject: ReplaySubject) -> String {
    switch subject {
    case .noTraining(let rule): "no training: \(rule.rawValue)"
    case .rawMeans(let seeds): "raw means, k = \(seeds)"
    case .everything: "model of all trainings"
    case .search(let strategy, _, let isHalved): strategy.rawValue + (isHalved ? ", halving" : "")
    case .sequence(let name, _): name
    }
  }
}

extension ReplayReport.Row {
  /// Returns `nil` without replays.
  fileprivate init?(
    _ subject: ReplaySubject, name: String, _ measures: [ReplayMeasures],
    _ references: [(name: String, measures: [ReplayMeasures])]
  ) {
    guard let accuracy = ReplaySpread(measures.map(\.frontierAccuracy)),
      let seconds = ReplaySpread(measures.map(\.trainSeconds)),
      let multiplyAdds = ReplaySpread(measures.map(\.multiplyAdds))
    else { return nil }
    self.name = name
    kind = ReplayReport.kind(subject)
    switch subject {
    case .search(_, let jobs, _), .sequence(_, let jobs): self.jobs = jobs
    case .noTraining, .rawMeans, .everything: jobs = nil
    }
    trainings = Statistics.mean(measures.map { Double($0.trainings) })
    frontierAccuracy = accuracy
    claim = ReplaySpread(measures.compactMap(\.claim))
    openHypervolume = ReplaySpread(measures.compactMap(\.openHypervolume))
    coverage = ReplaySpread(measures.compactMap(\.coverage))
    trainSeconds = seconds
    self.multiplyAdds = multiplyAdds
    clockSeconds = ReplaySpread(measures.compactMap(\.clockSeconds))
    idleShare = ReplaySpread(measures.compactMap(\.idleShare))
    squaredError = ReplaySpread(measures.compactMap(\.squaredError))
    differences = references.filter { $0.name != name }.compactMap { reference in
      ReplaySpread(zip(measures, reference.measures).map { $0.frontierAccuracy - $1.frontierAccuracy }).map {
        Difference(reference: reference.name, spread: $0)
      }
    }
    replays = measures
  }
}
