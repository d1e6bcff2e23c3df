import SearchCore

/// A candidate to compare the search with.
public enum Reference: Hashable, Sendable {
  case dense
  /// Every layer of the space at one configured rank, called `label`, such as `25 %` or `rank 8`.
  case allLayers(label: String)

  /// As tables print it.
  public var text: String {
    switch self {
    case .dense: "dense"
    case .allLayers(let label): "all layers at \(label)"
    }
  }
}

/// One candidate in a report.
public struct ReportRow: Hashable, Sendable {
  public var score: CandidateScore
  public var onFrontier: Bool
  /// What the search is compared with, or nil for a candidate of the search's own.
  public var reference: Reference?
  /// Those that its trainings were computed with, in order.
  public var kernelVariants: [String]

  public init(score: CandidateScore, onFrontier: Bool, reference: Reference? = nil, kernelVariants: [String] = []) {
    self.score = score
    self.onFrontier = onFrontier
    self.reference = reference
    self.kernelVariants = kernelVariants
  }
}

/// All that an export shows of a study: what was searched, and every candidate that has a result.
public struct StudyReport: Hashable, Sendable {
  public var study: String
  public var recipe: TrainingRecipe
  public var objectives: [Objective]
  public var architecture: Architecture
  public var denseCost: Cost
  /// By parameters, then by text.
  public var rows: [ReportRow]
  public var setAside: SetAsideSummary
  /// Trainings by the kernel variant that they were computed with, in the variants' order.
  public var kernelVariants: [KernelVariantCount]
  /// Further facts for the JSON export, such as the study's seed or the kernels' instruction set.
  public var metadata: [String: String]

  /// Scores, frontier and references from what was trained.
  public init(
    study: String, recipe: TrainingRecipe, space: SearchSpace, objectives: [Objective], results: [Work: Observation],
    setAside: SetAsideSummary = SetAsideSummary(), metadata: [String: String] = [:]
  ) {
    let scores = CandidateScore.scores(of: results, in: space)
    let frontier = Set(ParetoFront(of: scores, objectives: objectives).scores.map(\.candidate))
    var references: [Candidate: Reference] = [:]
    for index in 0..<space.rankCount {
      references[space.allLayers(rankIndex: index)] = .allLayers(label: space.rankLabel(index))
    }
    references[.dense] = .dense
    var variants: [Candidate: Set<String>] = [:]
    var counts: [String: Int] = [:]
    for (work, result) in results {
      variants[work.candidate, default: []].insert(result.kernelVariant)
      counts[result.kernelVariant, default: 0] += 1
    }
    self.study = study
    self.recipe = recipe
    self.objectives = objectives
    self.architecture = space.architecture
    self.denseCost = space.denseCost
    self.rows = scores.map { score in
      ReportRow(
        score: score, onFrontier: frontier.contains(score.candidate), reference: references[score.candidate],
        kernelVariants: (variants[score.candidate] ?? []).sorted())
    }
    self.setAside = setAside
    self.kernelVariants = counts.sorted { $0.key < $1.key }.map {
      KernelVariantCount(name: $0.key, trainings: $0.value)
    }
    self.metadata = metadata
  }

  public var frontier: [ReportRow] { rows.filter(\.onFrontier) }
  /// The candidate at which the frontier bends most; nil where it has no bend.
  public var knee: ReportRow? { FrontierPlotData(self).knee?.row }
  public var dense: ReportRow? { rows.first { $0.reference == .dense } }
  public var trainings: Int { rows.reduce(0) { $0 + $1.score.seeds } }
  public var divergedTrainings: Int { rows.reduce(0) { $0 + $1.score.divergedSeeds } }
  public var mixesKernelVariants: Bool { kernelVariants.count > 1 }

  /// Of the frontier; see `ParetoFront.hypervolume`.
  public var hypervolume: Double? { ParetoFront(of: rows.map(\.score), objectives: objectives).hypervolume }
}

/// How a report is written. Raw values are the command line's names.
public enum ReportFormat: String, CaseIterable, Sendable {
  case csv, json, svg, markdown
}

/// Which candidates a report lists.
public enum ReportSelection: Hashable, Sendable {
  case frontier
  case all
}

extension StudyReport {
  /// The whole file as text, with a line end at its end. The picture always shows every candidate, since a frontier
  /// means little without what it dominates; `selection` decides for the other formats.
  public func text(_ format: ReportFormat, selection: ReportSelection = .frontier) -> String {
    switch format {
    case .csv: return csv(selection)
    case .json: return json(selection)
    case .markdown: return markdown(selection)
    case .svg: return FrontierPlot(self).svg
    }
  }

  func rows(_ selection: ReportSelection) -> [ReportRow] { selection == .all ? rows : frontier }
}
