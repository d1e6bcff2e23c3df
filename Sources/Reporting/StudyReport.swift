import SearchCore

/// A candidate to compare the search with.
public enum Reference: Hashable, Sendable {
  case dense
  /// Every layer of the space at one configured rank, called `label`, such as `25 %` or `rank 8`.
  case allLayers(label: String)
}

/// One candidate in a report.
public struct ReportRow: Hashable, Sendable {
  public var score: CandidateScore
  public var onFrontier: Bool
  /// What the search is compared with, or nil for a candidate of the search's own.
  public var reference: Reference?

  public init(score: CandidateScore, onFrontier: Bool, reference: Reference? = nil) {
    self.score = score
    self.onFrontier = onFrontier
    self.reference = reference
  }
}

/// All that an export shows of a study: what was searched, and every candidate that has a result.
public struct StudyReport: Hashable, Sendable {
  public var study: String
  public var recipe: TrainingRecipe
  public var objectives: [Objective]
  public var denseCost: Cost
  /// By parameters, then by text.
  public var rows: [ReportRow]
  /// Further facts for the JSON export, such as the study's seed or the kernels' instruction set.
  public var metadata: [String: String]

  public init(
    study: String, recipe: TrainingRecipe, objectives: [Objective], denseCost: Cost, rows: [ReportRow],
    metadata: [String: String] = [:]
  ) {
    self.study = study
    self.recipe = recipe
    self.objectives = objectives
    self.denseCost = denseCost
    self.rows = rows
    self.metadata = metadata
  }

  /// Scores, frontier and references from what was trained.
  public init(
    study: String, recipe: TrainingRecipe, space: SearchSpace, objectives: [Objective], results: [Trial: TrialResult],
    metadata: [String: String] = [:]
  ) {
    let scores = CandidateScore.scores(of: results, in: space)
    let frontier = Set(ParetoFront(of: scores, objectives: objectives).scores.map(\.candidate))
    var references: [Candidate: Reference] = [:]
    for index in 0..<space.rankCount {
      references[space.allLayers(rankIndex: index)] = .allLayers(label: space.rankLabel(index))
    }
    references[.dense] = .dense
    self.init(
      study: study, recipe: recipe, objectives: objectives, denseCost: space.denseCost,
      rows: scores.map { score in
        ReportRow(
          score: score, onFrontier: frontier.contains(score.candidate), reference: references[score.candidate])
      }, metadata: metadata)
  }

  public var frontier: [ReportRow] { rows.filter(\.onFrontier) }
  public var dense: ReportRow? { rows.first { $0.reference == .dense } }
  public var trainings: Int { rows.reduce(0) { $0 + $1.score.seeds } }

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
  /// The whole file as text, with a line end at its end. The picture always shows every candidate, since a frontier means
  /// little without what it dominates; `selection` decides for the other formats.
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
