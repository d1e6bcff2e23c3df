import ReadableText
import SearchCore

/// A candidate to compare the search with.
package enum Reference: Hashable, Sendable {
  case dense
  /// Every layer of the space at one configured rank, called `label`, such as `25 %` or `rank 8`.
  case allLayers(label: String)

  /// As tables print it.
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
  /// What the search is compared with, or nil for a candidate of the search's own.
  package var reference: Reference?
  /// Those that its trainings were computed with, in order.
  package var kernelVariants: [String]
  /// What all trainings say of it; nil where no estimates were asked for, and where it has no sound training.
  package var estimate: StudyEstimates.Entry?
  /// Where estimates were asked for and it was trained anew to be quoted.
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

  /// All that is known of it follows from other candidates.
  package var isUntrained: Bool { score.seeds == 0 && confirmation == nil }
  /// Not more of its trainings ended well than diverged.
  package var isDiverged: Bool { score.seeds > 0 && !score.isSound }
}

/// A result that a person does not trust: it is shown, and nothing is made of it.
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

/// All that an export shows of a study: what was searched, and every candidate that has a result.
package struct StudyReport: Hashable, Sendable {
  package var study: String
  package var recipe: TrainingRecipe
  package var objectives: [Objective]
  package var architecture: Architecture
  package var denseCost: Cost
  /// By parameters, then by text: what was trained and, with estimates, untrained candidates of the estimated frontier.
  package var rows: [ReportRow]
  /// What the estimates say of the study as a whole; nil where none were asked for.
  package var estimated: EstimateSummary?
  package var setAside: SetAsideSummary
  /// Trainings by the kernel variant that they were computed with, in the variants' order.
  package var kernelVariants: [KernelVariantCount]
  /// Further facts for the JSON export, such as the study's seed or the kernels' instruction set.
  package var metadata: [String: String]
  /// Trainings that a person asked for, by their candidates.
  package var askedByHand: [Candidate: Int] = [:]
  /// Results that do not count, in the order in which they were recorded.
  package var struckOut: [StruckTraining] = []

  /// Scores, frontier and references from what was trained. Confirmations are no part of scores: a candidate that was
  /// chosen for its luck would be compared with others by other trainings than theirs.
  ///
  /// - Parameter estimates: of the same results. With them the frontier is the estimated one.
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
  /// The candidate at which the frontier bends most; nil where it has no bend.
  package var knee: ReportRow? { FrontierPlotData(self).knee?.row }
  package var dense: ReportRow? { rows.first { $0.reference == .dense } }
  /// Without those of which nothing but an estimate is known.
  package var trainedRows: [ReportRow] { rows.filter { $0.score.seeds > 0 } }
  /// Without confirmations.
  package var trainings: Int { rows.reduce(0) { $0 + $1.score.seeds } }
  package var divergedTrainings: Int { rows.reduce(0) { $0 + $1.score.divergedSeeds } }
  package var mixesKernelVariants: Bool { kernelVariants.count > 1 }

  /// Of the measured frontier; see `ParetoFront.hypervolume`.
  package var hypervolume: Double? { ParetoFront(of: rows.map(\.score), objectives: objectives).hypervolume }
}

/// How a report is written. Raw values are the command line's names.
package enum ReportFormat: String, CaseIterable, Sendable {
  case csv, json, svg, markdown
  /// A table for papers.
  case latex
  /// As a terminal shows it.
  case table
  /// The picture, in characters.
  case text
}

/// Which candidates a report lists.
package enum ReportSelection: Hashable, Sendable {
  case frontier
  /// So many of the frontier at most, evenly over what they cost.
  case spread(Int)
  case all
}

extension StudyReport {
  /// The whole file as text, with a line end at its end. The picture always shows every candidate, since a frontier
  /// means little without what it dominates; `selection` decides for the other formats.
  ///
  /// - Parameters:
  ///   - width: columns that the table may have, nil for as many as it needs, and that the picture in characters has,
  ///     nil for 80.
  ///   - glyphs: what that is drawn with.
  ///   - hasColor: it has.
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
      // By the share of the dense network's parameters and of its multiply-adds or device time together.
      let sized = frontier.map { row in
        let parameters = Double(row.score.cost.parameters) / Double(denseCost.parameters)
        let effort = Double(row.score.cost.effort) / Double(denseCost.effort)
        return (size: parameters + effort, row)
      }
      let chosen = Set(
        EvenSpread.choose(of: sized.sorted { $0.size < $1.size }, over: count).map(\.score.candidate))
      // What cannot be told from them is named as far as it is listed.
      return frontier.filter { chosen.contains($0.score.candidate) }.map { row in
        var row = row
        row.estimate?.withinNoiseOf.removeAll { !chosen.contains($0) }
        return row
      }
    }
  }

  /// That a selection leaves some of the frontier out; nil where it does not.
  package func omission(_ selection: ReportSelection) -> String? {
    guard case .spread(let count) = selection else { return nil }
    let all = frontier.count
    guard all > count else { return nil }
    return "\(NumberText.grouped(count)) of the \(NumberText.grouped(all)) candidates on the \(frontierTitle) are "
      + "listed, spread evenly over cost."
  }
}
