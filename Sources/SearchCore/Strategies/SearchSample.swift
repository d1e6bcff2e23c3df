import Randomness

/// What strategies on the model of effects share: candidates as options, works made of them, and trainings read.
struct SearchSample: Sendable {
  let space: EffectSpace
  let constraints: CostConstraints
  private let searchSpace: SearchSpace
  private let template: WorkTemplate

  init(_ space: SearchSpace, constraints: CostConstraints, template: WorkTemplate) {
    searchSpace = space
    self.space = EffectSpace(space)
    self.constraints = constraints
    self.template = template
  }

  /// As the model sees it once so much is known.
  func space(knowing history: SearchHistory) -> EffectSpace {
    template.effectSpace(searchSpace, knowing: history.results)
  }

  /// Dense and all layers at every rank, whatever they cost: what other candidates are compared with.
  var references: [[Int]] {
    ([.dense] + searchSpace.allLayersReferences).compactMap { space.options(of: $0) }
  }

  /// A stream of its own for each purpose.
  func random(_ purpose: String) -> StableRandom { StableRandom(seed: template.studySeed, purpose: purpose) }

  /// The next repetitions of candidates: `seeds` of one that is new, one of others.
  func works(_ candidates: [[Int]], asked: [[Int]: Int], seeds: Int) -> [Work] {
    var asked = asked
    var works: [Work] = []
    for options in candidates {
      let before = asked[options, default: 0]
      let after = before + (before == 0 ? seeds : 1)
      let candidate = space.candidate(options: options)
      for repetition in before..<after { works.append(template.work(candidate, repetition: repetition)) }
      asked[options] = after
    }
    return works
  }

  /// How often each candidate was asked for.
  func asked(_ history: SearchHistory) -> [[Int]: Int] {
    var asked: [[Int]: Int] = [:]
    for work in history.rounds.joined() {
      if let options = space.options(of: work.candidate) { asked[options, default: 0] += 1 }
    }
    return asked
  }

  /// Of the trainings at the top.
  func unsound(_ history: SearchHistory) -> Set<[Int]> {
    let trainings = history.rounds.joined().compactMap { work in
      history.results[template.work(work, at: template.topRung)].map { (work.candidate, isDiverged: $0.diverged) }
    }
    return StudyModel.unsound(trainings, in: space)
  }

  /// Sound trainings, in the order in which they were asked for, each at all rungs that it has results of.
  func trainings(_ history: SearchHistory) -> [EffectTraining] {
    let top = template.topRung
    return history.rounds.joined().flatMap { asked in
      (0...top).flatMap { rung in
        let work = top == 0 ? asked : template.work(asked, at: rung)
        return history.results[work].map { template.figures(work, $0, in: space) } ?? []
      }
    }
  }
}

extension [Work] {
  /// At most so many of the first, without a last candidate whose `seeds` trainings would be cut: a candidate that was
  /// asked for is asked for one training at a time. Where that leaves nothing, it is cut all the same.
  func first(_ count: Int, seeds: Int) -> [Work] {
    guard seeds > 1, count > 0, count < self.count else { return Array(prefix(count)) }
    let cut = self[count].candidate
    let whole = self[..<count].lastIndex { $0.candidate != cut }.map { $0 + 1 } ?? 0
    return Array(prefix(whole == 0 ? count : whole))
  }
}
