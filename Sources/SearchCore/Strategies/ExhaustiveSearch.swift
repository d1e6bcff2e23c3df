/// Trains every candidate: the dense network, then every set of layers at every rank, small sets first, as far as the
/// budget goes.
///
/// If all candidates share their seeds, the whole space is trained under one seed before the next, so that a larger
/// budget adds seeds. If each has its own, all repetitions of a candidate come before the next candidate.
struct ExhaustiveSearch: OneRoundSearch {
  /// The largest number of trainings without a budget; more are refused, since a missing budget is then a mistake.
  static let unboundedLimit = 100_000.0

  let name = StrategyName.exhaustive
  let notes: [String]
  let works: [Work]

  init(space: SearchSpace, seeds: Int, jobs: Int?, template: WorkTemplate) throws(SearchError) {
    let wanted = space.count * Double(seeds)
    if jobs == nil, wanted > Self.unboundedLimit {
      throw .strategy(
        name: StrategyName.exhaustive.rawValue,
        problem:
          "the space has \(Self.text(space.count)) candidates; set a budget of jobs or choose fewer layers or ranks")
    }
    let candidates = SmallestSetsFirst(space.choices)
    switch template.seeding {
    case .perCandidate: works = SearchCore.works(of: candidates, seeds: seeds, jobs: jobs, template: template)
    case .common: works = Self.seedBySeed(candidates, seeds: seeds, jobs: jobs, template: template)
    }
    notes =
      Double(works.count) < wanted
      ? ["the budget covers \(works.count) of the \(Self.text(wanted)) trainings that the whole space needs"] : []
  }

  private static func seedBySeed(
    _ candidates: SmallestSetsFirst, seeds: Int, jobs: Int?, template: WorkTemplate
  ) -> [Work] {
    var works: [Work] = []
    for repetition in 0..<seeds {
      for candidate in candidates {
        if works.count == jobs { return works }
        works.append(template.work(candidate, repetition: repetition))
      }
    }
    return works
  }

  private static func text(_ count: Double) -> String { count < 1e15 ? "\(Int(count))" : "\(count)" }
}

/// Every candidate of a space, generated one at a time: by number of decomposed layers, then by layers in canonical
/// order, then by forms.
struct SmallestSetsFirst: Sequence, IteratorProtocol {
  private let choices: [SearchSpace.Choice]
  /// The indices of the decomposed layers, increasing; `nil` at the end.
  private var layers: [Int]? = []
  /// The index of each decomposed layer's form.
  private var forms: [Int] = []

  init(_ choices: [SearchSpace.Choice]) { self.choices = choices }

  mutating func next() -> Candidate? {
    guard let layers else { return nil }
    var chosen: [String: BasisForm] = [:]
    for (layer, form) in zip(layers, forms) { chosen[choices[layer].layer] = choices[layer].forms[form] }
    advance(layers)
    return Candidate(forms: chosen)
  }

  private mutating func advance(_ layers: [Int]) {
    // The forms of this set count up like the digits of a number; then comes the next set.
    if let digit = forms.indices.last(where: { forms[$0] + 1 < choices[layers[$0]].forms.count }) {
      forms[digit] += 1
      for later in forms.indices where later > digit { forms[later] = 0 }
      return
    }
    let size = layers.count
    if let place = layers.indices.last(where: { layers[$0] < choices.count - size + $0 }) {
      self.layers = layers[..<place] + (0..<(size - place)).map { layers[place] + 1 + $0 }
    } else {
      self.layers = size < choices.count ? Array(0...size) : nil
    }
    forms = Array(repeating: 0, count: self.layers?.count ?? 0)
  }
}
