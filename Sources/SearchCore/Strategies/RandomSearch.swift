import Randomness

/// Trains the dense network, the all-layers references, and candidates drawn at random.
///
/// Each draw first takes a probability uniformly from 0…1 and decomposes each layer with that probability, so that the
/// number of decomposed layers is uniform from none to all; ranks are uniform.
struct RandomSearch: OneRoundSearch {
  /// The total number of candidates if the configuration sets no budget.
  static let defaultCandidates = 50

  let name = StrategyName.random
  let notes: [String]
  let works: [Work]

  init(_ settings: StrategySettings, space: SearchSpace, jobs: Int?, template: WorkTemplate) {
    let seeds = settings.seeds
    let wanted = jobs.map { ($0 + seeds - 1) / seeds } ?? Self.defaultCandidates
    let candidates = Self.candidates(
      wanted, of: space, within: settings.constraints, studySeed: template.studySeed)
    works = SearchCore.works(of: candidates, seeds: seeds, jobs: jobs, template: template)
    var notes: [String] = []
    if jobs == nil { notes.append("no budget is set: \(candidates.count) candidates are trained") }
    if candidates.count < wanted {
      notes.append(
        settings.constraints == .none
          ? "the whole space has only \(candidates.count) candidates"
          : "only \(candidates.count) candidates were found that the constraints allow")
    }
    self.notes = notes
  }

  /// The largest number of candidates that are enumerated to find those that the constraints allow.
  private static let mostCounted = 200_000

  private static func candidates(
    _ wanted: Int, of space: SearchSpace, within constraints: CostConstraints, studySeed: UInt64
  ) -> [Candidate] {
    var random = StableRandom(seed: studySeed, purpose: "random search")
    var seen: Set<Candidate> = []
    var candidates: [Candidate] = []
    func take(_ candidate: Candidate) {
      if candidates.count < wanted, seen.insert(candidate).inserted { candidates.append(candidate) }
    }
    ([.dense] + space.allLayersReferences).forEach(take)
    func takeIfAllowed(_ candidate: Candidate) {
      if constraints == .none || constraints.allow(space.cost(of: candidate)) { take(candidate) }
    }
    // Draws that repeat an earlier one are lost; if the space is nearly used up, the rest is enumerated instead.
    for _ in 0..<(20 * wanted) {
      if candidates.count == wanted { return candidates }
      takeIfAllowed(draw(from: space, using: &random))
    }
    for (number, candidate) in SmallestSetsFirst(space.choices).enumerated() {
      if candidates.count == wanted || (constraints != .none && number == mostCounted) { return candidates }
      takeIfAllowed(candidate)
    }
    return candidates
  }

  private static func draw(from space: SearchSpace, using random: inout StableRandom) -> Candidate {
    let probability = random.uniform()
    var forms: [String: BasisForm] = [:]
    for choice in space.choices where random.uniform() < probability {
      forms[choice.layer] = choice.forms[random.integer(below: choice.forms.count)]
    }
    return Candidate(forms: forms)
  }
}
