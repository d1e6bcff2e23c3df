/// The paper's method, as far as its public text describes it (arXiv 2408.06024, "Layer-Specific Optimization:
/// Sensitivity Based Convolution Layers Basis Search"): measure how much the accuracy suffers when each layer alone is
/// decomposed, then decompose the insensitive ones together. The abstract gives the idea and not the algorithm; how
/// joint candidates are grown below is a reconstruction.
///
/// Stage 1 trains the dense network, every layer alone at every rank, and the all-layers references. Stage 2 trains
/// joint candidates: prefixes of chains of layers, least sensitive first. There is a chain for every configured rank,
/// and a mixed one in which each layer has the rank that suits it. Prefixes are spread evenly over the chains to fill
/// the budget.
struct SensitivitySearch: SearchStrategy {
  let name = StrategyName.sensitivity
  let notes: [String]
  private let space: SearchSpace
  private let template: WorkTemplate
  private let seeds: Int
  private let jobs: Int?
  private let firstStage: [Work]

  init(space: SearchSpace, seeds: Int, jobs: Int?, template: WorkTemplate) {
    self.template = template
    self.space = space
    self.seeds = seeds
    self.jobs = jobs
    let references = [.dense] + space.allLayersReferences
    let singles = space.choices.flatMap { choice in
      choice.forms.map { Candidate(forms: [choice.layer: $0]) }
    }.filter { !references.contains($0) }
    let plan = Self.plan(references: references.count, singles: singles.count, space: space, seeds: seeds, jobs: jobs)
    self.notes = plan.notes
    // First repetitions first, so that every layer has been measured once if the study is cut short.
    var works: [Work] = []
    for repetition in 0..<seeds {
      let candidates = references + (repetition < plan.singleSeeds ? singles : [])
      works += candidates.map { template.work($0, repetition: repetition) }
    }
    firstStage = Array(works.prefix(jobs ?? works.count))
  }

  func roundsToKnow(before round: Int) -> Int { round }

  /// Asks for each stage in one round. If the budget has grown since, the missing works follow.
  func round(_ number: Int, history: SearchHistory) -> SearchRound {
    let asked = Set(history.asked)
    let first = firstStage.filter { !asked.contains($0) }
    if !first.isEmpty { return SearchRound(works: first) }
    return SearchRound(works: secondStage(history: history).filter { !asked.contains($0) })
  }

  func expectedWorks(history: SearchHistory) -> Int {
    if firstStage.allSatisfy(history.isSettled) { return firstStage.count + secondStage(history: history).count }
    // At most the prefixes of two or more layers of every chain.
    let prefixes = (space.rankCount + 1) * max(0, space.choices.count - 1)
    return min(jobs ?? Int.max, firstStage.count + prefixes * seeds)
  }

  /// Returns the number of seeds of single layers in stage 1, and notes: all seeds if at least one joint candidate for
  /// every chain still fits into the budget, otherwise fewer, because sensitivities are useless without joint
  /// candidates.
  private static func plan(
    references: Int, singles: Int, space: SearchSpace, seeds: Int, jobs: Int?
  ) -> (singleSeeds: Int, notes: [String]) {
    guard let jobs else { return (seeds, []) }
    let joint = min((space.rankCount + 1) * seeds, max(0, Int(min(space.count, 1e9)) - references - singles) * seeds)
    let all = (references + singles) * seeds + joint
    guard jobs < all else { return (seeds, []) }
    let affordable = singles == 0 ? seeds : min(seeds, max(1, (jobs - references * seeds - joint) / singles))
    if jobs >= references * seeds + singles {
      let left = jobs - references * seeds - singles * affordable
      let effects = [
        affordable < seeds ? "every single layer is trained with \(affordable) of \(seeds) seeds" : nil,
        left < seeds ? "no joint candidate follows" : nil,
      ].compactMap(\.self)
      guard !effects.isEmpty else { return (affordable, []) }
      let what = effects.joined(separator: ", and ")
      return (affordable, ["the budget of \(jobs) jobs is small: \(what); \(all) jobs are enough to train all"])
    }
    let covered = min(jobs, references + singles)
    return (
      1,
      [
        "the budget of \(jobs) jobs is too small for the sensitivity of all layers (\(covered) of "
          + "\(references + singles) "
          + "candidates are trained), and no joint candidate follows; a budget of \(all) jobs is enough to train all"
      ]
    )
  }
}

// The second stage.
extension SensitivitySearch {
  private func secondStage(history: SearchHistory) -> [Work] {
    let candidates = (jobs.map { max(0, $0 - firstStage.count) / seeds })
    if candidates == 0 { return [] }
    let table = SensitivityTable(works: firstStage, history: history, space: space)
    let chains = [table.mixedChain(in: space)] + (0..<space.rankCount).map { table.chain(rankIndex: $0, in: space) }
    // Prefixes of one layer, and of all layers at one rank, were trained already; the mixed chain may share others.
    var known = Set(firstStage.map(\.candidate))
    let prefixes = chains.map { chain in
      Self.prefixes(of: chain).filter { known.insert($0).inserted }
    }
    return SearchCore.works(of: Self.spread(prefixes, over: candidates), seeds: seeds, jobs: nil, template: template)
  }

  private static func prefixes(of chain: [LayerSensitivity]) -> [Candidate] {
    var forms: [String: BasisForm] = [:]
    return chain.map { item in
      forms[item.layer] = item.form
      return Candidate(forms: forms)
    }
  }

  /// Returns `count` of all prefixes (`nil`: every one): from each chain in proportion to its length, evenly spaced
  /// within a chain.
  static func spread(_ chains: [[Candidate]], over count: Int?) -> [Candidate] {
    let total = chains.reduce(0) { $0 + $1.count }
    guard let count, count < total else { return chains.flatMap { $0 } }
    var taken: [Candidate] = []
    var before = 0
    for chain in chains {
      // Bresenham's line over all prefixes laid end to end: shares differ from the exact proportion by less than one.
      let share = (before + chain.count) * count / total - before * count / total
      taken += (0..<share).map { chain[(2 * $0 + 1) * chain.count / (2 * share)] }
      before += chain.count
    }
    return taken
  }
}
