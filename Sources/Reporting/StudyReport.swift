import ReadableText
import SearchCore

/// A candidate that the search is compared with.
package enum Reference: Hashable, Sendable {
  case dense
  /// Every layer of the space at one configured rank, called `label`, such as `25 %` or `rank 8`.
  case allLayers(label: String)

  /// The text that tables print.
  package var text: String {
    switch self {
    case .dense: "dense"
    case .allLayers(let label): "all layers at \(label)"
    }
  }
}

/// One candidate in a report.
package struct ReportRow: Hashable, Sendable {
  package var score: CandidateScore
  package var onFrontier: Bool
  /// The reference that this candidate is, or `nil` for a candidate of the search's own.
  package var reference: Reference?
  /// The kernel variants that computed the candidate's trainings, sorted.
  package var kernelVariants: [String]
  /// The estimate from all trainings together; `nil` if no estimates were asked for, or for lack of a sound training.
  package var estimate: StudyEstimates.Entry?
  /// The candidate's confirmation, if estimates were asked for and the candidate was confirmed.
  package var confirmation: Confirmation.Entry?

  package init(
    score: CandidateScore, onFrontier: Bool, reference: Reference? = nil, kernelVariants: [String] = [],
    estimate: StudyEstimates.Entry? = nil, confirmation: Confirmation.Entry? = nil
  ) {
    self.score = score
    self.onFrontier = onFrontier
    self.reference = reference
    self.kernelVariants = kernelVariants
    self.estimate = estimate
    self.confirmation = confirmation
  }

  /// Whether the candidate has neither trainings nor confirmations: all that is known of it follows from others.
  package var isUntrained: Bool { score.seeds == 0 && confirmation == nil }
  /// Whether the candidate has trainings, but not more sound ones than diverged ones.
  package var isDiverged: Bool { score.seeds > 0 && !score.isSound }
}

/// A result of a distrusted worker: reports show it, but no score or estimate uses it.
package struct StruckTraining: Hashable, Sendable {
  package var job: Int64
  package var candidate: Candidate
  package var replicate: Int
  package var worker: String
  package var accuracy: Double?

  package init(job: Int64, candidate: Candidate, replicate: Int, worker: String, accuracy: Double?) {
    self.job = job
    self.candidate = candidate
    self.replicate = replicate
    self.worker = worker
    self.accuracy = accuracy
  }
}

/// The contents of an export: what was searched, and every candidate that has a result.
package struct StudyReport: Hashable, Sendable {
  package var study: String
  package var recipe: TrainingRecipe
  package var objectives: [Objective]
  package var architecture: Architecture
  package var denseCost: Cost
  /// Sorted by parameters, then by text: the trained candidates and, with estimates, the untrained candidates of the
  /// estimated frontier.
  package var rows: [ReportRow]
  /// Dominated candidates that pictures leave out. All counts include them.
  package var undrawn: Set<Candidate> = []
  /// What the estimates tell about the study as a whole; `nil` if none were asked for.
  package var estimated: EstimateSummary?
  package var setAside: SetAsideSummary
  /// The number of trainings by kernel variant, sorted by the variant's name.
  package var kernelVariants: [KernelVariantCount]
  /// Further facts for the JSON export, such as the study's seed or the kernels' instruction set.
  package var metadata: [String: String]
  /// The number of trainings that a person asked for, by candidate.
  package var askedByHand: [Candidate: Int] = [:]
  /// Results that were struck out, in the order in which they were recorded.
  package var struckOut: [StruckTraining] = []

  /// Computes scores, frontier and references from the results. Confirmations are no part of scores: a candidate that
  /// was chosen for its luck would be compared with others by trainings that the others do not have.
  ///
  /// - Parameter estimates: The estimates from the same results. With them the frontier is the estimated one.
  package init(
    study: String, recipe: TrainingRecipe, space: SearchSpace, objectives: [Objective], results: [Work: Observation],
    setAside: SetAsideSummary = SetAsideSummary(), metadata: [String: String] = [:], estimates: StudyEstimates? = nil
  ) {
    let scores = CandidateScore.scores(of: results.filter { !Confirmation.includes($0.key) }, in: space)
    let frontier = Set(ParetoFront(of: scores, objectives: objectives).scores.map(\.candidate))
    let references = Self.references(in: space)
    var variants: [Candidate: Set<String>] = [:]
    let names = KernelVariantNames(results)
    for (work, result) in results {
      variants[work.candidate, default: []].insert(names.name(of: result, for: work))
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
    self.kernelVariants = names.counts(results).sorted { $0.key < $1.key }.map {
      KernelVariantCount(name: $0.key, trainings: $0.value)
    }
    self.metadata = metadata
    if let estimates { add(estimates, of: results, in: space) }
  }

  static func references(in space: SearchSpace) -> [Candidate: Reference] {
    var references: [Candidate: Reference] = [:]
    for index in 0..<space.rankCount {
      references[space.allLayers(rankIndex: index)] = .allLayers(label: space.rankLabel(index))
    }
    references[.dense] = .dense
    return references
  }

  package var frontier: [ReportRow] { rows.filter(\.onFrontier) }
  /// The candidate at which the frontier bends most; `nil` if it has no bend.
  package var knee: ReportRow? { FrontierPlotData(self).knee?.row }
  package var dense: ReportRow? { rows.first { $0.reference == .dense } }
  /// The rows of candidates with trainings other than confirmations.
  package var trainedRows: [ReportRow] { rows.filter { $0.score.seeds > 0 } }
  /// The number of trainings, without confirmations.
  package var trainings: Int { rows.reduce(0) { $0 + $1.score.seeds } }
  package var divergedTrainings: Int { rows.reduce(0) { $0 + $1.score.divergedSeeds } }
  package var mixesKernelVariants: Bool { kernelVariants.count > 1 }

  /// The hypervolume of the measured frontier; see `ParetoFront.hypervolume`.
  package var hypervolume: Double? { ParetoFront(of: rows.map(\.score), objectives: objectives).hypervolume }
}

/// The format of a report. Raw values are the names on the command line.
package enum ReportFormat: String, CaseIterable, Sendable {
  case csv, json, svg, markdown
  /// A table for papers.
  case latex
  /// The table for a terminal.
  case table
  /// The picture of the frontier, drawn in characters.
  case text
}

/// The candidates that a report lists.
package enum ReportSelection: Hashable, Sendable {
  case frontier
  /// At most this many candidates of the frontier, spread evenly over cost.
  case spread(Int)
  case all
}

extension StudyReport {
  /// Returns the whole file as text, with a line break at its end. The picture always shows every candidate, since a
  /// frontier means little without the candidates it dominates; `selection` applies to the other formats.
  ///
  /// - Parameters:
  ///   - width: The maximum width of the table in columns, `nil` for as many as it needs; the width of the picture in
  ///     characters, `nil` for 80.
  ///   - glyphs: The characters that the picture in characters is drawn with.
  ///   - hasColor: Whether the picture in characters has colors.
  package func text(
    _ format: ReportFormat, selection: ReportSelection = .frontier, width: Int? = nil, glyphs: Glyphs = .unicode,
    hasColor: Bool = false
  ) -> String {
    switch format {
    case .csv: return csv(selection)
    case .json: return json(selection)
    case .markdown: return markdown(selection)
    case .latex: return latex(selection)
    case .svg: return FrontierPlot(self).svg
    case .table: return terminalTable(selection, width: width)
    case .text: return FrontierTextPlot(self, width: width ?? 80, glyphs: glyphs).text(hasColor: hasColor)
    }
  }

  package func rows(_ selection: ReportSelection) -> [ReportRow] {
    switch selection {
    case .frontier: return frontier
    case .all: return rows
    case .spread(let count):
      // The size is the share of the dense network's parameters plus the share of its multiply-adds or device time.
      let sized = frontier.map { row in
        let parameters = Double(row.score.cost.parameters) / Double(denseCost.parameters)
        let effort = Double(row.score.cost.effort) / Double(denseCost.effort)
        return (size: parameters + effort, row)
      }
      let chosen = Set(
        EvenSpread.choose(of: sized.sorted { $0.size < $1.size }, over: count).map(\.score.candidate))
      // Of the candidates within the noise, only the listed ones are named.
      return frontier.filter { chosen.contains($0.score.candidate) }.map { row in
        var row = row
        row.estimate?.withinNoiseOf.removeAll { !chosen.contains($0) }
        return row
      }
    }
  }

  /// A sentence that tells how many candidates of the frontier the selection leaves out; `nil` if it leaves out none.
  package func omission(_ selection: ReportSelection) -> String? {
    guard case .spread(let count) = selection else { return nil }
    let all = frontier.count
    guard all > count else { return nil }
    return "\(NumberText.grouped(count)) of the \(NumberText.grouped(all)) candidates on the \(frontierTitle) are "
      + "listed, spread evenly over cost."
  }
}
